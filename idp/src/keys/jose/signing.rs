use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde::Serialize;

use super::{Algorithm, PublicKey};
use crate::rng::Rng;

/// Why nothing was signed. Texts name no key material.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignError {
    #[error("there is no key to sign with {0}")]
    NoKey(Algorithm),
    #[error("the private key for {0} cannot be read")]
    Unreadable(Algorithm),
    #[error("the claims cannot be written as JSON")]
    Claims,
    #[error("the signature could not be made")]
    Failed,
}

/// A private key, parsed once. The rest of the program sees bytes go in and a signature come out, so
/// that a key in an HSM, or of another algorithm, is one more variant of [`Pair`].
pub struct SigningKey {
    algorithm: Algorithm,
    public: PublicKey,
    kid: String,
    pair: Pair,
}

enum Pair {
    Ecdsa(Box<EcdsaKeyPair>),
    Rsa(Box<RsaKeyPair>),
}

#[derive(Serialize)]
struct ProtectedHeader<'a> {
    alg: &'static str,
    typ: &'a str,
    kid: &'a str,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// The algorithms we can sign with.
    pub const ALGORITHMS: &[Algorithm] = &[Algorithm::Es256, Algorithm::Rs256];

    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8], rng: &Rng) -> Result<Self, SignError> {
        let unreadable = |_| SignError::Unreadable(algorithm);
        let (pair, public) = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, rng.source())
                    .map_err(unreadable)?;
                let public = PublicKey::p256(pair.public_key().as_ref());
                (Pair::Ecdsa(Box::new(pair)), public)
            }
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(der).map_err(unreadable)?;
                let public = PublicKey::rsa(PublicKeyComponents::from(pair.public()));
                (Pair::Rsa(Box::new(pair)), public)
            }
            Algorithm::Es384 | Algorithm::Ps256 | Algorithm::EdDsa => {
                return Err(SignError::NoKey(algorithm));
            }
        };
        Ok(Self {
            algorithm,
            kid: public.thumbprint(),
            public,
            pair,
        })
    }

    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A compact JWS (RFC 7515 §3.1) over the claims.
    pub fn sign(&self, typ: &str, claims: &impl Serialize, rng: &Rng) -> Result<String, SignError> {
        let header = ProtectedHeader {
            alg: self.algorithm.name(),
            typ,
            kid: &self.kid,
        };
        let header = serde_json::to_vec(&header).map_err(|_| SignError::Claims)?;
        let claims = serde_json::to_vec(claims).map_err(|_| SignError::Claims)?;
        self.sign_bytes(&header, &claims, rng)
    }

    fn sign_bytes(&self, header: &[u8], payload: &[u8], rng: &Rng) -> Result<String, SignError> {
        const LONGEST_SIGNATURE: usize = 512;
        let mut token = String::with_capacity((header.len() + payload.len() + LONGEST_SIGNATURE) * 4 / 3 + 8);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair
                    .sign(rng.source(), token.as_bytes())
                    .map_err(|_| SignError::Failed)?;
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature, &mut token);
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, rng.source(), token.as_bytes(), &mut signature)
                    .map_err(|_| SignError::Failed)?;
                token.push('.');
                URL_SAFE_NO_PAD.encode_string(signature, &mut token);
            }
        }
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use rsa::BigUint;
    use rsa::pkcs8::EncodePrivateKey as _;
    use serde_json::{Value, json};

    use super::super::{Accept, JwkSet, Typ, Unverified, from_base64url, vectors};
    use super::*;

    /// RFC 7520 §3.4 as PKCS#8.
    fn rfc7520_key(rng: &Rng) -> SigningKey {
        let jwk: Value = serde_json::from_str(vectors::RFC7520_RSA_PRIVATE_JWK).unwrap();
        let number =
            |name: &str| BigUint::from_bytes_be(&from_base64url(jwk[name].as_str().unwrap()).unwrap());
        let key = rsa::RsaPrivateKey::from_components(
            number("n"),
            number("e"),
            number("d"),
            vec![number("p"), number("q")],
        )
        .unwrap();
        SigningKey::from_pkcs8(Algorithm::Rs256, key.to_pkcs8_der().unwrap().as_bytes(), rng).unwrap()
    }

    #[test]
    fn an_rs256_signature_is_that_of_rfc_7520() {
        let rng = Rng::system();
        let mut parts = vectors::RFC7520_4_1
            .split('.')
            .map(|part| from_base64url(part).unwrap());
        let (header, payload) = (parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(
            rfc7520_key(&rng).sign_bytes(&header, &payload, &rng).unwrap(),
            vectors::RFC7520_4_1
        );
    }

    #[test]
    fn what_is_signed_verifies_and_says_who_signed() {
        let rng = Rng::system();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng.source()).unwrap();
        let es256 = SigningKey::from_pkcs8(Algorithm::Es256, der.as_ref(), &rng).unwrap();
        for key in [es256, rfc7520_key(&rng)] {
            let token = key.sign("at+jwt", &json!({"sub": "x"}), &rng).unwrap();
            let keys: JwkSet = [key.public().clone()].into_iter().collect();
            let accept = Accept {
                algorithms: &[key.algorithm()],
                typ: Typ::Is("at+jwt"),
            };
            let signed = Unverified::parse(&token).unwrap().verify(&keys, &accept).unwrap();
            assert_eq!(signed.header().kid.as_deref(), Some(key.kid()));
            assert_eq!(key.kid(), key.public().thumbprint());
        }
    }

    #[test]
    fn a_key_of_another_kind_is_unreadable() {
        let rng = Rng::system();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng.source()).unwrap();
        let read = |algorithm, der: &[u8]| SigningKey::from_pkcs8(algorithm, der, &rng).unwrap_err();
        assert_eq!(
            read(Algorithm::Rs256, der.as_ref()),
            SignError::Unreadable(Algorithm::Rs256)
        );
        assert_eq!(
            read(Algorithm::Es256, b"no key"),
            SignError::Unreadable(Algorithm::Es256)
        );
        assert_eq!(
            read(Algorithm::EdDsa, der.as_ref()),
            SignError::NoKey(Algorithm::EdDsa)
        );
    }
}
