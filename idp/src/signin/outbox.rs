//! The development outbox, as a page and as JSON. The router offers it only where `dev = true`.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};

use super::Signin;
use super::pages::{OutboxMessage, OutboxPage};
use crate::account::PhoneNumber;
use crate::sms::Posted;
use crate::web::{ErrorKind, Page, PageError, api_headers};

/// `GET /dev/outbox`
///
/// # Errors
/// Where the outbox is not among the providers.
pub async fn outbox(State(signin): State<Signin>, page: Page) -> Result<OutboxPage, PageError> {
    let messages = posted(&signin, None)?.into_iter().map(|posted| OutboxMessage {
        phone: posted.phone,
        link: posted.link,
        text: posted.text,
        code: posted.code,
        sent: posted.at,
    });
    Ok(OutboxPage {
        page,
        messages: messages.collect(),
    })
}

/// `GET /dev/outbox.json?phone=…`
///
/// # Errors
/// As [`outbox`], and where the number cannot be read.
pub async fn outbox_json(
    State(signin): State<Signin>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let typed = query
        .iter()
        .find(|(name, _)| name == "phone")
        .map(|(_, value)| value.as_str());
    let countries = &signin.config.settings.sms.country_codes;
    let phone = typed
        .map(|typed| PhoneNumber::read(typed, countries))
        .transpose()
        .map_err(|fault| PageError::new(ErrorKind::BadRequest).because(fault.to_string()))?;
    let mut response = Json(posted(&signin, phone.as_ref())?).into_response();
    api_headers(response.headers_mut());
    Ok(response)
}

fn posted(signin: &Signin, phone: Option<&PhoneNumber>) -> Result<Vec<Posted>, PageError> {
    let outbox = signin.sms.outbox().ok_or(ErrorKind::NotFound)?;
    Ok(phone.map_or_else(|| outbox.all(), |phone| outbox.to(phone.e164())))
}
