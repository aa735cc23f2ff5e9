use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::end::confirm;
use super::question::Question;
use crate::account::{self, Notice, WAY_BACK};
use crate::audit::EndReason;
use crate::signin::FRESH;
use crate::signin::pages::{SignedOut, SignedOutPage};
use crate::web::{Facts, Halt, Page, PostedForm};

const LEAVE: &str = "/account/leave";

/// GET `/account/leave`: what leaving means, and the question.
///
/// # Errors
/// Where the records do not answer.
pub async fn ask_leave(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, LEAVE, FRESH).await?;
    let until = facts.now.plus(WAY_BACK);
    Ok(confirm(page.back_to(LEAVE), &session, Question::Leave { until }))
}

/// POST `/account/leave`: signs out everywhere, and in fifteen days everything is erased.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn leave(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, LEAVE, FRESH).await?;
    if form.one("confirmed")? != "yes" {
        let until = facts.now.plus(WAY_BACK);
        return Ok(confirm(page, &session, Question::Leave { until }));
    }
    let mut change = portal.change(&facts).await?;
    account::leave(&mut change, session.account).await?;
    account::stop_merging(&mut change, session.account).await?;
    let mut change = portal.still_signed_in(change, &session, &headers, &facts).await?;
    let device = session.device.to_string();
    account::tell(
        &mut change,
        &portal.vault,
        session.account,
        Notice::Leaving,
        &device,
    )
    .await?;
    portal
        .sessions
        .end_all(&mut change, session.account, EndReason::Left)
        .await?;
    change.commit().await?;
    let mut response = SignedOutPage {
        page,
        reach: SignedOut::Left,
        back: None,
    }
    .into_response();
    response
        .headers_mut()
        .append(SET_COOKIE, portal.sessions.clear_cookie());
    portal.sessions.leave_nothing(&headers, response.headers_mut());
    Ok(response)
}
