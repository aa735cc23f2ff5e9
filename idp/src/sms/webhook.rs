use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::answer::{Answer, exchange};
use super::message::Message;
use super::outcome::{Fault, Outcome, Refusal, token};
use super::sign::hmac_sha256;
use super::text;
use crate::clock::Timestamp;
use crate::config;

/// A city's own gateway, called as [Standard Webhooks](https://www.standardwebhooks.com) describes.
///
/// For whoever writes the gateway. Yimen POSTs `application/json`:
/// ```json
/// { "type": "sms.code", "timestamp": "2026-03-01T08:00:00Z",
///   "data": { "phone": "+8613912345678", "language": "zh-CN",
///             "text": "【云川一门】验证码 123456，…\n@id.city.example #123456",
///             "code": "123456", "minutes": 5, "origin": "id.city.example" } }
/// ```
/// Send `text` as it stands, line break included, or fill an approved template from `code`, `minutes`
/// and `origin`. Log neither `text` nor `code`.
///
/// Three headers prove the caller:
/// - `webhook-id`: unique to this message; answer a repetition of it as the first time, send nothing;
/// - `webhook-timestamp`: seconds since 1970; refuse what is over five minutes away from your clock;
/// - `webhook-signature`: `v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`, the body byte
///   for byte; the key is the secret without `whsec_`, base64-decoded. Compare in constant time.
///
/// The answer, within the configured time-out:
/// - 2xx: the message is on its way; optionally `{"id": "your reference"}`, without the number in it;
/// - 422: this number cannot be reached (does not exist, has opted out, is blocked);
/// - 429: a sending limit has been met. Neither of the two is tried with another provider;
/// - 5xx: a fault of yours. The next provider is asked, so answer so only if nothing was sent;
/// - anything else: the two sides disagree on the protocol. The next provider is asked, our operator told.
#[derive(Debug)]
pub(super) struct Webhook {
    url: Url,
    key: Key,
    sign: String,
}

/// The decoded secret.
struct Key(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Webhook {
    /// `None` if the secret is not `whsec_` and the base64 of 24 to 64 bytes, as the specification says.
    pub(super) fn new(config: &config::sms::Webhook, sign: &str) -> Option<Self> {
        let encoded = config.secret.expose().strip_prefix("whsec_")?;
        let key = Zeroizing::new(STANDARD.decode(encoded).ok()?);
        let key = (24..=64).contains(&key.len()).then_some(Key(key))?;
        Some(Self {
            url: config.url.clone(),
            key,
            sign: sign.to_owned(),
        })
    }

    pub(super) async fn send(
        &self,
        http: &reqwest::Client,
        message: &Message,
        nonce: &str,
        now: Timestamp,
    ) -> Outcome {
        let body = serde_json::json!({
            "type": "sms.code",
            "timestamp": now.to_string(),
            "data": {
                "phone": message.to.e164(),
                "language": message.language.tag(),
                "text": text::compose(message, &self.sign),
                "code": message.code.expose(),
                "minutes": message.minutes,
                "origin": message.origin,
            },
        })
        .to_string();
        let id = format!("msg_{nonce}");
        let request = http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("webhook-signature", self.key.sign(&id, now.seconds(), &body))
            .header("webhook-timestamp", now.seconds())
            .header("webhook-id", &id)
            .body(body);
        exchange(request)
            .await
            .map_or_else(|fault| fault, |answer| read(&answer))
    }
}

impl Key {
    fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let tag = hmac_sha256(&self.0, &format!("{id}.{timestamp}.{body}"));
        format!("v1,{}", STANDARD.encode(tag))
    }
}

#[derive(Default, Deserialize)]
struct Reference {
    #[serde(default)]
    id: String,
}

fn read(answer: &Answer) -> Outcome {
    let detail = format!("http-{}", answer.status);
    match answer.status {
        200..=299 => {
            let reference: Reference = answer.json().unwrap_or_default();
            Outcome::Accepted {
                message_id: token(&reference.id),
            }
        }
        422 => Outcome::Refused {
            refusal: Refusal::Number,
            detail,
        },
        429 => Outcome::Refused {
            refusal: Refusal::Limit,
            detail,
        },
        500..=599 => Outcome::Fault {
            fault: Fault::Broken,
            detail,
        },
        _ => Outcome::Fault {
            fault: Fault::NeedsOperator,
            detail,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn webhook(secret: &str) -> Option<Webhook> {
        let url = "https://sms.city.example/".parse().unwrap();
        Webhook::new(
            &config::sms::Webhook {
                url,
                secret: Secret::new(secret.to_owned()),
            },
            "云川一门",
        )
    }

    /// The test vector of the Standard Webhooks reference libraries.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let webhook = webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(
            webhook.key.sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#
            ),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert!(format!("{webhook:?}").contains("key: ***"));
    }

    #[test]
    fn a_secret_of_another_form_is_refused() {
        for wrong in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_no base64",
        ] {
            assert!(webhook(wrong).is_none(), "{wrong}");
        }
    }
}
