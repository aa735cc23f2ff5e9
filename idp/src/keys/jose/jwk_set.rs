use std::collections::BTreeSet;

use serde_json::Value;

use super::json::{self, JsonFault};
use super::{Algorithm, Header, JoseError, JwkError, PublicKey};

/// Public keys found together, as a client registers or serves them (RFC 7517 §5).
#[derive(Clone, Default, Debug)]
pub struct JwkSet {
    keys: Vec<PublicKey>,
    left_out: Vec<LeftOut>,
}

/// A key of the set that we cannot use. RFC 7517 §5 wants such keys ignored (encryption keys and
/// other curves stand beside signature keys); the reason is kept for whoever looks for the fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    pub position: usize,
    pub reason: JwkError,
}

/// Why a whole set is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JwkSetError {
    #[error("the key set is longer than {} bytes", JwkSet::MAX_BYTES)]
    TooLong,
    #[error("the key set is not a JSON object with a list `keys` of objects")]
    NotJson,
    #[error("the key set names a JSON member twice")]
    DuplicateMember,
    #[error("the key set holds more than {} keys", JwkSet::MAX_KEYS)]
    TooManyKeys,
    #[error("two keys of the set have the same `kid`")]
    DuplicateKid,
    #[error("key number {position} of the set has no `kid`")]
    NoKid { position: usize },
    #[error(
        "key number {position} of the set contains the secret member `{member}`: replace that key, it is no longer secret"
    )]
    Private { position: usize, member: &'static str },
    #[error("the key set holds no key we can use; the first: {0}")]
    NoUsableKey(JwkError),
    #[error("the key set is empty")]
    Empty,
}

impl JwkSet {
    pub const MAX_BYTES: usize = 64 * 1024;
    pub const MAX_KEYS: usize = 32;

    pub fn parse(bytes: &[u8]) -> Result<Self, JwkSetError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(JwkSetError::TooLong);
        }
        let mut set = json::object(bytes).map_err(|fault| match fault {
            JsonFault::NotAnObject => JwkSetError::NotJson,
            JsonFault::DuplicateMember => JwkSetError::DuplicateMember,
        })?;
        match set.remove("keys") {
            Some(Value::Array(jwks)) => Self::of(&jwks),
            _ => Err(JwkSetError::NotJson),
        }
    }

    /// Reads the federation keys of an entity (OpenID Federation 1.0 §3.1.1): each has a `kid` of its own, also
    /// those that we cannot use, since who signed is told by the `kid` alone.
    pub fn parse_federation(jwks: &Value) -> Result<Self, JwkSetError> {
        let Some(Value::Array(jwks)) = jwks.get("keys") else {
            return Err(JwkSetError::NotJson);
        };
        let mut kids = BTreeSet::new();
        for (index, jwk) in jwks.iter().enumerate() {
            let kid = jwk.get("kid").and_then(Value::as_str).unwrap_or_default();
            if kid.is_empty() {
                return Err(JwkSetError::NoKid { position: index + 1 });
            }
            if !kids.insert(kid) {
                return Err(JwkSetError::DuplicateKid);
            }
        }
        Self::of(jwks)
    }

    fn of(jwks: &[Value]) -> Result<Self, JwkSetError> {
        if jwks.len() > Self::MAX_KEYS {
            return Err(JwkSetError::TooManyKeys);
        }
        let mut parsed = Self::default();
        for (index, jwk) in jwks.iter().enumerate() {
            let position = index + 1;
            let jwk = jwk.as_object().ok_or(JwkSetError::NotJson)?;
            match PublicKey::from_jwk(jwk) {
                Ok(key) => parsed.add(key)?,
                Err(JwkError::Private(member)) => return Err(JwkSetError::Private { position, member }),
                Err(reason) => parsed.left_out.push(LeftOut { position, reason }),
            }
        }
        match (parsed.keys.first(), parsed.left_out.first()) {
            (Some(_), _) => Ok(parsed),
            (None, Some(first)) => Err(JwkSetError::NoUsableKey(first.reason)),
            (None, None) => Err(JwkSetError::Empty),
        }
    }

    /// Whether each key of another set stands in this one too, whatever its name there.
    #[must_use]
    pub fn has_all(&self, others: &Self) -> bool {
        let own: BTreeSet<String> = self.keys.iter().map(PublicKey::thumbprint).collect();
        others.keys.iter().all(|key| own.contains(&key.thumbprint()))
    }

    /// Two keys under one name would make the choice between them the attacker's.
    fn add(&mut self, key: PublicKey) -> Result<(), JwkSetError> {
        let taken = |kid| self.keys.iter().any(|other| other.kid() == Some(kid));
        if key.kid().is_some_and(taken) {
            return Err(JwkSetError::DuplicateKid);
        }
        self.keys.push(key);
        Ok(())
    }

    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The keys that may have made a signature with this header: the one of that `kid`, or without
    /// `kid` (RFC 7515 §4.1.4 makes it optional) every one that fits the algorithm.
    pub(super) fn candidates(&self, header: &Header) -> Result<Vec<&PublicKey>, JoseError> {
        let algorithm: Algorithm = header.algorithm;
        let Some(kid) = header.kid.as_deref() else {
            let fitting: Vec<_> = self.keys.iter().filter(|key| key.is_for(algorithm)).collect();
            return if fitting.is_empty() {
                Err(JoseError::NoKeyForAlgorithm(algorithm))
            } else {
                Ok(fitting)
            };
        };
        let key = self
            .keys
            .iter()
            .find(|key| key.kid() == Some(kid))
            .ok_or(JoseError::UnknownKey)?;
        if key.is_for(algorithm) {
            Ok(vec![key])
        } else {
            Err(JoseError::KeyNotForAlgorithm(algorithm))
        }
    }
}

