use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::Oidc;
use crate::keys::Policy;

/// GET `/oauth2/jwks`: our public keys (RFC 7517 §5), prepared by the key ring.
pub async fn jwks(State(oidc): State<Oidc>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (
            CACHE_CONTROL,
            &format!("public, max-age={}", Policy::JWKS_MAX_AGE.as_secs()),
        ),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, oidc.keys.jwks().to_string()).into_response()
}
