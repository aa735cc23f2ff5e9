//! The browser of a registered kiosk, which the next person stands before: what it shows goes by itself, and nothing of
//! it stays.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFRESH};
use serde_json::{Map, Value};

use crate::cookies::{self, CookieNames};
use crate::settings::Settings;

/// For how many seconds a session there may stand unused, as the provider's ID token says.
const CLAIM: &str = "kiosk_idle";
/// Divides what is secret in a session's cookie from its [`KioskIdle`]; no character of base64url.
const MARK: char = '.';

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// For how long a session at a kiosk may stand unused. It stands in the cookie, so that a page that asks for nobody
/// goes from the screen too, and with no question to the store. The cookie is found by a hash of all of it: whoever
/// changes it has another, which opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KioskIdle(NonZeroU32);

impl KioskIdle {
    /// None anywhere but at a kiosk.
    pub(crate) fn in_claims(claims: &Map<String, Value>) -> Option<Self> {
        let seconds = claims.get(CLAIM)?.as_u64()?;
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
        Some(Self(NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN)))
    }

    pub(crate) fn of_cookie(cookie: &str) -> Option<Self> {
        let (_, seconds) = cookie.rsplit_once(MARK)?;
        seconds.parse().ok().map(Self)
    }

    /// What a request says of its browser.
    pub(crate) fn of_request(names: &CookieNames, headers: &HeaderMap) -> Option<Self> {
        Self::of_cookie(cookies::find(headers, names.session())?)
    }

    pub(crate) fn mark(self, secret: &str) -> String {
        format!("{secret}{MARK}{}", self.0)
    }

    pub(crate) fn span(self) -> Duration {
        Duration::from_secs(self.0.get().into())
    }

    /// The page goes from the screen when nobody has touched it for so long; no script is needed for it. A page that
    /// loads itself anew by a `Refresh` of its own would stay for ever: it goes too, unless it says itself that it
    /// rests. Whatever its `Cache-Control` says, Back does not show it to the next person.
    pub(crate) fn watch(self, settings: &Settings, response: &mut Response) {
        let rest = format!("{}; url={}/yimen/rest", self.0, settings.prefix());
        let headers = response.headers_mut();
        let rests = |own: &HeaderValue| own.to_str().is_ok_and(|own| own.ends_with("/yimen/rest"));
        if !headers.get(REFRESH).is_some_and(rests)
            && let Ok(rest) = HeaderValue::try_from(rest)
        {
            headers.insert(REFRESH, rest);
        }
        headers.insert(CACHE_CONTROL, const { HeaderValue::from_static("no-store") });
    }
}

pub(crate) fn is_html(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Has the browser forget what the department's pages have left in it. Cookies go by name: `Clear-Site-Data: "cookies"`
/// would take those of the whole domain, and with them the one that makes it a kiosk.
pub(crate) fn leave_nothing(headers: &mut HeaderMap) {
    headers.insert(
        CLEAR_SITE_DATA,
        const { HeaderValue::from_static("\"cache\", \"storage\"") },
    );
}
