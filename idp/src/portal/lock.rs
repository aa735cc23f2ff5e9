use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::devices::place_words;
use crate::account::{self, Told};
use crate::audit::{Change, Context, EndReason};
use crate::clock::Timestamp;
use crate::signin::forget_browsers_since;
use crate::web::{Facts, Page, PageError, PostedForm, respond, views};

/// Whoever came in by what the notice tells of may have come shortly before: what was added in this time goes too.
const BEFORE: Duration = Duration::from_secs(24 * 3600);

/// And they may have come by what an earlier notice told of, which nobody answered while its link was good.
const REACH: Duration = account::LINK.saturating_add(BEFORE);

/// GET `/n/{token}`, from a text message: what has happened, and the question whether it was the resident. It changes
/// nothing: telephones open links by themselves.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_notice(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    facts: Facts,
    page: Page,
) -> Result<Response, PageError> {
    let Some(told) = account::find_notice(&portal.db, &portal.vault, &token, facts.now).await? else {
        return Ok(outcome(page, Outcome::Gone));
    };
    let page = page.back_to(format!("/n/{token}"));
    Ok(NoticePage {
        what: told.notice.words(page.words, &told.device),
        place: told.place.map(|place| place_words(&page, &place)),
        at: told.at,
        now: facts.now,
        form: page.form_token(&token),
        token,
        page,
    }
    .into_response())
}

/// POST `/n/{token}`: it was not the resident. Everybody is signed out, and what was added of late ends.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn lock(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, PageError> {
    form.check_token(&token)?;
    // A merging may carry the link over to the account that stays, between the look and the lock, and it does so once.
    for _ in 0..2 {
        let Some(told) = account::find_notice(&portal.db, &portal.vault, &token, facts.now).await? else {
            break;
        };
        if portal
            .lock_account(&portal.context(&facts), &told, &headers)
            .await?
        {
            return Ok(outcome(page, Outcome::Locked));
        }
    }
    Ok(outcome(page, Outcome::Gone))
}

impl Portal {
    /// One transaction: the link's use, the lock, the sessions, what was added, and a deletion or a merging that is
    /// under way.
    async fn lock_account(
        &self,
        context: &Context,
        told: &Told,
        headers: &HeaderMap,
    ) -> Result<bool, PageError> {
        let (lately, then) = (told.at.minus(BEFORE), context.now.minus(REACH));
        let mut change = Change::begin(&self.db, context).await?;
        if !account::lock(&mut change, told).await? {
            return Ok(false);
        }
        let account = told.account;
        self.sessions
            .end_all(&mut change, account, EndReason::Locked)
            .await?;
        account::end_passkeys_since(&mut change, account, then).await?;
        account::end_proof_since(&mut change, account, lately).await?;
        account::end_window_codes(&mut change, account).await?;
        account::restore_numbers(&mut change, account, then).await?;
        forget_browsers_since(&mut change, account, lately, then, (self.site.cookies(), headers)).await?;
        account::stay(&mut change, account).await?;
        account::stop_merging(&mut change, account).await?;
        change.commit().await?;
        Ok(true)
    }
}

#[derive(Template)]
#[template(path = "portal/notice.html")]
struct NoticePage {
    page: Page,
    what: String,
    /// About where that was.
    place: Option<String>,
    at: Timestamp,
    now: Timestamp,
    token: String,
    form: String,
}

#[derive(Template)]
#[template(path = "portal/notice_outcome.html")]
struct OutcomePage {
    page: Page,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Locked,
    /// The link is used, too old, or never was.
    Gone,
}

impl OutcomePage {
    fn heading(&self) -> String {
        let id = match self.outcome {
            Outcome::Locked => "locked-heading",
            Outcome::Gone => "lock-gone",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.outcome {
            Outcome::Locked => "locked-advice",
            Outcome::Gone => "lock-gone-advice",
        };
        self.page.say(id).with("number", self.page.helpline()).to_string()
    }
}

views!(NoticePage, OutcomePage);

fn outcome(page: Page, outcome: Outcome) -> Response {
    let status = match outcome {
        Outcome::Locked => StatusCode::OK,
        Outcome::Gone => StatusCode::GONE,
    };
    respond(status, &OutcomePage { page, outcome })
}
