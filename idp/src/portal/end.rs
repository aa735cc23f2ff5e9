use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::Portal;
use super::question::{ConfirmPage, Question};
use crate::signin::Session;
use crate::signin::pages::{SignedOut, SignedOutPage};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, see_other};

/// POST `/account/sign-out`: here.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn sign_out(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, PageError> {
    let Some(session) = portal.sessions.open(&headers, facts.now).await? else {
        return Ok(SignedOutPage {
            page,
            reach: SignedOut::Here,
            back: None,
        }
        .into_response());
    };
    form.check_token(&session.id.to_string())?;
    let cookies = portal
        .sessions
        .sign_out(&portal.context(&facts), &session)
        .await?;
    let mut response = SignedOutPage {
        page,
        reach: SignedOut::Here,
        back: None,
    }
    .into_response();
    response
        .headers_mut()
        .extend(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
    portal.sessions.leave_nothing(&headers, response.headers_mut());
    Ok(response)
}

/// POST `/account/sign-out-everywhere`: every device, every service, offline access included.
///
/// # Errors
/// As [`sign_out`].
pub async fn sign_out_everywhere(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    if form.one("confirmed")? != "yes" {
        return Ok(confirm(page, &session, Question::SignOutEverywhere));
    }
    let mut change = portal.change(&facts).await?;
    portal
        .sessions
        .end_everywhere(&mut change, session.account)
        .await?;
    change.commit().await?;
    let mut response = SignedOutPage {
        page,
        reach: SignedOut::Everywhere,
        back: None,
    }
    .into_response();
    response
        .headers_mut()
        .append(SET_COOKIE, portal.sessions.clear_cookie());
    portal.sessions.leave_nothing(&headers, response.headers_mut());
    Ok(response)
}

/// POST `/account/sessions/end` with `session=<id>|others`.
///
/// # Errors
/// As [`sign_out`].
pub async fn end_sessions(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let chosen = form.one("session")?;
    if form.one("confirmed")? != "yes" {
        let question = match chosen {
            "others" => Question::EndOthers,
            id => question_about(&portal, &session, id, &facts).await?,
        };
        return Ok(confirm(page, &session, question));
    }
    let mut change = portal.change(&facts).await?;
    let (ended, done) = if chosen == "others" {
        (
            portal
                .sessions
                .end_others(&mut change, session.account, session.id)
                .await?
                > 0,
            "others",
        )
    } else {
        let id: Uuid = chosen.parse().map_err(|_| unknown_device())?;
        (
            portal
                .sessions
                .end_of_account(&mut change, session.account, id)
                .await?,
            "device",
        )
    };
    if !ended {
        return Ok(see_other("/account?done=nothing", []));
    }
    change.commit().await?;
    Ok(see_other(&format!("/account?done={done}#devices"), []))
}

async fn question_about(
    portal: &Portal,
    session: &Session,
    id: &str,
    facts: &Facts,
) -> Result<Question, PageError> {
    let sessions = portal.sessions.list(session.account, facts.now).await?;
    let found = sessions
        .into_iter()
        .find(|one| one.id.to_string() == id)
        .ok_or_else(unknown_device)?;
    Ok(Question::EndDevice {
        session: id.to_owned(),
        device: found.device.to_string(),
    })
}

fn unknown_device() -> PageError {
    PageError::new(ErrorKind::BadRequest).developer("reason", "session names no device of this account")
}

pub(super) fn confirm(page: Page, session: &Session, question: Question) -> Response {
    let token = page.form_token(&session.id.to_string());
    ConfirmPage {
        page,
        token,
        question,
    }
    .into_response()
}
