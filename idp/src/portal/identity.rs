use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::{HOME, Portal};
use crate::signin::{
    FRESH, IdentityPage, Outcome, Prove, Session, Setting, Signin, StoppedPage, TO_FILL_IN, Trouble, Typed,
    to_disown, to_prove,
};
use crate::web::{ErrorKind, Facts, Halt, Page, PageError, PostedForm, respond, see_other};

const IDENTITY: &str = "/account/identity";

/// GET `/account/identity`: asks for name and number.
///
/// # Errors
/// Where nobody can be asked, or the records do not answer.
pub async fn show_identity(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    if !portal.real_names.can_be_proven() {
        return Err(PageError::new(ErrorKind::NotFound).into());
    }
    let session = portal.fresh_session(&headers, &facts, IDENTITY, FRESH).await?;
    Ok(question(page, &session, Typed::default(), Trouble::default()).into_response())
}

/// POST `/account/identity`: has the name confirmed.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn prove_identity(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_to_prove(&headers, &facts, &form, IDENTITY).await?;
    let typed = Typed::of(&form)?;
    let context = portal.context(&facts);
    let ask = Prove {
        session: session.clone(),
        typed: typed.clone(),
    };
    Ok(match portal.real_names.clone().prove(context, ask).await? {
        Outcome::Proven(cookie) => see_other("/account?done=name-proven#identity", cookie),
        Outcome::SignedOut => see_other(IDENTITY, []),
        Outcome::Again(trouble) => respond(trouble.status(), &question(page, &session, typed, trouble)),
        Outcome::Stopped(stop) => {
            let view = StoppedPage::of(page.back_to(IDENTITY), Setting::Account, stop, &session);
            respond(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
    })
}

/// POST `/account/identity/not-mine`: whoever has just been proven to be another person says so, and signs in anew.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn disown(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let Some(session) = portal.sessions.current(&headers, &facts).await? else {
        return Ok(see_other(HOME, []));
    };
    form.check_token(&to_disown(&session))?;
    let context = portal.context(&facts);
    let cookie = signin.leave_to_its_owner(&context, &session, &headers).await?;
    Ok(see_other(HOME, [cookie]))
}

impl Portal {
    /// The session behind a form of these pages. Whoever opened one in time may look for their card with it open.
    pub(super) async fn posted_to_prove(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        form: &PostedForm,
        here: &str,
    ) -> Result<Session, Halt> {
        let fresh = FRESH + TO_FILL_IN;
        let session = self.fresh_session(headers, facts, here, fresh).await?;
        form.check_token(&to_prove(&session))?;
        Ok(session)
    }
}

fn question(page: Page, session: &Session, typed: Typed, trouble: Trouble) -> IdentityPage {
    let page = page.back_to(IDENTITY);
    IdentityPage {
        token: page.form_token(&to_prove(session)),
        setting: Setting::Account,
        typed,
        trouble,
        page,
    }
}
