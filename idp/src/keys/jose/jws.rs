use std::fmt;

use serde_json::{Map, Value};

use super::json::{self, JsonFault};
use super::{
    Algorithm, ClaimError, ClaimRules, Claims, Header, JoseError, JwkSet, Part, Typ, from_base64url,
};
use crate::clock::Timestamp;

/// What the caller takes: the algorithms agreed with the signer and the type of the token. The token
/// itself has no say in either (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug)]
pub struct Accept<'a> {
    pub algorithms: &'a [Algorithm],
    pub typ: Typ<'a>,
}

/// A token in compact form (RFC 7515 §7.1) whose signature nobody has checked.
#[derive(Clone)]
pub struct Unverified<'t> {
    header: Header,
    signing_input: &'t str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl<'t> Unverified<'t> {
    /// Longer tokens are refused before anything is decoded.
    pub const MAX_BYTES: usize = 16 * 1024;
    /// Entity statements carry metadata, policies and trust marks.
    pub const MAX_LONG_BYTES: usize = 64 * 1024;

    pub fn parse(token: &'t str) -> Result<Self, JoseError> {
        Self::parse_within(token, Self::MAX_BYTES)
    }

    /// For tokens that may carry others within them.
    pub fn parse_long(token: &'t str) -> Result<Self, JoseError> {
        Self::parse_within(token, Self::MAX_LONG_BYTES)
    }

    fn parse_within(token: &'t str, limit: usize) -> Result<Self, JoseError> {
        if token.len() > limit {
            return Err(JoseError::TooLong { limit });
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JoseError::NotCompact)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JoseError::NotCompact)?;
        if payload.contains('.') {
            return Err(JoseError::NotCompact);
        }
        let decode = |part, text| from_base64url(text).ok_or(JoseError::NotBase64Url(part));
        Ok(Self {
            header: Header::parse(&decode(Part::Header, header)?)?,
            signing_input,
            payload: decode(Part::Payload, payload)?,
            signature: decode(Part::Signature, signature)?,
        })
    }

    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// A member of the header that [`Header`] does not read. Decodes the header again, which few uses need.
    pub fn header_member(&self, name: &str) -> Result<Option<Value>, JoseError> {
        let header = self
            .signing_input
            .split_once('.')
            .map_or(self.signing_input, |(header, _)| header);
        let bytes = from_base64url(header).ok_or(JoseError::NotBase64Url(Part::Header))?;
        let mut members = json::object(&bytes).map_err(|_| JoseError::NotJson(Part::Header))?;
        Ok(members.remove(name))
    }

    /// What the token claims, before anything is proven: only to find out whose keys to try.
    pub fn unproven_claims(&self) -> Result<Map<String, Value>, JoseError> {
        json::object(&self.payload).map_err(|fault| match fault {
            JsonFault::NotAnObject => JoseError::NotJson(Part::Payload),
            JsonFault::DuplicateMember => JoseError::DuplicateMember(Part::Payload),
        })
    }

    /// Checks type, algorithm and signature against the signer's keys.
    pub fn verify(self, keys: &JwkSet, accept: &Accept<'_>) -> Result<Signed, JoseError> {
        self.check_signature(keys, accept)?;
        let claims = self.unproven_claims()?;
        Ok(Signed {
            header: self.header,
            claims,
        })
    }

    fn check_signature(&self, keys: &JwkSet, accept: &Accept<'_>) -> Result<(), JoseError> {
        let algorithm = self.header.algorithm;
        if !accept.algorithms.contains(&algorithm) {
            return Err(JoseError::AlgorithmNotAccepted { found: algorithm });
        }
        if !self.header.has_type(accept.typ) {
            return Err(JoseError::WrongType);
        }
        let message = self.signing_input.as_bytes();
        let signed_by_one = keys
            .candidates(&self.header)?
            .iter()
            .any(|key| key.verifies(algorithm, message, &self.signature));
        if signed_by_one {
            Ok(())
        } else {
            Err(JoseError::BadSignature)
        }
    }
}

