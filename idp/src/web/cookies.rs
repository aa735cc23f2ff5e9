//! Cookies: host-only, unreadable by scripts, and read without trust.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use url::Url;

/// How this installation names and marks its cookies.
///
/// Over https every name carries the `__Host-` prefix (RFC 6265bis §4.1.3.2). Over plain http,
/// which configuration allows on loopback alone, browsers refuse that prefix: the name is bare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    #[must_use]
    pub fn for_url(public_url: &Url) -> Self {
        Self {
            secure: public_url.scheme() == "https",
        }
    }

    /// The name as the browser keeps it.
    #[must_use]
    pub fn name(self, base: &str) -> String {
        if self.secure {
            format!("__Host-{base}")
        } else {
            base.to_owned()
        }
    }

    /// A `Set-Cookie` value that lasts `lifetime`, or as long as the browser stays open.
    #[must_use]
    pub fn set(self, base: &str, value: &str, lifetime: Option<Duration>) -> HeaderValue {
        let value: String = value
            .chars()
            .filter(char::is_ascii)
            .filter(|c| is_cookie_octet(*c))
            .collect();
        let age = lifetime
            .map(|span| format!("; Max-Age={}", span.as_secs()))
            .unwrap_or_default();
        self.header(base, &value, &age)
    }

    /// A `Set-Cookie` value that makes the browser forget the cookie.
    #[must_use]
    pub fn clear(self, base: &str) -> HeaderValue {
        self.header(base, "", "; Max-Age=0")
    }

    /// The ends of every cookie that this installation has set in a browser, but for one. By plain http its names are
    /// bare, and the host's other ports lose theirs too.
    #[must_use]
    pub fn clear_all_but(self, headers: &HeaderMap, base: &str) -> Vec<HeaderValue> {
        let mut names: Vec<_> = self.read_prefixed(headers, "").map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| *name != base && name.chars().all(is_cookie_octet));
        names.into_iter().map(|name| self.clear(name)).collect()
    }

    fn header(self, base: &str, value: &str, age: &str) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(base);
        HeaderValue::try_from(format!(
            "{name}={value}; Path=/{age}; HttpOnly{secure}; SameSite=Lax"
        ))
        .unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The first value under this name.
    #[must_use]
    pub fn read<'h>(self, headers: &'h HeaderMap, base: &str) -> Option<&'h str> {
        self.read_all(headers, base).next()
    }

    /// Every value under this name: a plain-http name may be set twice, with different paths or
    /// by another port of the same host.
    pub fn read_all<'h>(self, headers: &'h HeaderMap, base: &str) -> impl Iterator<Item = &'h str> {
        let name = self.name(base);
        pairs(headers)
            .filter(move |(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// Every cookie whose name begins with `base`, with the rest of its name.
    pub fn read_prefixed<'h>(
        self,
        headers: &'h HeaderMap,
        base: &str,
    ) -> impl Iterator<Item = (&'h str, &'h str)> {
        let prefix = self.name(base);
        pairs(headers).filter_map(move |(name, value)| Some((name.strip_prefix(&prefix)?, value)))
    }
}

/// The readable pairs of all `Cookie` headers (HTTP/2 may split them, RFC 9113 §8.2.3). One that cannot be read,
/// from a neighbouring host perhaps, spoils no other.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (trim(name), trim(value).trim_matches('"')))
}

/// Space and tab alone (RFC 6265bis §5.6): a browser lets any host of the domain set a cookie whose name is
/// `__Host-` behind some other white space, and to take it for ours would undo the prefix.
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// RFC 6265 §4.1.1.
fn is_cookie_octet(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(url: &str) -> Cookies {
        Cookies::for_url(&url.parse().unwrap())
    }

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values
            .iter()
            .map(|value| (COOKIE, HeaderValue::from_bytes(value).unwrap()))
            .collect()
    }

    #[test]
    fn other_white_space_makes_no_host_cookie() {
        let ours = cookies("https://id.yunchuan.example/");
        for space in ["\u{2000}", "\u{a0}", "\u{3000}"] {
            let mut headers = HeaderMap::new();
            let planted = format!("{space}__Host-session=planted; \t__Host-session=own");
            headers.insert(COOKIE, planted.as_bytes().try_into().unwrap());
            let read: Vec<_> = ours.read_all(&headers, "session").collect();
            assert_eq!(read, ["own"], "{space:?}");
        }
    }

    #[test]
    fn a_neighbours_unreadable_cookie_spoils_no_other() {
        let mut headers = HeaderMap::new();
        headers.insert(
            COOKIE,
            b"city=\xd4\xc6\xb4\xa8; __Host-session=own"[..]
                .try_into()
                .unwrap(),
        );
        let ours = cookies("https://id.yunchuan.example/");
        assert_eq!(ours.read_all(&headers, "session").collect::<Vec<_>>(), ["own"]);
    }

    #[test]
    fn over_https_a_cookie_is_bound_to_the_host() {
        assert_eq!(
            cookies("https://id.city.example").set("sid", "abc", Some(Duration::from_secs(60))),
            "__Host-sid=abc; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"
        );
    }

    #[test]
    fn over_plain_loopback_it_keeps_a_bare_name() {
        let cookies = cookies("http://localhost:8000");
        assert_eq!(
            cookies.set("sid", "abc", None),
            "sid=abc; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            cookies.clear("sid"),
            "sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn a_value_cannot_add_attributes() {
        let header = cookies("http://localhost").set("a", "b; Domain=evil\r\nSet-Cookie: c", None);
        assert_eq!(
            header,
            "a=bDomain=evilSet-Cookie:c; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn junk_repeats_and_split_headers_are_tolerated() {
        let cookies = cookies("https://id.city.example");
        let headers = headers(&[
            b"junk; =; __Host-sid=1; sid=bare",
            b"\xff=\xfe",
            b"__Host-sid=\"2\";;",
        ]);
        assert_eq!(cookies.read(&headers, "sid"), Some("1"));
        assert_eq!(cookies.read_all(&headers, "sid").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(cookies.read(&headers, "other"), None);
        assert_eq!(
            cookies.read_prefixed(&headers, "s").collect::<Vec<_>>(),
            [("id", "1"), ("id", "2")]
        );
    }
}
