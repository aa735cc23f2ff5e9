use axum::http::HeaderName;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use crate::keys::StatementType;
use crate::keys::jose::SignError;
use crate::oidc::WireError;

/// How long whoever stands between may keep an answer.
#[derive(Clone, Copy)]
pub(super) enum Kept {
    /// What the next suspension changes.
    Not,
    /// What changes with our keys and our configuration.
    Shortly,
}

/// A signed answer, under the media type that its own header names.
pub(super) fn signed(
    typ: StatementType,
    jwt: Result<String, SignError>,
    kept: Kept,
) -> Result<Response, WireError> {
    let jwt = jwt.map_err(WireError::internal)?;
    let kind = format!("application/{}", typ.as_str());
    Ok((headers(&kind, kept), jwt).into_response())
}

pub(super) fn headers(kind: &str, kept: Kept) -> [(HeaderName, String); 3] {
    let cache = match kept {
        Kept::Not => "no-store",
        Kept::Shortly => "public, max-age=600",
    };
    [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, cache.to_owned()),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
    ]
}
