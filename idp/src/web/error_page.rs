//! Error pages: rendered in one place, after the handler, in the resident's language.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::errors::{Details, ErrorKind, PageError};
use super::headers::{Csp, page_headers};
use super::page::{Asking, Page, respond};
use super::reference::{Reference, RequestId};
use super::site::Site;

/// What went wrong, what to do, and the number to quote.
#[derive(Template)]
#[template(path = "error.html")]
pub(super) struct ErrorPage {
    pub(super) page: Page,
    pub(super) error: Details,
    pub(super) reference: Reference,
    pub(super) request: String,
}
super::page::views!(ErrorPage);

impl ErrorPage {
    fn asking(&self) -> Option<&Asking> {
        self.error.asking.as_ref()
    }

    fn title(&self) -> String {
        self.page.say(self.error.kind.title()).to_string()
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
            Self::UnknownClient | Self::RedirectNotRegistered | Self::FaultyRequest => {
                ["step-service-again", "step-half-hour"]
            }
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
    let path = parts.uri.path().to_owned();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<PageError>() {
        Some(error) => dress(page, error, request_id, &path),
        None => response,
    }
}

fn dress(page: Page, error: PageError, request: String, path: &str) -> Response {
    let reference = Reference::of(&request);
    let (kind, status, wait) = (error.0.kind, error.0.kind.status(), error.0.retry_after);
    let cause = error.0.cause.clone();
    if status.is_server_error() {
        tracing::error!(%reference, request, path, kind = kind.code(), %cause, "error page");
    } else {
        tracing::info!(%reference, request, path, kind = kind.code(), %cause, "error page");
    }
    let mut response = respond(
        status,
        &ErrorPage {
            page,
            error: *error.0,
            reference,
            request,
        },
    );
    if let Some(wait) = wait.or((kind == ErrorKind::Unavailable).then_some(std::time::Duration::from_secs(5)))
    {
        let seconds = wait.as_secs().max(1);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// What is shown when nothing can be rendered: no words, no style, both languages.
pub(super) fn bare_page(status: StatusCode) -> Response {
    const BARE: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>一门</title>\
        <h1>这次没有成功</h1><p>请返回重试，或拨打 12345。</p>\
        <p lang=\"en\">That did not work. Please go back and try again, or call 12345.</p></html>";
    let mut response = (status, BARE).into_response();
    page_headers(response.headers_mut(), &Csp::default(), false);
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::page::Link;
    use crate::web::sample;

    #[test]
    fn every_kind_of_error_has_its_page() {
        for kind in ErrorKind::ALL {
            sample::show(&format!("error-{}", kind.code()), |page| {
                let error = PageError::new(kind)
                    .about(sample::asking(&page))
                    .back(Link::new(
                        "https://gjj.yunchuan.example/signin",
                        sample::asking(&page).service,
                    ))
                    .developer("redirect_uri", "https://bdc.yunchuan.example/<cb2>")
                    .retry_after(Duration::from_secs(600));
                ErrorPage {
                    page,
                    error: *error.0,
                    reference: Reference::of("4bf9"),
                    request: "4bf9".to_owned(),
                }
            });
        }
    }

    #[test]
    fn an_error_that_nobody_asked_for_still_has_a_way_out() {
        sample::show("error-plain", |page| ErrorPage {
            page,
            error: *PageError::new(ErrorKind::NotFound).0,
            reference: Reference::of("4bf9"),
            request: "4bf9".to_owned(),
        });
    }
}
