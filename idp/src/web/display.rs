//! The switches in the header: language and edition, kept in cookies.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::locale::{Edition, Locale};
use super::site::Site;

pub(super) const LANGUAGE: &str = "lang";
pub(super) const EDITION: &str = "edition";

/// Browsers keep no cookie longer (RFC 6265bis §5.5).
const KEPT: Duration = Duration::from_secs(400 * 24 * 3600);

/// `GET /display?lang=en&edition=elder&back=/path`: remembers the choice and goes back.
pub(super) async fn switch(
    State(site): State<Site>,
    query: Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let fields = query.map(|Query(fields)| fields).unwrap_or_default();
    let find = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let mut headers = HeaderMap::new();
    if let Some(locale) = find("lang").and_then(Locale::from_tag) {
        headers.append(SET_COOKIE, site.cookies().set(LANGUAGE, locale.tag(), Some(KEPT)));
    }
    if let Some(edition) = find("edition").and_then(Edition::from_name) {
        headers.append(
            SET_COOKIE,
            site.cookies().set(EDITION, edition.name(), Some(KEPT)),
        );
    }
    let back = find("back").filter(|path| is_local_path(path)).unwrap_or("/");
    let back = HeaderValue::try_from(back).unwrap_or(const { HeaderValue::from_static("/") });
    headers.insert(LOCATION, back);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// A path on this host: one leading slash, and nothing a browser could read as another host.
pub(super) fn is_local_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_this_host() {
        for path in ["/", "/signin/abc", "/oauth2/authorize?a=b&c=https://x"] {
            assert!(is_local_path(path), "{path}");
        }
        for path in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "a",
        ] {
            assert!(!is_local_path(path), "{path}");
        }
    }

    #[tokio::test]
    async fn a_choice_is_kept_in_a_cookie() {
        let site = Site::sample("https://id.city.example");
        let pairs = [("lang", "en"), ("edition", "elder"), ("back", "//evil.example")];
        let query = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec();
        let response = switch(State(site), Ok(Query(query))).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(response.headers()[LOCATION], "/");
        let cookies: Vec<_> = response.headers().get_all(SET_COOKIE).iter().collect();
        assert!(
            cookies[0]
                .to_str()
                .unwrap()
                .starts_with("__Host-lang=en; Path=/; Max-Age=34560000")
        );
        assert!(cookies[1].to_str().unwrap().starts_with("__Host-edition=elder;"));
    }
}
