use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use axum::response::{IntoResponse as _, Response};

use super::after_redirect::ResponseMode;
use super::request::Reply;
use crate::oidc::WireError;
use crate::oidc::pages::FormPostPage;
use crate::web::Page;

/// The answer to an authorization request: a code or an error.
#[derive(Debug)]
pub enum Answer<'a> {
    Code(&'a str),
    Error(&'a WireError),
}

/// Sends the answer to the proven redirect URI, with `state` as it came and `iss` (RFC 9207 §2).
#[must_use]
pub fn respond(reply: &Reply, answer: &Answer<'_>, issuer: &str, page: Page) -> Response {
    let mut fields: Vec<(&'static str, &str)> = match answer {
        Answer::Code(code) => vec![("code", code)],
        Answer::Error(error) => vec![
            ("error", error.code.as_str()),
            ("error_description", &error.description),
        ],
    };
    fields.extend(reply.state.as_deref().map(|state| ("state", state)));
    fields.push(("iss", issuer));
    match reply.mode {
        ResponseMode::Query => redirect(reply, &fields),
        ResponseMode::FormPost => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .collect();
            FormPostPage::new(page, reply.redirect.url(), fields).into_response()
        }
    }
}

/// 303, so that a browser that came by POST does not post the resident's form to the client
/// (RFC 9700 §4.12).
fn redirect(reply: &Reply, fields: &[(&str, &str)]) -> Response {
    let mut url = reply.redirect.url().clone();
    url.query_pairs_mut().extend_pairs(fields);
    let headers = [
        (LOCATION, url.as_str()),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}
