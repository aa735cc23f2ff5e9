//! An interaction's cookie: a secret that proves the browser, and the client's id, by which a
//! browser whose interaction is lost still finds its way back.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::web::Cookies;

/// As long as the record: longer than any page is left open in one day.
pub const KEPT: Duration = Duration::from_secs(12 * 60 * 60);

/// Interactions of one browser; the oldest makes room. Cookies travel with every request.
const MOST: usize = 8;

const PREFIX: &str = "i-";

/// What a browser presents for one interaction.
pub(super) struct Presented<'h> {
    pub(super) secret: &'h str,
    pub(super) client_id: Option<String>,
}

pub(super) fn present<'h>(cookies: Cookies, headers: &'h HeaderMap, id: &str) -> Vec<Presented<'h>> {
    let values = cookies
        .read_prefixed(headers, PREFIX)
        .filter(|(found, _)| *found == id)
        .take(4);
    values.map(|(_, value)| read(value)).collect()
}

/// The ids of those that no service asked for.
pub(super) fn own(cookies: Cookies, headers: &HeaderMap) -> impl Iterator<Item = &str> {
    cookies
        .read_prefixed(headers, PREFIX)
        .filter(|(id, value)| is_id(id) && value.ends_with('.'))
        .map(|(id, _)| id)
        .take(MOST)
}

fn read(value: &str) -> Presented<'_> {
    let (secret, client) = value.split_once('.').unwrap_or((value, ""));
    let client_id = URL_SAFE_NO_PAD
        .decode(client)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    Presented {
        secret,
        client_id: client_id.filter(|id| !id.is_empty()),
    }
}

/// The cookie of a new interaction, and the ends of those that are one too many.
pub(super) fn hand_out(
    cookies: Cookies,
    headers: &HeaderMap,
    id: &str,
    secret: &str,
    client_id: Option<&str>,
) -> Vec<HeaderValue> {
    // Browsers send cookies of one path in the order of their making (RFC 6265 §5.4).
    let held: Vec<_> = cookies
        .read_prefixed(headers, PREFIX)
        .map(|(id, _)| id)
        .filter(|id| is_id(id))
        .collect();
    let surplus = (held.len() + 1).saturating_sub(MOST);
    let mut answer: Vec<_> = held[..surplus]
        .iter()
        .map(|id| cookies.clear(&base(id)))
        .collect();
    let value = format!(
        "{secret}.{}",
        URL_SAFE_NO_PAD.encode(client_id.unwrap_or_default())
    );
    answer.push(cookies.set(&base(id), &value, Some(KEPT)));
    answer
}

fn base(id: &str) -> String {
    format!("{PREFIX}{id}")
}

/// Whether this can be an interaction's id; anything else never reaches a store or a header.
pub(in crate::signin) fn is_id(text: &str) -> bool {
    text.len() == 22
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn id(n: usize) -> String {
        format!("{n:022}")
    }

    #[test]
    fn a_browser_holds_eight_interactions_at_most_and_the_oldest_go_first() {
        let cookies = Cookies::for_url(&"https://id.city.example".parse().unwrap());
        let mut headers = HeaderMap::new();
        let held: Vec<_> = (0..9).map(|n| format!("__Host-i-{}=secret.", id(n))).collect();
        headers.insert(COOKIE, held.join("; ").parse().unwrap());
        let answer = hand_out(cookies, &headers, &id(9), "new", Some("gjj"));
        let answer: Vec<_> = answer.iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(answer.len(), 3);
        assert!(answer[0].starts_with(&format!("__Host-i-{}=; Path=/; Max-Age=0", id(0))));
        assert!(answer[1].starts_with(&format!("__Host-i-{}=;", id(1))));
        assert!(answer[2].starts_with(&format!("__Host-i-{}=new.Z2pq;", id(9))));
    }

    #[test]
    fn a_cookie_names_the_way_back() {
        let cookies = Cookies::for_url(&"https://id.city.example".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("__Host-i-{}=abc.Z2pq", id(1)).parse().unwrap());
        let presented = present(cookies, &headers, &id(1));
        assert_eq!(
            (presented[0].secret, presented[0].client_id.as_deref()),
            ("abc", Some("gjj"))
        );
        assert!(present(cookies, &headers, &id(2)).is_empty());
    }
}
