use std::fmt;

use ring::digest;
use ring::rsa::PublicKeyComponents;
use ring::signature::{self, RsaParameters, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value, json};

use super::{Algorithm, from_base64url, to_base64url};

const MAX_KID: usize = 256;
const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 4096;

/// Members that exist only in private or symmetric keys (RFC 7518 §6).
const PRIVATE_MEMBERS: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Why a JWK is not a signature key we accept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JwkError {
    #[error("the key contains the secret member `{0}`: publish the public key only, and replace this one")]
    Private(&'static str),
    #[error("the key's `{0}` is missing or not a text")]
    Member(&'static str),
    #[error("the key's `{0}` is not base64url without padding, or has the wrong length")]
    Encoding(&'static str),
    #[error("the key's `kid` is empty or longer than {MAX_KID} bytes")]
    Kid,
    #[error("the key's `kty` or `crv` is not supported: EC with P-256 or P-384, RSA, OKP with Ed25519")]
    KeyType,
    #[error("the key's `use` is not `sig`")]
    Use,
    #[error("the key's `key_ops` is not a list that contains `verify`, each operation once")]
    KeyOps,
    #[error("the key's `alg` is not a supported signature algorithm for this kind of key")]
    Algorithm,
    #[error("the RSA key has {0} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted")]
    RsaSize(usize),
    #[error("the RSA key's public exponent is not an odd number from 65537 to 2^33")]
    RsaExponent,
}

/// A public key that verifies signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Clone, PartialEq, Eq)]
enum Material {
    /// Uncompressed points (SEC 1 §2.3.3), as ring wants them.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kty = match self.material {
            Material::P256(_) => "P-256",
            Material::P384(_) => "P-384",
            Material::Rsa { .. } => "RSA",
            Material::Ed25519(_) => "Ed25519",
        };
        f.debug_struct("PublicKey")
            .field("kid", &self.kid)
            .field("kty", &kty)
            .finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Reads a JWK (RFC 7517 §4). Members that are not ours to know are ignored.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        if let Some(secret) = PRIVATE_MEMBERS.iter().find(|name| jwk.contains_key(**name)) {
            return Err(JwkError::Private(secret));
        }
        check_use(jwk)?;
        let kid = optional(jwk, "kid")?.map(str::to_owned);
        if kid
            .as_ref()
            .is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID)
        {
            return Err(JwkError::Kid);
        }
        let material = Material::from_jwk(jwk)?;
        let algorithm = match optional(jwk, "alg")? {
            None => None,
            Some(name) => Some(
                Algorithm::named(name)
                    .filter(|algorithm| material.scheme(*algorithm).is_some())
                    .ok_or(JwkError::Algorithm)?,
            ),
        };
        Ok(Self {
            kid,
            algorithm,
            material,
        })
    }

    pub(super) fn p256(point: &[u8]) -> Self {
        Self::ours(Algorithm::Es256, Material::P256(point.to_vec()))
    }

    pub(super) fn rsa(key: PublicKeyComponents<Vec<u8>>) -> Self {
        Self::ours(Algorithm::Rs256, Material::Rsa { n: key.n, e: key.e })
    }

    fn ours(algorithm: Algorithm, material: Material) -> Self {
        Self {
            kid: Some(material.thumbprint()),
            algorithm: Some(algorithm),
            material,
        }
    }

    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The key's own name, the same wherever it is found (RFC 7638, SHA-256).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.material.thumbprint()
    }

    /// Whether a signature by this algorithm may be checked with this key: its kind fits, and its
    /// `alg`, if it has one, says nothing else.
    #[must_use]
    pub fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|own| own == algorithm) && self.material.scheme(algorithm).is_some()
    }

    /// The JWK to publish.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let mut jwk = self.material.members();
        jwk["use"] = json!("sig");
        if let Some(kid) = &self.kid {
            jwk["kid"] = json!(kid);
        }
        if let Some(algorithm) = self.algorithm {
            jwk["alg"] = json!(algorithm.name());
        }
        jwk
    }

    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let fitting = self
            .is_for(algorithm)
            .then(|| self.material.scheme(algorithm))
            .flatten();
        let Some(scheme) = fitting else { return false };
        let valid = match (scheme, &self.material) {
            (Scheme::Rsa(parameters), Material::Rsa { n, e }) => {
                PublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (Scheme::Other(scheme), Material::P256(key) | Material::P384(key) | Material::Ed25519(key)) => {
                UnparsedPublicKey::new(scheme, key).verify(message, signature)
            }
            _ => return false,
        };
        valid.is_ok()
    }
}

