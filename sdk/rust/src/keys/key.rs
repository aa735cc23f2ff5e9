use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Map, Value, json};

use super::signer::{AnySigner, SigningAlgorithm};
use crate::error::Error;
use crate::quote::quote_sentence;

/// A key that can sign, under its name, and its public half.
#[derive(Clone, Debug)]
pub(super) struct Key {
    signer: AnySigner,
    algorithm: SigningAlgorithm,
    kid: String,
    thumbprint: String,
    jwk: Value,
}

impl Key {
    /// An error says what the public key lacks.
    pub(super) fn new(signer: AnySigner) -> Result<Self, String> {
        let said = signer.public_jwk();
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        // The members that make the key, in the order of RFC 7638 §3.2. No others are passed on: what a module adds
        // is not for everybody.
        let members: &[&str] = match text("kty") {
            Some("EC") => &["crv", "kty", "x", "y"],
            Some("RSA") => &["e", "kty", "n"],
            Some("OKP") => &["crv", "kty", "x"],
            _ => return Err("its `kty` is neither EC, RSA nor OKP".to_owned()),
        };
        let mut jwk = Map::new();
        let mut hashed = Vec::new();
        for name in members {
            let value = text(name).ok_or_else(|| format!("it lacks `{name}`"))?;
            hashed.push(format!("{}:{}", json!(name), json!(value)));
            jwk.insert((*name).to_owned(), json!(value));
        }
        let hash = digest::digest(&digest::SHA256, format!("{{{}}}", hashed.join(",")).as_bytes());
        let thumbprint = BASE64_URL_SAFE_NO_PAD.encode(hash);
        let kid = text("kid").unwrap_or(&thumbprint).to_owned();
        let algorithm = signer.algorithm();
        for (name, value) in [("kid", kid.as_str()), ("use", "sig"), ("alg", algorithm.name())] {
            jwk.insert(name.to_owned(), json!(value));
        }
        Ok(Self {
            jwk: Value::Object(jwk),
            signer,
            algorithm,
            kid,
            thumbprint,
        })
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// The same for the same key, whatever it is called.
    pub(super) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    pub(super) const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    pub(super) const fn jwk(&self) -> &Value {
        &self.jwk
    }

    /// A compact JWS over `claims` (RFC 7515 §7.1).
    pub(super) async fn sign(
        &self,
        typ: &str,
        mut header: Map<String, Value>,
        claims: &Value,
    ) -> Result<String, Error> {
        for (name, value) in [("alg", self.algorithm.name()), ("typ", typ), ("kid", &self.kid)] {
            header.insert(name.to_owned(), json!(value));
        }
        let header = Value::Object(header);
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(claims));
        let fault = |problem: String| Error::Signer {
            kid: self.kid.clone(),
            problem: quote_sentence(&problem),
        };
        let signature = self.signer.sign(message.as_bytes()).await;
        let signature = signature.map_err(|problem| fault(problem.to_string()))?;
        let expected = self.algorithm.signature_length().unwrap_or(signature.len());
        if signature.len() != expected {
            let found = signature.len();
            return Err(fault(format!(
                "a signature of {found} bytes, not {expected}: is it DER?"
            )));
        }
        Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::signer::{Signer, SignerFault};

    struct Module(Value, SigningAlgorithm);

    impl Signer for Module {
        fn algorithm(&self) -> SigningAlgorithm {
            self.1
        }

        fn public_jwk(&self) -> Value {
            self.0.clone()
        }

        async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerFault> {
            Ok(vec![0x30; 70])
        }
    }

    fn made(said: Value, algorithm: SigningAlgorithm) -> Result<Key, String> {
        Key::new(AnySigner::new(Module(said, algorithm)))
    }

    #[tokio::test]
    async fn a_signature_as_modules_make_them_is_told_from_one_of_a_token() {
        let said = json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": "b" });
        let key = made(said, SigningAlgorithm::Es256).unwrap();
        let error = key.sign("JWT", Map::new(), &json!({})).await.unwrap_err();
        assert!(error.to_string().contains("70 bytes, not 64"), "{error}");
    }

    /// RFC 7638 §3.1.
    #[test]
    fn a_key_without_a_name_is_named_by_its_thumbprint() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi\
                 FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
                 9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls\
                 1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let said = json!({ "kty": "RSA", "n": n, "e": "AQAB", "d": "secret" });
        let key = made(said.clone(), SigningAlgorithm::Rs256).unwrap();
        assert_eq!(key.kid(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert!(
            key.jwk().get("d").is_none(),
            "nothing but the public key is passed on"
        );

        let mut named = said;
        named["kid"] = json!("slot-7");
        let named = made(named, SigningAlgorithm::Rs256).unwrap();
        assert_eq!((named.kid(), named.thumbprint()), ("slot-7", key.thumbprint()));
        for bad in [
            json!({}),
            json!({ "kty": "oct", "k": "a" }),
            json!({ "kty": "RSA", "e": "AQAB" }),
        ] {
            assert!(made(bad, SigningAlgorithm::Rs256).is_err());
        }
    }
}
