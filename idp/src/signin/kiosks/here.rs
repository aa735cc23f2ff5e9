use std::time::Duration;

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::web::Cookies;

/// The page that a kiosk goes to when nobody stands before it.
pub const REST: &str = "/kiosk/rest";

/// The cookie that makes a browser a kiosk; the records hold its hash.
const COOKIE: &str = "kiosk";
/// Browsers keep no cookie longer (RFC 6265bis §5.5); each rest renews it.
const KEPT: Duration = Duration::from_secs(400 * 24 * 60 * 60);

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) fn token(cookies: Cookies, headers: &HeaderMap) -> Option<&str> {
    cookies.read(headers, COOKIE)
}

pub(super) fn cookie(cookies: Cookies, token: &str) -> HeaderValue {
    cookies.set(COOKIE, token, Some(KEPT))
}

pub(super) fn clear(cookies: Cookies) -> HeaderValue {
    cookies.clear(COOKIE)
}

/// Whether a browser says that it is a kiosk. That makes its pages go by themselves and its cookies short-lived, and
/// gives it nothing: the records decide what a session is.
#[must_use]
pub fn is_kiosk(cookies: Cookies, headers: &HeaderMap) -> bool {
    token(cookies, headers).is_some()
}

/// Where the request comes from a kiosk, has its browser forget whatever one resident could leave to the next: every
/// cookie of ours but the kiosk's own (`Clear-Site-Data: "cookies"` would take that too), pages and stored data.
pub fn leave_nothing(cookies: Cookies, request: &HeaderMap, response: &mut HeaderMap) {
    if is_kiosk(cookies, request) {
        clear_all(cookies, request, response);
    }
}

pub(super) fn clear_all(cookies: Cookies, request: &HeaderMap, response: &mut HeaderMap) {
    for cookie in cookies.clear_all_but(request, COOKIE) {
        response.append(SET_COOKIE, cookie);
    }
    response.insert(
        CLEAR_SITE_DATA,
        const { HeaderValue::from_static("\"cache\", \"storage\"") },
    );
}
