//! Standard Webhooks (<https://www.standardwebhooks.com>), both ways.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// How far a request's time may be from ours.
const LEEWAY: Duration = Duration::from_secs(300);

#[derive(Clone)]
pub(super) struct Secret(hmac::Key);

impl Secret {
    /// `None` if it is not `whsec_` and the base64 of 24 to 64 bytes.
    pub(super) fn read(text: &str) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        let sound = (24..=64).contains(&key.len());
        sound.then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    pub(super) fn sign(&self, id: &str, body: &str, now: SystemTime) -> [(&'static str, String); 3] {
        let timestamp = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let content = format!("{id}.{timestamp}.{body}");
        let tag = hmac::sign(&self.0, content.as_bytes());
        [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", format!("v1,{}", STANDARD.encode(tag))),
        ]
    }

    pub(super) fn has_signed(&self, headers: &HeaderMap, body: &[u8], now: SystemTime) -> bool {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(id), Some(timestamp), Some(signatures)) = (
            header("webhook-id"),
            header("webhook-timestamp"),
            header("webhook-signature"),
        ) else {
            return false;
        };
        let content = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        is_recent(timestamp, now)
            && signatures
                .split(' ')
                .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
                .any(|tag| hmac::verify(&self.0, &content, &tag).is_ok())
    }
}

fn is_recent(timestamp: &str, now: SystemTime) -> bool {
    let Ok(seconds) = timestamp.parse() else {
        return false;
    };
    let Some(sent) = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)) else {
        return false;
    };
    let apart = now.duration_since(sent).unwrap_or_else(|ahead| ahead.duration());
    apart <= LEEWAY
}
