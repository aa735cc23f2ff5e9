//! A browser's cookies, as far as one host with several ports needs them.

use cookie::{Cookie, SameSite};
use reqwest::header::{HeaderMap, SET_COOKIE};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Shared by the tabs of one browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(Arc<Mutex<BTreeMap<String, Cookie<'static>>>>);

/// Where a request comes from, as the cookie rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The address bar, or a page of the same site.
    Same,
    /// A page of another site.
    Cross,
}

impl Jar {
    pub(crate) fn take_in(&self, headers: &HeaderMap) {
        let mut kept = self.0.lock().unwrap();
        for header in headers.get_all(SET_COOKIE) {
            let text = header.to_str().expect("a cookie in ASCII").to_owned();
            let cookie = Cookie::parse(text).expect("a well-formed cookie");
            let gone =
                cookie.max_age().is_some_and(|age| age.whole_seconds() <= 0) || cookie.value().is_empty();
            if gone {
                kept.remove(cookie.name());
            } else {
                kept.insert(cookie.name().to_owned(), cookie);
            }
        }
    }

    /// The `Cookie` header, if any cookie goes along (RFC 6265bis §5.8.3).
    pub(crate) fn header(&self, path: &str, from: From, is_get: bool) -> Option<String> {
        let kept = self.0.lock().unwrap();
        let goes = |cookie: &&Cookie<'_>| {
            let crosses = match cookie.same_site() {
                Some(SameSite::Strict) => from == From::Same,
                Some(SameSite::None) => true,
                Some(SameSite::Lax) | None => from == From::Same || is_get,
            };
            crosses && matches_path(cookie.path().unwrap_or("/"), path)
        };
        let going = joined(kept.values().filter(goes));
        (!going.is_empty()).then_some(going)
    }

    pub(crate) fn all(&self) -> Vec<Cookie<'static>> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    pub(crate) fn remove(&self, name: &str) {
        self.0.lock().unwrap().remove(name);
    }

    pub(crate) fn put(&self, cookie: Cookie<'static>) {
        self.0.lock().unwrap().insert(cookie.name().to_owned(), cookie);
    }
}

/// As they stand in a `Cookie` header.
pub(crate) fn joined<'c>(cookies: impl Iterator<Item = &'c Cookie<'static>>) -> String {
    let pairs: Vec<_> = cookies.map(|cookie| cookie.stripped().to_string()).collect();
    pairs.join("; ")
}

fn matches_path(of_cookie: &str, path: &str) -> bool {
    path == of_cookie
        || path
            .strip_prefix(of_cookie)
            .is_some_and(|rest| of_cookie.ends_with('/') || rest.starts_with('/'))
}
