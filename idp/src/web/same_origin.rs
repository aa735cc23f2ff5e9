//! Whether a form was sent from one of our own pages.
//!
//! Same-site is not same-origin: a department under the city's domain is the same site, so
//! `SameSite=Lax` keeps none of its forms out, and `Sec-Fetch-Site: same-site` is a refusal here.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;

/// A form sent from somewhere else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form was sent from another site ({header}: {found})")]
pub struct ForeignRequest {
    pub header: &'static str,
    pub found: String,
}

/// Passes what `Sec-Fetch-Site` and `Origin` do not speak against.
///
/// Old web views send neither; for them the form's token alone decides. `Origin: null` is foreign:
/// our pages send `Referrer-Policy: same-origin`, under which our own forms always name us.
pub fn check_same_origin(headers: &HeaderMap, origin: &str) -> Result<(), ForeignRequest> {
    for (header, own) in [("sec-fetch-site", "same-origin"), (ORIGIN.as_str(), origin)] {
        if let Some(foreign) = headers
            .get_all(header)
            .iter()
            .find(|value| value.as_bytes() != own.as_bytes())
        {
            let found = String::from_utf8_lossy(foreign.as_bytes())
                .chars()
                .take(100)
                .collect();
            return Err(ForeignRequest { header, found });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn check(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect::<HeaderMap>();
        check_same_origin(&headers, "https://id.city.example").is_ok()
    }

    #[test]
    fn our_own_pages_pass_and_so_do_browsers_that_say_nothing() {
        assert!(check(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://id.city.example")
        ]));
        assert!(check(&[("origin", "https://id.city.example")]));
        assert!(check(&[]));
    }

    #[test]
    fn everyone_else_is_foreign() {
        assert!(!check(&[("sec-fetch-site", "same-site")]));
        assert!(!check(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://id.city.example")
        ]));
        assert!(!check(&[("sec-fetch-site", "none")]));
        assert!(!check(&[("origin", "null")]));
        assert!(!check(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://id.city.example:444")
        ]));
        assert!(!check(&[
            ("origin", "https://id.city.example"),
            ("origin", "https://evil.example")
        ]));
    }
}
