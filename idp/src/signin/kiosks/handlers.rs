use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::super::Signin;
use super::pages::{EnrolPage, RestPage, Shown};
use super::{here, records};
use crate::audit::{Action, Actor, Change, Context, EndReason, Event};
use crate::web::{Facts, Page, PageError, PostedForm, respond};

/// GET `/kiosk/enrol/{code}`: asks whether this browser is to be the kiosk. It changes nothing: mail programs and
/// telephones open links by themselves.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_enrolment(
    State(signin): State<Signin>,
    Path(code): Path<String>,
    facts: Facts,
    page: Page,
) -> Result<Response, PageError> {
    let Some(kiosk) = records::waiting(&signin.db, &code, facts.now).await? else {
        return Ok(gone(page));
    };
    Ok(EnrolPage {
        name: kiosk.name,
        token: page.form_token(&code),
        code,
        page,
    }
    .into_response())
}

/// POST `/kiosk/enrol/{code}`: this browser is the kiosk from now on. Whoever was signed in here is not any longer.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn enrol_kiosk(
    State(signin): State<Signin>,
    Path(code): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, PageError> {
    form.check_token(&code)?;
    let open = signin.sessions.open(&headers, facts.now).await?;
    let mut change = Change::begin(&signin.db, &Context::of(&facts, Actor::Operator, &signin.rng)).await?;
    let token = change.rng().token();
    let Some(id) = records::enrol(&mut change, &code, &token).await? else {
        return Ok(gone(page));
    };
    change
        .record(Event::new(Action::KioskEnrolled).with("kiosk", id))
        .await?;
    if let Some(session) = open {
        signin
            .sessions
            .end(&mut change, session.id, EndReason::SignedOut)
            .await?;
    }
    change.commit().await?;
    let cookies = signin.site.cookies();
    let mut response = RestPage {
        page,
        shown: Shown::Joined,
    }
    .into_response();
    here::clear_all(cookies, &headers, response.headers_mut());
    response
        .headers_mut()
        .append(SET_COOKIE, here::cookie(cookies, &token));
    Ok(response)
}

/// GET `/kiosk/rest`: a kiosk's screen saver. Whoever was signed in here has gone; departments are told.
///
/// Anywhere else it has no effect, so that no link to it signs anybody out.
///
/// # Errors
/// Where the records do not answer: then nothing has ended, and the page comes again.
pub async fn rest(
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let cookies = signin.site.cookies();
    if records::at(&signin.db, cookies, &headers).await?.is_none() {
        let shown = Shown::NoKiosk;
        let mut response = respond(StatusCode::NOT_FOUND, &RestPage { page, shown });
        if here::is_kiosk(cookies, &headers) {
            response.headers_mut().append(SET_COOKIE, here::clear(cookies));
        }
        return Ok(response);
    }
    if let Some(session) = signin.sessions.open(&headers, facts.now).await? {
        let context = Context::of(&facts, Actor::Kiosk, &signin.rng);
        signin.sessions.end_left(&context, session.id).await?;
    }
    let mut response = RestPage {
        page,
        shown: Shown::Rests,
    }
    .into_response();
    here::clear_all(cookies, &headers, response.headers_mut());
    if let Some(token) = here::token(cookies, &headers) {
        response
            .headers_mut()
            .append(SET_COOKIE, here::cookie(cookies, token));
    }
    Ok(response)
}

fn gone(page: Page) -> Response {
    let shown = Shown::Gone;
    respond(StatusCode::GONE, &RestPage { page, shown })
}