/// A token whose signature is good. What it says still has to be checked before it can be read.
#[derive(Clone)]
pub struct Signed {
    header: Header,
    claims: Map<String, Value>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Signed {
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    pub fn check(self, rules: &ClaimRules<'_>, now: Timestamp) -> Result<Claims, ClaimError> {
        Claims::check(self.claims, rules, now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Audience, Expiry, PublicKey, to_base64url, vectors};
    use super::*;

    const ALL: Accept<'static> = Accept {
        algorithms: Algorithm::ALL,
        typ: Typ::Any,
    };

    fn set(jwk: &str) -> JwkSet {
        let jwk: Value = serde_json::from_str(jwk).unwrap();
        [PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap()]
            .into_iter()
            .collect()
    }

    fn outcome(token: &str, jwk: &str, accept: &Accept<'_>) -> Result<(), JoseError> {
        Unverified::parse(token)?.check_signature(&set(jwk), accept)
    }

    #[test]
    fn the_rfcs_own_examples_verify() {
        for (name, token, jwk) in [
            (
                "RFC 7515 A.2, RS256",
                vectors::RFC7515_A2,
                vectors::RFC7515_A2_JWK,
            ),
            (
                "RFC 7515 A.3, ES256",
                vectors::RFC7515_A3,
                vectors::RFC7515_A3_JWK,
            ),
            (
                "RFC 7520 4.1, RS256",
                vectors::RFC7520_4_1,
                vectors::RFC7520_RSA_JWK,
            ),
            ("RFC 8037 A.4, EdDSA", vectors::RFC8037, vectors::RFC8037_JWK),
            (
                "python cryptography, PS256",
                vectors::PS256,
                vectors::RFC7520_RSA_JWK,
            ),
            ("python cryptography, ES384", vectors::ES384, vectors::ES384_JWK),
        ] {
            assert_eq!(outcome(token, jwk, &ALL), Ok(()), "{name}");
        }
    }

    #[test]
    fn the_claims_of_the_rfcs_example_are_read_after_all_checks() {
        let signed = Unverified::parse(vectors::RFC7515_A3)
            .unwrap()
            .verify(&set(vectors::RFC7515_A3_JWK), &ALL)
            .unwrap();
        let rules = ClaimRules {
            issuer: "joe",
            audience: Audience::Any,
            expiry: Expiry::Ahead,
        };
        let expired = signed
            .clone()
            .check(&rules, Timestamp::from_seconds(1_300_819_440));
        assert!(matches!(expired, Err(ClaimError::Expired { .. })));
        let claims = signed
            .check(&rules, Timestamp::from_seconds(1_300_819_439))
            .unwrap();
        assert_eq!(claims.get("http://example.com/is_root"), Some(&Value::Bool(true)));
        assert_eq!(claims.time("exp"), Some(Timestamp::from_seconds(1_300_819_380)));
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        for (token, jwk) in [
            (vectors::RFC7515_A2, vectors::RFC7515_A2_JWK),
            (vectors::RFC7515_A3, vectors::RFC7515_A3_JWK),
            (vectors::RFC8037, vectors::RFC8037_JWK),
        ] {
            for place in 0..token.len() {
                let mut changed = token.as_bytes().to_vec();
                changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert!(
                    outcome(&changed, jwk, &ALL).is_err(),
                    "character {place} of {token}"
                );
            }
        }
    }

    #[test]
    fn parts_cannot_be_left_out_added_or_respelled() {
        let [header, payload, signature] = parts(vectors::RFC7515_A3);
        let es256 = vectors::RFC7515_A3_JWK;
        for (token, error) in [
            (String::new(), JoseError::NotCompact),
            (header.clone(), JoseError::NotCompact),
            (format!("{header}.{payload}"), JoseError::NotCompact),
            (format!("{header}.{payload}.{signature}."), JoseError::NotCompact),
            (
                format!("{header}.{payload}.{signature}.{signature}.{signature}"),
                JoseError::NotCompact,
            ),
            ("..".to_owned(), JoseError::NotJson(Part::Header)),
            (format!("{header}.{payload}."), JoseError::BadSignature),
            (format!("{header}..{signature}"), JoseError::BadSignature),
            (
                format!("{header}.{payload}.{signature}="),
                JoseError::NotBase64Url(Part::Signature),
            ),
            (
                format!("{header}.{payload}.{signature}=="),
                JoseError::NotBase64Url(Part::Signature),
            ),
            (
                format!("{header}.{payload}=.{signature}"),
                JoseError::NotBase64Url(Part::Payload),
            ),
            (
                format!("{header}.{payload}.{signature}\n"),
                JoseError::NotBase64Url(Part::Signature),
            ),
            (
                format!(" {header}.{payload}.{signature}"),
                JoseError::NotBase64Url(Part::Header),
            ),
            (
                format!("{header}.{payload}.{signature}AA"),
                JoseError::BadSignature,
            ),
            (
                "A".repeat(Unverified::MAX_BYTES + 1),
                JoseError::TooLong {
                    limit: Unverified::MAX_BYTES,
                },
            ),
        ] {
            assert_eq!(outcome(&token, es256, &ALL), Err(error), "{token}");
        }
    }

    #[test]
    fn stray_bits_in_the_last_character_are_refused() {
        // 64 octets leave four unused bits in the last of 86 characters: `Q` and `R` decode alike
        // in a lax decoder, and one token would have sixteen spellings.
        let lax = format!("{}R", &vectors::RFC7515_A3[..vectors::RFC7515_A3.len() - 1]);
        assert_eq!(
            outcome(&lax, vectors::RFC7515_A3_JWK, &ALL),
            Err(JoseError::NotBase64Url(Part::Signature))
        );
        let standard_alphabet = vectors::RFC7515_A3.replace('-', "+").replace('_', "/");
        assert!(outcome(&standard_alphabet, vectors::RFC7515_A3_JWK, &ALL).is_err());
    }

    #[test]
    fn a_public_key_is_never_an_hmac_secret() {
        let [_, payload, _] = parts(vectors::RFC7515_A2);
        let header = to_base64url(r#"{"alg":"HS256"}"#);
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, vectors::RFC7515_A2_JWK.as_bytes());
        let tag = ring::hmac::sign(&secret, format!("{header}.{payload}").as_bytes());
        let token = format!("{header}.{payload}.{}", to_base64url(tag));
        assert_eq!(
            outcome(&token, vectors::RFC7515_A2_JWK, &ALL),
            Err(JoseError::AlgorithmUnknown { found: "HS256" })
        );
    }

    #[test]
    fn no_signature_is_never_a_signature() {
        let [_, payload, signature] = parts(vectors::RFC7515_A3);
        for name in ["none", "None", "NONE", "nOnE"] {
            let header = to_base64url(format!(r#"{{"alg":"{name}"}}"#));
            for token in [
                format!("{header}.{payload}."),
                format!("{header}.{payload}.{signature}"),
            ] {
                let error = outcome(&token, vectors::RFC7515_A3_JWK, &ALL);
                assert!(matches!(error, Err(JoseError::AlgorithmUnknown { .. })), "{name}");
            }
        }
    }

    #[test]
    fn the_algorithm_is_the_callers_choice_and_the_keys() {
        let es256_only = Accept {
            algorithms: &[Algorithm::Es256],
            typ: Typ::Any,
        };
        assert_eq!(
            outcome(vectors::RFC7515_A2, vectors::RFC7515_A2_JWK, &es256_only),
            Err(JoseError::AlgorithmNotAccepted {
                found: Algorithm::Rs256
            })
        );
        assert_eq!(
            outcome(vectors::RFC7515_A2, vectors::RFC7515_A3_JWK, &ALL),
            Err(JoseError::NoKeyForAlgorithm(Algorithm::Rs256))
        );
        // The same RSA key, announced for PS256 alone.
        let ps256_key = vectors::RFC7515_A2_JWK.replacen('{', r#"{"alg":"PS256","#, 1);
        assert_eq!(
            outcome(vectors::RFC7515_A2, &ps256_key, &ALL),
            Err(JoseError::NoKeyForAlgorithm(Algorithm::Rs256))
        );
    }

    #[test]
    fn a_token_of_another_type_is_refused() {
        let typed = Accept {
            algorithms: Algorithm::ALL,
            typ: Typ::Is("logout+jwt"),
        };
        assert_eq!(
            outcome(vectors::RFC7515_A3, vectors::RFC7515_A3_JWK, &typed),
            Err(JoseError::WrongType)
        );
    }

    #[test]
    fn an_embedded_key_is_not_believed() {
        let [_, payload, _] = parts(vectors::RFC7515_A3);
        let own = r#"{"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}"#;
        let [.., signature] = parts(vectors::RFC7515_A3);
        let token = format!("{}.{payload}.{signature}", to_base64url(own));
        assert_eq!(
            outcome(&token, vectors::RFC7515_A3_JWK, &ALL),
            Err(JoseError::BadSignature)
        );
    }

    #[test]
    fn a_signed_payload_that_is_no_object_has_no_claims() {
        let signed = Unverified::parse(vectors::RFC8037)
            .unwrap()
            .verify(&set(vectors::RFC8037_JWK), &ALL);
        assert_eq!(signed.unwrap_err(), JoseError::NotJson(Part::Payload));
    }

    #[test]
    fn errors_and_debug_never_repeat_the_token() {
        let [_, payload, signature] = parts(vectors::RFC7515_A3);
        let header = to_base64url(r#"{"alg":"hunter2"}"#);
        let token = format!("{header}.{payload}.{signature}");
        let error = Unverified::parse(&token).unwrap_err().to_string();
        assert!(!error.contains("hunter2"));
        let shown = format!("{:?}", Unverified::parse(vectors::RFC7515_A3).unwrap());
        assert!(!shown.contains(&payload) && !shown.contains("joe"));
    }

    #[test]
    fn a_long_token_is_read_where_it_is_expected() {
        let long = |bytes: usize| {
            let frame = to_base64url(r#"{"alg":"ES256"}"#).len() + "..".len();
            format!(
                "{}.{}.",
                to_base64url(r#"{"alg":"ES256"}"#),
                "A".repeat(bytes - frame)
            )
        };
        let most = long(Unverified::MAX_LONG_BYTES);
        assert!(Unverified::parse_long(&most).is_ok() && Unverified::parse(&most).is_err());
        assert_eq!(
            Unverified::parse_long(&long(Unverified::MAX_LONG_BYTES + 4)).err(),
            Some(JoseError::TooLong {
                limit: Unverified::MAX_LONG_BYTES
            })
        );
    }

    #[test]
    fn a_member_of_the_header_is_found_by_its_name() {
        let header = to_base64url(r#"{"alg":"ES256","trust_chain":["a","b"]}"#);
        let token = format!("{header}.e30.AA");
        let token = Unverified::parse(&token).unwrap();
        assert_eq!(
            token.header_member("trust_chain").unwrap(),
            Some(serde_json::json!(["a", "b"]))
        );
        assert_eq!(token.header_member("peer_trust_chain").unwrap(), None);
    }

    fn parts(token: &str) -> [String; 3] {
        token
            .split('.')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap()
    }
}
