//! Error pages: rendered in one place, after the handler, in the resident's language.

use askama::Template;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::errors::{Details, ErrorKind, PageError, TRY_AGAIN};
use super::headers::{Csp, page_headers};
use super::page::{Asking, Link, Page, respond};
use super::reference::{Reference, RequestId};
use super::site::Site;

/// What went wrong, what to do, and the number to quote.
#[derive(Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    pub(super) page: Page,
    pub(super) asking: Option<Asking>,
    pub(super) back: Option<Link>,
    pub(super) error: Details,
    pub(super) reference: Reference,
    pub(super) request: String,
}
super::page::views!(ErrorPage);

impl ErrorPage {
    /// The error in the page's language.
    fn new(page: Page, error: PageError, request: String) -> Self {
        let mut error = *error.0;
        let page = page.with_ui_locales(error.ui_locales.as_deref());
        let told = error.asking.take().into_iter().flatten();
        let asking = told.into_iter().find(|(locale, _)| *locale == page.locale());
        let asking = asking.map(|(_, asking)| asking);
        let service = asking.as_ref().map(|asking| asking.service.clone());
        Self {
            back: error
                .begin
                .as_deref()
                .map(|begin| Link::new(begin, service.unwrap_or_default())),
            asking,
            reference: Reference::of(&request),
            request,
            error,
            page,
        }
    }

    fn title(&self) -> String {
        self.page.say(self.error.kind.title()).to_string()
    }

    fn what(&self) -> String {
        let what = self.error.what.unwrap_or_else(|| self.error.kind.what());
        self.page.say(what).to_string()
    }

    fn wait(&self) -> Option<String> {
        self.error.retry_after.map(|span| self.page.words.span(span))
    }
}

impl ErrorKind {
    const fn title(self) -> &'static str {
        match self {
            Self::BadRequest | Self::UnsupportedMediaType => "error-bad-request",
            Self::UnknownClient => "error-unknown-client",
            Self::RedirectNotRegistered | Self::FaultyRequest => "error-service-fault",
            Self::ServicePaused => "error-paused",
            Self::NotConnected => "error-not-connected",
            Self::Expired => "error-expired",
            Self::OtherBrowser => "error-other-browser",
            Self::ForeignForm => "error-foreign-form",
            Self::NotFound => "error-not-found",
            Self::MethodNotAllowed => "error-method",
            Self::TooLarge => "error-too-large",
            Self::TooManyRequests => "error-too-many",
            Self::Unavailable => "error-unavailable",
            Self::Internal => "error-internal",
        }
    }

    /// What happened, in a sentence.
    const fn what(self) -> &'static str {
        match self {
            Self::BadRequest | Self::UnsupportedMediaType => "error-bad-request-what",
            Self::UnknownClient => "error-unknown-client-what",
            Self::RedirectNotRegistered => "error-redirect-what",
            Self::FaultyRequest => "error-service-fault-what",
            Self::ServicePaused => "error-paused-what",
            Self::NotConnected => "error-not-connected-what",
            Self::Expired => "error-expired-what",
            Self::OtherBrowser => "error-other-browser-what",
            Self::ForeignForm => "error-foreign-form-what",
            Self::NotFound => "error-not-found-what",
            Self::MethodNotAllowed => "error-method-what",
            Self::TooLarge => "error-too-large-what",
            Self::TooManyRequests => "error-too-many-what",
            Self::Unavailable => "error-unavailable-what",
            Self::Internal => "error-internal-what",
        }
    }

    /// What to do, in two steps; the third is always the helpline.
    const fn steps(self) -> [&'static str; 2] {
        match self {
            Self::UnknownClient | Self::RedirectNotRegistered | Self::NotConnected | Self::FaultyRequest => {
                ["step-service-again", "step-half-hour"]
            }
            Self::ServicePaused => ["step-paused", "step-other-way"],
            Self::Expired | Self::OtherBrowser | Self::ForeignForm => ["step-restart", "step-same-browser"],
            Self::NotFound | Self::MethodNotAllowed => ["step-address", "step-service-again"],
            Self::BadRequest | Self::UnsupportedMediaType | Self::TooLarge => {
                ["step-back-check", "step-restart"]
            }
            Self::TooManyRequests => ["step-wait", "step-no-repeat"],
            Self::Unavailable | Self::Internal => ["step-retry", "step-half-hour"],
        }
    }
}

