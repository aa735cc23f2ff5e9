//! The demo's carrier, asked by the same signed requests: whether a number was given to somebody else.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Authority;

/// The one number that it has, and gave to somebody else. Of others it says nothing, as one that is not asked.
pub const RECYCLED: &str = "13800000009";

#[derive(Deserialize)]
struct Question {
    transaction: String,
    phone: String,
}

pub(super) async fn recycled(
    State(authority): State<Authority>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = authority.clock.now();
    if !authority.secret.has_signed(&headers, &body, now) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(question) = serde_json::from_slice::<Question>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if question.phone.strip_prefix("+86") != Some(RECYCLED) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let answer = json!({ "transaction": question.transaction, "recycled": true }).to_string();
    let headers = authority.secret.sign(&question.transaction, &answer, now);
    (headers, [(CONTENT_TYPE, "application/json")], answer).into_response()
}
