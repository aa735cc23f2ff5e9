//! `/yimen/backchannel-logout`: the provider tells us that somebody is signed out
//! (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use serde_json::json;

use crate::client::Yimen;
use crate::error::Error;
use crate::form::once;
use crate::logout_token::{prove_logout_token, used_before};

pub(crate) async fn backchannel_logout(yimen: &Yimen, headers: &HeaderMap, form: &str) -> Response {
    let answer = match receive(yimen, headers, form).await {
        Ok(ended) => {
            tracing::info!(sessions = ended, "the provider signed somebody out");
            StatusCode::OK.into_response()
        }
        // Not the token's fault: the provider is to send it again.
        Err(error) if error.is_temporary() => error.status().into_response(),
        Err(error) => {
            tracing::warn!(%error, "a logout token was refused");
            let text = error.to_string();
            (
                StatusCode::BAD_REQUEST,
                Json(json!({ "error": "invalid_request", "error_description": text })),
            )
                .into_response()
        }
    };
    ([(CACHE_CONTROL, "no-store")], answer).into_response()
}

/// How many sessions ended.
async fn receive(yimen: &Yimen, headers: &HeaderMap, form: &str) -> Result<u64, Error> {
    let is_form = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let token = is_form
        .then(|| once(form, "logout_token").ok().flatten())
        .flatten();
    let token = token.ok_or_else(|| Error::BadToken {
        token: "the logout token",
        problem: "it is not there once, in a form field `logout_token`".to_owned(),
    })?;
    heed(yimen, &token).await?.ok_or_else(used_before)
}

/// How many sessions ended; `None` where the token was used before.
pub(crate) async fn heed(yimen: &Yimen, token: &str) -> Result<Option<u64>, Error> {
    let proven = prove_logout_token(yimen, token).await?;
    // In one step, so that a word that failed on the way counts when the provider sends it again.
    yimen
        .sessions()
        .end_all(&proven.ended, &proven.jti, proven.until, yimen.now())
        .await
}