/// How ring verifies; RSA keys come to it in two numbers.
enum Scheme {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

impl Material {
    fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        match required(jwk, "kty")? {
            "EC" => match required(jwk, "crv")? {
                "P-256" => Ok(Self::P256(point(jwk, 32)?)),
                "P-384" => Ok(Self::P384(point(jwk, 48)?)),
                _ => Err(JwkError::KeyType),
            },
            "OKP" if required(jwk, "crv")? == "Ed25519" => Ok(Self::Ed25519(octets(jwk, "x", 32)?)),
            "RSA" => rsa(jwk),
            _ => Err(JwkError::KeyType),
        }
    }

    /// The scheme for this kind of key; none where the two do not go together.
    fn scheme(&self, algorithm: Algorithm) -> Option<Scheme> {
        match (self, algorithm) {
            (Self::P256(_), Algorithm::Es256) => Some(Scheme::Other(&signature::ECDSA_P256_SHA256_FIXED)),
            (Self::P384(_), Algorithm::Es384) => Some(Scheme::Other(&signature::ECDSA_P384_SHA384_FIXED)),
            (Self::Rsa { .. }, Algorithm::Rs256) => Some(Scheme::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256)),
            (Self::Rsa { .. }, Algorithm::Ps256) => Some(Scheme::Rsa(&signature::RSA_PSS_2048_8192_SHA256)),
            (Self::Ed25519(_), Algorithm::EdDsa) => Some(Scheme::Other(&signature::ED25519)),
            _ => None,
        }
    }

    /// The members RFC 7638 §3.2 and RFC 8037 §2 call required. serde_json keeps them in
    /// lexicographic order and prints no white space: the very text the thumbprint is made of.
    fn members(&self) -> Value {
        let ec = |curve: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": to_base64url(x), "y": to_base64url(y)})
        };
        match self {
            Self::P256(point) => ec("P-256", point),
            Self::P384(point) => ec("P-384", point),
            Self::Rsa { n, e } => json!({"kty": "RSA", "n": to_base64url(n), "e": to_base64url(e)}),
            Self::Ed25519(x) => json!({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(x)}),
        }
    }

    fn thumbprint(&self) -> String {
        to_base64url(digest::digest(
            &digest::SHA256,
            self.members().to_string().as_bytes(),
        ))
    }
}

/// RFC 7517 §4.2 and §4.3.
fn check_use(jwk: &Map<String, Value>) -> Result<(), JwkError> {
    if optional(jwk, "use")?.is_some_and(|usage| usage != "sig") {
        return Err(JwkError::Use);
    }
    let Some(operations) = jwk.get("key_ops") else {
        return Ok(());
    };
    let operations = operations.as_array().ok_or(JwkError::KeyOps)?;
    let distinct = operations
        .iter()
        .enumerate()
        .all(|(i, one)| !operations[..i].contains(one));
    if distinct && operations.iter().any(|operation| operation == "verify") {
        Ok(())
    } else {
        Err(JwkError::KeyOps)
    }
}

/// The length is fixed by the curve, leading zeros included (RFC 7518 §6.2.1.2).
fn point(jwk: &Map<String, Value>, size: usize) -> Result<Vec<u8>, JwkError> {
    let mut point = vec![4];
    point.extend(octets(jwk, "x", size)?);
    point.extend(octets(jwk, "y", size)?);
    Ok(point)
}

