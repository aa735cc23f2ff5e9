use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use crate::account::{self, MoveAsked};
use crate::signin::{FRESH, Redemption, Session, Signin};
use crate::web::{Facts, Halt, Page, PostedForm, respond, see_other, views};

const RECOVER: &str = "/account/recover";

/// GET `/account/recover`: the number of an account that was lost, in the place of this one's.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_recovery(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, RECOVER, FRESH).await?;
    Ok(recover_page(page, &session, None).into_response())
}

/// POST `/account/recover` with `code`, from a window.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn recover(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal
        .posted_fresh(&headers, &facts, &form, RECOVER, FRESH)
        .await?;
    let context = portal.context(&facts);
    let trouble = match signin
        .redeem(
            &context,
            session.account,
            &session.id.to_string(),
            form.one("code")?,
        )
        .await?
    {
        Redemption::Wrong => Trouble::Code,
        Redemption::TooMany(wait) => Trouble::TooMany { wait: wait.0 },
        Redemption::Good(mut change, redeemed) => {
            let wait = signin.config.settings.phone.wait.get();
            match account::ask_for_move(&mut change, &portal.vault, redeemed, session.account, wait).await? {
                MoveAsked::Until(_) => {
                    let change = portal.still_signed_in(change, &session, &headers, &facts);
                    change.await?.commit().await?;
                    return Ok(see_other("/account?done=move-asked#methods", []));
                }
                MoveAsked::SameAccount => Trouble::SameAccount,
                MoveAsked::InUse => Trouble::InUse,
                MoveAsked::NotOneNumber => Trouble::NotOneNumber,
            }
        }
    };
    Ok(respond(
        trouble.status(),
        &recover_page(page, &session, Some(trouble)),
    ))
}

/// POST `/account/recover/stop`, in either account: somebody who was never at a window says no.
///
/// # Errors
/// As [`recover`].
pub async fn stop_recovery(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let mut change = portal.change(&facts).await?;
    if !account::stop_move(&mut change, session.account).await? {
        return Ok(see_other("/account?done=nothing#methods", []));
    }
    change.commit().await?;
    Ok(see_other("/account?done=move-stopped#methods", []))
}

/// `GET /account/recover`.
#[derive(Template)]
#[template(path = "portal/recover.html")]
pub struct RecoverPage {
    pub page: Page,
    /// Bound to the session.
    pub token: String,
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Wrong, used or too old: they are not told apart.
    Code,
    TooMany {
        wait: Duration,
    },
    SameAccount,
    /// The account that one is in is somebody's.
    InUse,
    NotOneNumber,
}

impl Trouble {
    const fn status(self) -> StatusCode {
        match self {
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn text(self, page: &Page) -> String {
        match self {
            Self::Code => page.say("whose-code-wrong").to_string(),
            Self::TooMany { wait } => page
                .say("too-many")
                .with("wait", &page.words.span(wait))
                .to_string(),
            Self::SameAccount => page.say("recover-same").to_string(),
            Self::InUse => page.say("recover-in-use").to_string(),
            Self::NotOneNumber => page.say("recover-numbers").to_string(),
        }
    }
}

views!(RecoverPage);

fn recover_page(page: Page, session: &Session, trouble: Option<Trouble>) -> RecoverPage {
    let page = page.back_to(RECOVER);
    RecoverPage {
        token: page.form_token(&session.id.to_string()),
        trouble,
        page,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn a_code_can_be_typed_and_refused() {
        for (name, trouble) in [
            ("recover", None),
            ("recover-wrong", Some(Trouble::Code)),
            ("recover-in-use", Some(Trouble::InUse)),
            ("recover-numbers", Some(Trouble::NotOneNumber)),
        ] {
            sample::show(name, |page| RecoverPage {
                token: page.form_token("session"),
                trouble,
                page,
            });
        }
    }
}
