//! The cookies of one department. Names differ from department to department, because services on one host
//! share cookies whatever their ports.

use std::time::Duration;

use cookie::{Cookie, SameSite};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use ring::digest;

use crate::settings::Settings;

#[derive(Debug)]
pub(crate) struct CookieNames {
    base: String,
    secure: bool,
}

impl CookieNames {
    /// `__Host-` pins a cookie to https and to this very host. Plain http, which only this machine itself may
    /// use, does without, as some browsers refuse it there.
    pub(crate) fn of(settings: &Settings) -> Self {
        let secure = settings.is_https();
        let identity = format!("{}\n{}", settings.client_id, settings.home_address());
        let hash = digest::digest(&digest::SHA256, identity.as_bytes());
        let tag: String = hash
            .as_ref()
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let prefix = if secure { "__Host-" } else { "" };
        Self {
            base: format!("{prefix}yimen-{tag}"),
            secure,
        }
    }

    pub(crate) fn session(&self) -> &str {
        &self.base
    }

    /// Each attempt to sign in has its own, so that tabs never overwrite one another.
    pub(crate) fn attempt(&self, id: &str) -> String {
        format!("{}-{id}", self.base)
    }

    pub(crate) fn is_attempt(&self, name: &str) -> bool {
        name.strip_prefix(&self.base)
            .is_some_and(|rest| rest.starts_with('-'))
    }

    /// `Lax`, because the provider sends the browser back from another site. Without `life` it ends with the
    /// browser.
    pub(crate) fn set(&self, name: &str, value: &str, life: Option<Duration>) -> Option<HeaderValue> {
        let mut cookie = Cookie::build((name, value))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax);
        if let Some(life) = life {
            cookie = cookie.max_age(cookie::time::Duration::seconds(
                i64::try_from(life.as_secs()).unwrap_or(0),
            ));
        }
        HeaderValue::from_str(&cookie.to_string()).ok()
    }

    pub(crate) fn clear(&self, name: &str) -> Option<HeaderValue> {
        self.set(name, "", Some(Duration::ZERO))
    }
}

/// All cookies of a request; HTTP/2 may split them over several fields (RFC 9113 §8.2.3). One in another encoding, from
/// a neighbouring host, spoils no other. Only space and tab are trimmed: a browser lets any host of the domain set
/// a cookie named `__Host-` behind other white space (RFC 6265bis §5.6).
pub(crate) fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|field| field.as_bytes().split(|octet| *octet == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
}

pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    all(headers).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbours_cookie_neither_spoils_nor_forges_ours() {
        let mut headers = HeaderMap::new();
        let sent = [
            b"city=\xd4\xc6; ".as_slice(),
            "\u{2000}__Host-app=planted; __Host-app=own; x=华".as_bytes(),
        ]
        .concat();
        headers.insert(COOKIE, sent.as_slice().try_into().unwrap());
        assert_eq!(find(&headers, "__Host-app"), Some("own"));
        assert_eq!(find(&headers, "x"), Some("华"));
    }
}
