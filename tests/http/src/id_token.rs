//! Verifying a signed token with nothing but the published key set (RFC 7515, RFC 7517).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

/// The header and the claims, unverified.
pub fn decode(token: &str) -> (Value, Value) {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "a signed token has three parts: {token}");
    let part = |text: &str| serde_json::from_slice(&bytes(text)).expect("JSON in the token");
    (part(parts[0]), part(parts[1]))
}

/// The claims, once the signature of one of the keys in `jwks` is found right.
#[track_caller]
pub fn verify(token: &str, jwks: &Value) -> Value {
    let (header, claims) = decode(token);
    let keys = jwks["keys"].as_array().expect("a key set");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]);
    let key = key.unwrap_or_else(|| panic!("no key {} in {jwks}", header["kid"]));
    assert!(key["d"].is_null(), "a private key is published");
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let member = |name: &str| bytes(key[name].as_str().expect("a member of the key"));
    let is_right = match header["alg"].as_str() {
        Some("ES256") => {
            let point = [vec![4], member("x"), member("y")].concat();
            let key = UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point);
            key.verify(input.as_bytes(), &bytes(signature)).is_ok()
        }
        Some("RS256") => {
            let key = RsaPublicKeyComponents {
                n: member("n"),
                e: member("e"),
            };
            let algorithm = &signature::RSA_PKCS1_2048_8192_SHA256;
            key.verify(algorithm, input.as_bytes(), &bytes(signature)).is_ok()
        }
        other => panic!("signed with {other:?}"),
    };
    assert!(is_right, "the signature is wrong: {token}");
    claims
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(text)
        .unwrap_or_else(|_| panic!("{text:?} is base64url"))
}