/// The layer that turns a `PageError` into a page and a line in the log.
///
/// It stands inside the layer that gives each request its `RequestId`.
pub async fn dress_errors(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let request_id = parts
        .extensions
        .get::<RequestId>()
        .map(ToString::to_string)
        .unwrap_or_default();
    let page = Page::of(&parts, site);
    let matched = parts.extensions.get::<MatchedPath>();
    let path = loggable(matched, parts.uri.path()).to_owned();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<PageError>() {
        Some(error) => dress(page, error, request_id, &path),
        None => response,
    }
}

/// As the map of URLs writes it: whoever reads the log is not to hold a link that is still good. An address that stands
/// nowhere on the map may be such a link with a slash too many, and as long as its sender likes: of it stays its first name.
fn loggable<'p>(matched: Option<&'p MatchedPath>, path: &'p str) -> &'p str {
    const LONGEST: usize = 40;
    matched.map_or_else(
        || {
            let name = path.split('/').nth(1).unwrap_or_default();
            let end = 1 + name.floor_char_boundary(LONGEST);
            path.get(..end).unwrap_or_default()
        },
        MatchedPath::as_str,
    )
}

fn dress(page: Page, error: PageError, request: String, path: &str) -> Response {
    let (kind, status, wait) = (error.0.kind, error.0.kind.status(), error.0.retry_after);
    let cause = error.0.cause.clone();
    if status.is_server_error() {
        tracing::error!(path, kind = kind.code(), %cause, "error page");
    } else {
        tracing::info!(path, kind = kind.code(), %cause, "error page");
    }
    let helpline = page.helpline().to_owned();
    let mut response = respond(status, &ErrorPage::new(page, error, request));
    if let Some(fault) = response.extensions_mut().remove::<PageError>() {
        tracing::error!(path, cause = %fault.0.cause, "an error page could not be shown");
        response = bare_page(status, &helpline);
    }
    if let Some(wait) = wait.or((kind == ErrorKind::Unavailable).then_some(TRY_AGAIN)) {
        let seconds = wait.as_secs().max(1);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What is shown when nothing can be rendered: no words, no style, both languages.
#[derive(Template)]
#[template(path = "bare.html")]
struct BarePage<'a> {
    helpline: &'a str,
}

pub(super) fn bare_page(status: StatusCode, helpline: &str) -> Response {
    let html = BarePage { helpline }.render().unwrap_or_default();
    let mut response = (status, html).into_response();
    page_headers(response.headers_mut(), &Csp::default());
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::sample;

    #[test]
    fn every_kind_of_error_has_its_page() {
        for kind in ErrorKind::ALL {
            sample::show(&format!("error-{}", kind.code()), |page| {
                let error = PageError::new(kind)
                    .about(|_| sample::asking(&page))
                    .back("https://gjj.yunchuan.example/signin")
                    .developer("redirect_uri", "https://bdc.yunchuan.example/<cb2>")
                    .retry_after(Duration::from_secs(600));
                ErrorPage::new(page, error, "4bf9".to_owned())
            });
        }
    }

    #[test]
    fn an_error_that_nobody_asked_for_still_has_a_way_out() {
        sample::show("error-plain", |page| {
            ErrorPage::new(page, PageError::new(ErrorKind::NotFound), "4bf9".to_owned())
        });
    }

    #[tokio::test]
    async fn the_barest_page_names_the_citys_own_helpline_if_any() {
        for (helpline, named) in [("0312-<1>", "0312-&#60;1&#62;"), ("", "")] {
            let body = bare_page(StatusCode::INTERNAL_SERVER_ERROR, helpline).into_body();
            let html = axum::body::to_bytes(body, 4096).await.unwrap();
            let html = String::from_utf8(html.to_vec()).unwrap();
            assert!(html.contains(named) && !html.contains("12345"), "{html}");
            assert_eq!(html.matches("call").count(), usize::from(!helpline.is_empty()));
        }
    }
}
