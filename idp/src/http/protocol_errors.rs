//! What fails outside the endpoints: programs are answered in the standard's way, residents with a page.

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::admin::api::Problem;
use crate::oidc::{Code, WireError};
use crate::web::{ErrorKind, PageError};

/// Where OAuth's errors are JSON (RFC 6749 §5.2, RFC 7662 §2.3, RFC 7009 §2.2.1, OpenID Federation 1.0 §8.9), and where a load balancer asks.
fn asked_by_programs(path: &str) -> bool {
    path.starts_with("/.well-known/")
        || path.starts_with("/federation/")
        || path.starts_with("/oauth2/register")
        || path.starts_with("/ssf/")
        || matches!(
            path,
            "/readyz"
                | "/oauth2/token"
                | "/oauth2/device_authorization"
                | "/oauth2/userinfo"
                | "/oauth2/introspect"
                | "/oauth2/revoke"
                | "/oauth2/jwks"
        )
}

/// Where errors are of RFC 9457.
fn is_admin_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// No room or no time for a request.
pub(super) fn unavailable(path: &str, cause: &'static str) -> Response {
    if is_admin_api(path) {
        return Problem::unavailable().into_response();
    }
    if asked_by_programs(path) {
        return WireError::new(
            Code::TemporarilyUnavailable,
            "the service is busy; try again shortly",
        )
        .because(cause)
        .into_response();
    }
    PageError::new(ErrorKind::Unavailable)
        .because(cause)
        .into_response()
}

pub(super) async fn method_not_allowed(uri: Uri) -> Response {
    if is_admin_api(uri.path()) {
        return Problem::method_not_allowed().into_response();
    }
    if asked_by_programs(uri.path()) {
        let refused = WireError::new(
            Code::InvalidRequest,
            "this endpoint does not take that method; the Allow header names those it takes",
        );
        return (StatusCode::METHOD_NOT_ALLOWED, refused).into_response();
    }
    PageError::new(ErrorKind::MethodNotAllowed).into_response()
}

pub(super) async fn not_found(uri: Uri) -> Response {
    if is_admin_api(uri.path()) {
        return Problem::not_found().into_response();
    }
    PageError::new(ErrorKind::NotFound).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};

    use super::*;

    fn told(response: &Response) -> (u16, &str) {
        let kind = response.headers()[CONTENT_TYPE].to_str().unwrap();
        (response.status().as_u16(), kind)
    }

    #[tokio::test]
    async fn a_program_is_told_in_json_and_a_resident_by_a_page() {
        let late = unavailable("/oauth2/token", "test");
        assert_eq!(told(&late), (503, "application/json"));
        assert_eq!(told(&unavailable("/readyz", "test")), (503, "application/json"));
        assert_eq!(told(&unavailable("/oauth2/authorize", "test")).0, 503);
        assert!(told(&unavailable("/signin/1", "test")).1.starts_with("text/html"));
        assert!(!late.headers().contains_key(ALLOW));
        assert_eq!(late.headers()[RETRY_AFTER], "5");

        let asked = |path: &'static str| method_not_allowed(Uri::from_static(path));
        assert_eq!(told(&asked("/oauth2/token").await), (405, "application/json"));
        assert!(told(&asked("/consent/1").await).1.starts_with("text/html"));

        let problem = "application/problem+json";
        let api = "/api/admin/v1/departments";
        assert_eq!(told(&unavailable(api, "test")), (503, problem));
        assert_eq!(told(&asked(api).await), (405, problem));
        let nowhere = not_found(Uri::from_static("/api/admin/v2")).await;
        assert_eq!(told(&nowhere), (404, problem));
    }
}
