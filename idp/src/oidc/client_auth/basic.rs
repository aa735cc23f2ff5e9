use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Offered;
use crate::oidc::{Code, WireError};

/// Reads HTTP Basic credentials, whose halves are form-encoded (RFC 6749 §2.3.1).
pub(super) fn read(headers: &HeaderMap) -> Result<Offered, WireError> {
    decode(headers).ok_or_else(|| {
        WireError::new(
            Code::InvalidClient,
            "the Authorization header does not hold Basic client credentials",
        )
        .basic()
    })
}

fn decode(headers: &HeaderMap) -> Option<Offered> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    Some(Offered::Basic {
        client_id: form_decode(client_id),
        secret: form_decode(secret),
    })
}

fn form_decode(text: &str) -> String {
    // A pair with an empty name: `=text` reads as ("", decoded).
    let pair = format!("={text}").replace('&', "%26");
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
