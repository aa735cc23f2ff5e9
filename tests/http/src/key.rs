//! A relying party's own key, and chance for it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// 32 random bytes in base64url.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the system has chance");
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()))
}

/// A P-256 key that signs client assertions (RFC 7523).
#[derive(Debug)]
pub struct Key {
    pair: EcdsaKeyPair,
    pub kid: String,
}

impl Default for Key {
    fn default() -> Key {
        Key::new()
    }
}

impl Key {
    pub fn new() -> Key {
        let chance = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &chance).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &chance).expect("a key");
        Key { pair, kid: random() }
    }

    pub fn jwks(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..65]),
        }]})
    }

    /// What tells it apart (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let key = &self.jwks()["keys"][0];
        // Its members in this order, without spaces.
        sha256(&format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            key["x"], key["y"]
        ))
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({"alg": "ES256", "kid": self.kid}), claims)
    }

    pub fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), input.as_bytes())
            .expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A client assertion as RFC 7523 §3 has it, good for a minute.
    pub fn assertion(&self, client_id: &str, audience: &str) -> String {
        self.sign(&assertion_claims(client_id, audience))
    }
}

/// To be changed by a test before signing. The time is the real one, to the millisecond: a test that moves the
/// server's clock sets `iat` and `exp` itself.
pub fn assertion_claims(client_id: &str, audience: &str) -> Value {
    claims_at(client_id, audience, since_1970())
}

pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970")
}

pub(crate) fn claims_at(client_id: &str, audience: &str, now: Duration) -> Value {
    json!({
        "iss": client_id, "sub": client_id, "aud": audience, "jti": random(),
        "iat": now.as_secs_f64(), "exp": now.as_secs() + 60,
    })
}
