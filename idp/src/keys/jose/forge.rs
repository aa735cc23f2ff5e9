//! Signs anything, for the tests of whoever verifies: headers that no honest signer writes, and the algorithms that
//! we verify and do not sign with.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use rsa::BigUint;
use rsa::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use super::{Algorithm, PublicKey, from_base64url, to_base64url, vectors};
use crate::rng::Rng;

/// A private key of a test's actor, and the name under which its public half is published.
pub(crate) struct ForgedKey {
    pub(crate) kid: String,
    algorithm: Algorithm,
    pair: Pair,
    jwk: Value,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

impl ForgedKey {
    /// A new key; its `kid` is its thumbprint. RSA keys take long to make, so there is one of them, RFC 7520's.
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let rng = Rng::system();
        let (pair, jwk) = match algorithm {
            Algorithm::Es256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", &rng),
            Algorithm::Es384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", &rng),
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(&rng.bytes::<32>()).unwrap();
                let jwk =
                    json!({"kty": "OKP", "crv": "Ed25519", "x": to_base64url(pair.public_key().as_ref())});
                (Pair::Ed25519(pair), jwk)
            }
            Algorithm::Rs256 => rfc7520(&RSA_PKCS1_SHA256),
            Algorithm::Ps256 => rfc7520(&RSA_PSS_SHA256),
        };
        let kid = PublicKey::from_jwk(jwk.as_object().unwrap())
            .unwrap()
            .thumbprint();
        Self {
            kid,
            algorithm,
            pair,
            jwk,
        }
    }

    /// The same key under another name.
    pub(crate) fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = json!(self.kid);
        jwk
    }

    /// What an honest signer of this type writes.
    pub(crate) fn header(&self, typ: &str) -> Value {
        json!({"alg": self.algorithm.name(), "typ": typ, "kid": self.kid})
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// Texts that need be no JSON.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let rng = Rng::system();
        let message = format!("{}.{}", to_base64url(header), to_base64url(claims));
        let signature = match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(rng.source(), message.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, rng.source(), message.as_bytes(), &mut signature)
                    .unwrap();
                signature
            }
        };
        format!("{message}.{}", to_base64url(signature))
    }
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm, curve: &str, rng: &Rng) -> (Pair, Value) {
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, rng.source()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), rng.source()).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = point[1..].split_at(point.len() / 2);
    let jwk = json!({"kty": "EC", "crv": curve, "x": to_base64url(x), "y": to_base64url(y)});
    (Pair::Ecdsa(pair), jwk)
}

fn rfc7520(encoding: &'static dyn RsaEncoding) -> (Pair, Value) {
    let jwk: Value = serde_json::from_str(vectors::RFC7520_RSA_PRIVATE_JWK).unwrap();
    let number = |name: &str| BigUint::from_bytes_be(&from_base64url(jwk[name].as_str().unwrap()).unwrap());
    let primes = vec![number("p"), number("q")];
    let key = rsa::RsaPrivateKey::from_components(number("n"), number("e"), number("d"), primes).unwrap();
    let pair = RsaKeyPair::from_pkcs8(key.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    let jwk = json!({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]});
    (Pair::Rsa(pair, encoding), jwk)
}