fn rsa(jwk: &Map<String, Value>) -> Result<Material, JwkError> {
    let n = unsigned(jwk, "n")?;
    let e = unsigned(jwk, "e")?;
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(JwkError::RsaSize(bits));
    }
    let exponent = if e.len() <= 8 {
        e.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
    } else {
        0
    };
    if exponent % 2 == 0 || !(65_537..1 << 33).contains(&exponent) {
        return Err(JwkError::RsaExponent);
    }
    Ok(Material::Rsa { n, e })
}

/// Base64urlUInt: the fewest octets that hold the number (RFC 7518 §2).
fn unsigned(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    from_base64url(required(jwk, name)?)
        .filter(|bytes| bytes.first().is_some_and(|byte| *byte != 0))
        .ok_or(JwkError::Encoding(name))
}

fn octets(jwk: &Map<String, Value>, name: &'static str, size: usize) -> Result<Vec<u8>, JwkError> {
    from_base64url(required(jwk, name)?)
        .filter(|bytes| bytes.len() == size)
        .ok_or(JwkError::Encoding(name))
}

fn required<'a>(jwk: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, JwkError> {
    optional(jwk, name)?.ok_or(JwkError::Member(name))
}

fn optional<'a>(jwk: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, JwkError> {
    jwk.get(name)
        .map(|value| value.as_str().ok_or(JwkError::Member(name)))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::super::vectors;
    use super::*;

    fn read(jwk: &Value) -> Result<PublicKey, JwkError> {
        PublicKey::from_jwk(jwk.as_object().unwrap())
    }

    fn changed(jwk: &str, name: &str, value: Value) -> Value {
        let mut jwk: Value = serde_json::from_str(jwk).unwrap();
        jwk[name] = value;
        jwk
    }

    #[test]
    fn thumbprints_are_those_of_the_rfcs() {
        // RFC 7638 §3.1 and RFC 8037 appendix A.3.
        for (jwk, thumbprint) in [
            (
                vectors::RFC7638_JWK,
                "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            ),
            (
                vectors::RFC8037_JWK,
                "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            ),
        ] {
            assert_eq!(
                read(&serde_json::from_str(jwk).unwrap()).unwrap().thumbprint(),
                thumbprint
            );
        }
    }

    #[test]
    fn a_published_key_reads_back_as_itself() {
        for jwk in [
            vectors::RFC7515_A2_JWK,
            vectors::RFC7515_A3_JWK,
            vectors::RFC8037_JWK,
            vectors::RFC7520_RSA_JWK,
        ] {
            let key = read(&serde_json::from_str(jwk).unwrap()).unwrap();
            let published = key.to_jwk();
            assert_eq!(published["use"], "sig");
            assert_eq!(read(&published).unwrap(), key);
        }
    }

    #[test]
    fn secrets_are_refused_whatever_else_the_key_says() {
        for name in PRIVATE_MEMBERS {
            let jwk = changed(vectors::RFC7515_A3_JWK, name, json!("AQAB"));
            assert_eq!(read(&jwk), Err(JwkError::Private(name)));
        }
        let symmetric = json!({"kty": "oct", "k": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"});
        assert_eq!(read(&symmetric), Err(JwkError::Private("k")));
    }

    #[test]
    fn a_key_for_something_else_is_refused() {
        let ec = vectors::RFC7515_A3_JWK;
        assert_eq!(read(&changed(ec, "use", json!("enc"))), Err(JwkError::Use));
        assert_eq!(
            read(&changed(ec, "use", json!(["sig"]))),
            Err(JwkError::Member("use"))
        );
        assert_eq!(
            read(&changed(ec, "key_ops", json!(["sign"]))),
            Err(JwkError::KeyOps)
        );
        assert_eq!(
            read(&changed(ec, "key_ops", json!("verify"))),
            Err(JwkError::KeyOps)
        );
        assert_eq!(
            read(&changed(ec, "key_ops", json!(["verify", "verify"]))),
            Err(JwkError::KeyOps)
        );
        assert!(read(&changed(ec, "key_ops", json!(["verify"]))).is_ok());
        assert_eq!(
            read(&changed(ec, "alg", json!("ECDH-ES"))),
            Err(JwkError::Algorithm)
        );
        assert_eq!(
            read(&changed(ec, "alg", json!("RS256"))),
            Err(JwkError::Algorithm)
        );
        assert_eq!(
            read(&changed(ec, "alg", json!("ES384"))),
            Err(JwkError::Algorithm)
        );
        assert_eq!(
            read(&changed(vectors::RFC7515_A2_JWK, "alg", json!("HS256"))),
            Err(JwkError::Algorithm)
        );
    }

    #[test]
    fn coordinates_have_the_length_of_their_curve() {
        let ec = vectors::RFC7515_A3_JWK;
        assert_eq!(
            read(&changed(ec, "crv", json!("P-384"))),
            Err(JwkError::Encoding("x"))
        );
        assert_eq!(
            read(&changed(ec, "crv", json!("secp256k1"))),
            Err(JwkError::KeyType)
        );
        assert_eq!(
            read(&changed(ec, "y", json!("AQAB"))),
            Err(JwkError::Encoding("y"))
        );
        assert_eq!(read(&changed(ec, "x", Value::Null)), Err(JwkError::Member("x")));
        assert_eq!(
            read(&changed(ec, "kty", json!("RSA"))),
            Err(JwkError::Member("n"))
        );
        assert_eq!(
            read(&changed(vectors::RFC8037_JWK, "crv", json!("X25519"))),
            Err(JwkError::KeyType)
        );
        assert_eq!(read(&json!({})), Err(JwkError::Member("kty")));
    }

    #[test]
    fn rsa_keys_are_neither_weak_nor_huge() {
        let sized = |bytes: usize, first: u8| {
            let mut n = vec![0xA5; bytes];
            n[0] = first;
            read(&json!({"kty": "RSA", "n": to_base64url(n), "e": "AQAB"})).map(|_| ())
        };
        assert_eq!(sized(128, 0x80), Err(JwkError::RsaSize(1024)));
        assert_eq!(sized(256, 0x7F), Err(JwkError::RsaSize(2047)));
        assert_eq!(sized(256, 0x80), Ok(()));
        assert_eq!(sized(512, 0xFF), Ok(()));
        assert_eq!(sized(513, 0x01), Err(JwkError::RsaSize(4097)));
        assert_eq!(sized(257, 0x00), Err(JwkError::Encoding("n")));
    }

    #[test]
    fn weak_rsa_exponents_are_refused() {
        for e in ["AQ", "Aw", "AQAA", "AgAAAAE", "AQAAAAAAAAAB"] {
            let jwk = changed(vectors::RFC7515_A2_JWK, "e", json!(e));
            assert_eq!(read(&jwk), Err(JwkError::RsaExponent), "{e}");
        }
        for e in ["", "AAEAAQ", "AQAB=", "AQ AB"] {
            let jwk = changed(vectors::RFC7515_A2_JWK, "e", json!(e));
            assert_eq!(read(&jwk), Err(JwkError::Encoding("e")), "{e}");
        }
    }

    #[test]
    fn a_kid_has_a_sane_length() {
        assert_eq!(
            read(&changed(vectors::RFC7515_A3_JWK, "kid", json!(""))),
            Err(JwkError::Kid)
        );
        assert_eq!(
            read(&changed(vectors::RFC7515_A3_JWK, "kid", json!("k".repeat(257)))),
            Err(JwkError::Kid)
        );
        assert_eq!(
            read(&changed(vectors::RFC7515_A3_JWK, "kid", json!(1))),
            Err(JwkError::Member("kid"))
        );
    }
}