impl FromIterator<PublicKey> for JwkSet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            left_out: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::vectors;
    use super::*;

    fn named(jwk: &str, kid: &str) -> Value {
        let mut jwk: Value = serde_json::from_str(jwk).unwrap();
        jwk["kid"] = json!(kid);
        jwk
    }

    fn parse(keys: &Value) -> Result<JwkSet, JwkSetError> {
        JwkSet::parse(json!({"keys": keys}).to_string().as_bytes())
    }

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header {
            algorithm,
            kid: kid.map(str::to_owned),
            typ: None,
        }
    }

    #[test]
    fn keys_we_cannot_use_are_left_out_with_the_reason() {
        let mut encryption = named(vectors::RFC7515_A2_JWK, "enc");
        encryption["use"] = json!("enc");
        let unknown = json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "big"});
        let set = parse(&json!([encryption, named(vectors::RFC7515_A3_JWK, "a"), unknown])).unwrap();
        assert_eq!(set.keys().len(), 1);
        assert_eq!(
            set.left_out(),
            [
                LeftOut {
                    position: 1,
                    reason: JwkError::Use
                },
                LeftOut {
                    position: 3,
                    reason: JwkError::KeyType
                }
            ]
        );
    }

    #[test]
    fn a_set_with_a_secret_in_it_is_refused_whole() {
        let mut leaked = named(vectors::RFC7515_A3_JWK, "b");
        leaked["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
        let set = parse(&json!([named(vectors::RFC7515_A2_JWK, "a"), leaked]));
        assert_eq!(
            set.unwrap_err(),
            JwkSetError::Private {
                position: 2,
                member: "d"
            }
        );
    }

    #[test]
    fn malformed_sets_are_refused() {
        let twice = json!([
            named(vectors::RFC7515_A2_JWK, "a"),
            named(vectors::RFC7515_A3_JWK, "a")
        ]);
        assert_eq!(parse(&twice).unwrap_err(), JwkSetError::DuplicateKid);
        let many: Vec<_> = (0..33)
            .map(|i| named(vectors::RFC7515_A3_JWK, &i.to_string()))
            .collect();
        assert_eq!(parse(&json!(many)).unwrap_err(), JwkSetError::TooManyKeys);
        assert_eq!(parse(&json!([])).unwrap_err(), JwkSetError::Empty);
        assert_eq!(
            parse(&json!([{"kty": "XYZ"}])).unwrap_err(),
            JwkSetError::NoUsableKey(JwkError::KeyType)
        );
        assert_eq!(parse(&json!(["text"])).unwrap_err(), JwkSetError::NotJson);
        assert_eq!(parse(&json!({})).unwrap_err(), JwkSetError::NotJson);
        assert_eq!(JwkSet::parse(b"{}").unwrap_err(), JwkSetError::NotJson);
        assert_eq!(
            JwkSet::parse(b"{\"keys\":[],\"keys\":[]}").unwrap_err(),
            JwkSetError::DuplicateMember
        );
        assert_eq!(
            JwkSet::parse(&vec![b' '; JwkSet::MAX_BYTES + 1]).unwrap_err(),
            JwkSetError::TooLong
        );
    }

    #[test]
    fn federation_keys_have_names_of_their_own() {
        let read = |keys: Value| JwkSet::parse_federation(&json!({"keys": keys})).map(|set| set.keys().len());
        let ec = |kid: &str| named(vectors::RFC7515_A3_JWK, kid);
        let unusable = |kid: &str| json!({"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": kid});
        assert_eq!(read(json!([ec("a"), ec("b"), unusable("c")])), Ok(2));
        assert_eq!(
            read(json!([ec("a"), unusable("a")])),
            Err(JwkSetError::DuplicateKid)
        );
        let nameless: Value = serde_json::from_str(vectors::RFC7515_A3_JWK).unwrap();
        for without in [nameless, ec(""), json!(5)] {
            assert_eq!(
                read(json!([ec("a"), without])),
                Err(JwkSetError::NoKid { position: 2 })
            );
        }
        assert_eq!(read(json!([])), Err(JwkSetError::Empty));
        assert_eq!(
            JwkSet::parse_federation(&json!([])).err(),
            Some(JwkSetError::NotJson)
        );
    }

    #[test]
    fn the_kid_chooses_and_the_algorithm_must_fit() {
        let set = parse(&json!([
            named(vectors::RFC7515_A2_JWK, "rsa"),
            named(vectors::RFC7515_A3_JWK, "ec")
        ]))
        .unwrap();
        let chosen = |algorithm, kid| {
            set.candidates(&header(algorithm, kid))
                .map(|keys| keys.iter().filter_map(|key| key.kid()).collect::<Vec<_>>())
        };
        assert_eq!(chosen(Algorithm::Es256, Some("ec")), Ok(vec!["ec"]));
        assert_eq!(chosen(Algorithm::Es256, None), Ok(vec!["ec"]));
        assert_eq!(chosen(Algorithm::Ps256, None), Ok(vec!["rsa"]));
        assert_eq!(
            chosen(Algorithm::Es256, Some("rsa")),
            Err(JoseError::KeyNotForAlgorithm(Algorithm::Es256))
        );
        assert_eq!(
            chosen(Algorithm::Es256, Some("other")),
            Err(JoseError::UnknownKey)
        );
        assert_eq!(
            chosen(Algorithm::EdDsa, None),
            Err(JoseError::NoKeyForAlgorithm(Algorithm::EdDsa))
        );
    }
}
