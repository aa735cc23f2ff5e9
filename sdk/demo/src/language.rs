//! Chinese or English: as the resident chose, else as their browser asks.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// One name for both departments: on one host they share the choice, elsewhere each has its own.
const COOKIE_NAME: &str = "lang";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
}

impl Language {
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()? {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let chosen = text(COOKIE)
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        let chosen = chosen
            .filter(|(name, _)| *name == COOKIE_NAME)
            .find_map(|(_, tag)| Self::from_tag(tag));
        // Browsers list what they prefer first.
        let preferred = || {
            text(ACCEPT_LANGUAGE)
                .split(',')
                .find_map(|item| Self::from_tag(item.trim()))
        };
        chosen.or_else(preferred).unwrap_or(Self::Chinese)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// `?lang=en` on any page: remembers the choice and shows the page without it.
pub(crate) async fn choose(request: Request, next: Next) -> Response {
    let wish = request
        .uri()
        .query()
        .and_then(|query| query.strip_prefix("lang="));
    let Some(language) = wish.and_then(Language::from_tag) else {
        return next.run(request).await;
    };
    let cookie = format!(
        "{COOKIE_NAME}={}; Path=/; Max-Age=31536000; SameSite=Lax",
        language.tag()
    );
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, path_only(&request)), (SET_COOKIE, cookie)],
    )
        .into_response()
}

/// A path that begins with two slashes would be another site's address.
fn path_only(request: &Request) -> String {
    format!("/{}", request.uri().path().trim_start_matches('/'))
}
