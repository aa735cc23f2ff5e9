use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::RequestBuilder;
use ring::hmac;
use thiserror::Error;
use zeroize::Zeroizing;

use super::exchange::Answer;
use crate::clock::Timestamp;
use crate::config::Secret;

/// A shared secret as [Standard Webhooks](https://www.standardwebhooks.com) writes it, decoded.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What is wrong with a secret, without repeating it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "must be `whsec_` and the base64 of 24 to 64 bytes; make one with `echo whsec_$(openssl rand -base64 32)`"
)]
pub struct SecretError;

impl SigningKey {
    /// # Errors
    /// Where the secret is of another form.
    pub fn read(secret: &Secret) -> Result<Self, SecretError> {
        let encoded = secret.expose().strip_prefix("whsec_").ok_or(SecretError)?;
        let key = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| SecretError)?);
        (24..=64)
            .contains(&key.len())
            .then_some(Self(key))
            .ok_or(SecretError)
    }

    /// The request with `body` and the three headers that prove who sends it.
    pub fn signed(&self, request: RequestBuilder, id: &str, now: Timestamp, body: String) -> RequestBuilder {
        let timestamp = now.seconds().to_string();
        let tag = hmac::sign(&self.key(), &content(id, &timestamp, body.as_bytes()));
        request
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-signature", format!("v1,{}", STANDARD.encode(tag)))
            .header("webhook-timestamp", timestamp)
            .body(body)
    }

    /// Whether an answer is signed with the same secret, and is the one to the request `id`. An id is used once, so
    /// an older answer is none to it.
    #[must_use]
    pub fn has_signed(&self, answer: &Answer, id: &str) -> bool {
        let (Some(answered), Some(timestamp), Some(signatures)) = (
            answer.header("webhook-id"),
            answer.header("webhook-timestamp"),
            answer.header("webhook-signature"),
        ) else {
            return false;
        };
        let content = content(id, timestamp, answer.body());
        answered == id
            && signatures
                .split(' ')
                .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
                .any(|tag| hmac::verify(&self.key(), &content, &tag).is_ok())
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn key(secret: &str) -> Result<SigningKey, SecretError> {
        SigningKey::read(&Secret::new(secret.to_owned()))
    }

    /// The test vector of the Standard Webhooks reference libraries.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let post = super::super::http_client(Vec::new())
            .unwrap()
            .post("https://sms.city.example/");
        let (id, now) = (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp::from_seconds(1_614_265_330),
        );
        let request = key(SECRET)
            .unwrap()
            .signed(post, id, now, r#"{"test": 2432232314}"#.to_owned());
        assert_eq!(
            request.build().unwrap().headers()["webhook-signature"],
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn a_secret_of_another_form_is_refused_and_none_prints() {
        for wrong in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_no base64",
        ] {
            assert!(key(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", key(SECRET).unwrap()), "***");
    }
}
