use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::answer::exchange;
use super::message::{Content, Message};
use super::outcome::{Fault, Outcome, Refusal, token};
use super::text;
use crate::clock::Timestamp;
use crate::config;
use crate::gateway::{Answer, SecretError, SigningKey};

/// A city's own gateway, called as [Standard Webhooks](https://www.standardwebhooks.com) describes.
///
/// For whoever writes the gateway. Yimen POSTs `application/json`:
/// ```json
/// { "type": "sms.code", "timestamp": "2026-03-01T08:00:00Z",
///   "data": { "phone": "+8613912345678", "language": "zh-CN",
///             "text": "【云川一门】验证码 123456，…\n@id.city.example #123456",
///             "code": "123456", "minutes": 5, "origin": "id.city.example" } }
/// ```
/// or, of something that has happened to an account, `"type": "sms.notice"` with `what` and `link` in the place of
/// `code` and
/// `minutes`. Send `text` as it stands, line break included, or fill an approved template from `code`, `minutes`
/// and `origin`. Log neither `text` nor `code` nor `link`.
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
    key: SigningKey,
    sign: String,
}

impl Webhook {
    /// # Errors
    /// Where the secret is of another form.
    pub(super) fn new(config: &config::sms::Webhook, sign: &str) -> Result<Self, SecretError> {
        Ok(Self {
            url: config.url.clone(),
            key: SigningKey::read(&config.secret)?,
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
        let body = json!({
            "type": match message.content {
                Content::Code { .. } => "sms.code",
                Content::Notice { .. } => "sms.notice",
            },
            "timestamp": now.to_string(),
            "data": self.data(message),
        })
        .to_string();
        let id = format!("msg_{nonce}");
        exchange(self.key.signed(http.post(self.url.clone()), &id, now, body))
            .await
            .map_or_else(|fault| fault, |answer| read(&answer))
    }
}

impl Webhook {
    fn data(&self, message: &Message) -> Value {
        let mut data = json!({
            "phone": message.to.e164(),
            "language": message.language.tag(),
            "text": text::compose(message, &self.sign),
            "origin": message.origin,
        });
        match &message.content {
            Content::Code { code, minutes } => {
                data["code"] = code.expose().into();
                data["minutes"] = (*minutes).into();
            }
            Content::Notice { what, link } => {
                data["what"] = what.text(message.language).into();
                data["link"] = link.expose().into();
            }
        }
        data
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
