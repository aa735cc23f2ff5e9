use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::{Code, WireError};
use crate::keys::jose::json_object;

/// The object that a request brings as its body.
///
/// # Errors
/// With this code, where it brings none, another kind of thing, or too much.
pub(super) fn json_body(
    code: Code,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, WireError> {
    let invalid = |said: String| WireError::new(code, said);
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => invalid("the body is too large".to_owned()),
        _ => invalid("the body could not be read".to_owned()),
    })?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(invalid("the body must be application/json".to_owned()));
    }
    json_object(&body).map_err(|fault| invalid(format!("the body cannot be read: {fault}")))
}
