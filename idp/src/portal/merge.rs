use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use uuid::Uuid;

use super::Portal;
use super::end::confirm;
use super::question::Question;
use crate::account::{self, MOST_PHONES, Merged, Merging, TO_MERGE};
use crate::audit::{Action, Change, Context, EndReason, Event, settled};
use crate::consent;
use crate::department::move_subjects;
use crate::signin::{FRESH, Session, Sessions, Setting, Signin, Stop, StoppedPage};
use crate::store::{Db, StoreError, Vault};
use crate::web::{Facts, Halt, Page, PageError, PostedForm, respond, see_other, views};

const MERGE: &str = "/account/merge";
const OFFER: &str = "/account/merge/offer";
/// What this browser has begun. Nothing in an address: a link that others send begins and finishes nothing.
const COOKIE: &str = "merging";

/// GET `/account/merge/offer`, in the account that could close: what was found, and the way to begin.
///
/// # Errors
/// Where the records do not answer.
pub async fn offer_merge(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let session = portal.fresh_session(&headers, &facts, OFFER, FRESH).await?;
    if !account::is_merging_offered(&portal.db, session.account, facts.now).await? {
        return Ok(outcome(page, Outcome::Over));
    }
    let view = StoppedPage::of(
        page.back_to(OFFER),
        Setting::Account,
        Stop::OtherAccount,
        &session,
    );
    Ok(view.into_response())
}

/// POST `/account/merge/begin`, in the account that is to close: its person wants it.
///
/// # Errors
/// A page where the form is not ours, or the records do not answer.
pub async fn begin_merge(
    State(portal): State<Portal>,
    State(signin): State<Signin>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_to_prove(&headers, &facts, &form, OFFER).await?;
    let wait = signin.config.settings.phone.wait.get();
    let token = portal.rng.id();
    let mut change = portal.change(&facts).await?;
    let (closing, opened_at) = (session.account, session.created_at);
    if !account::begin_merging(&mut change, &portal.vault, closing, &token, opened_at, wait).await? {
        return Ok(outcome(page, Outcome::Over));
    }
    let change = portal.still_signed_in(change, &session, &headers, &facts);
    change.await?.commit().await?;
    let cookie = portal.site.cookies().set(COOKIE, &token, Some(TO_MERGE));
    Ok(see_other(MERGE, [cookie]))
}

/// GET `/account/merge`: has the person sign in to the account that stays, and asks once more.
///
/// # Errors
/// Where the records do not answer.
pub async fn show_merge(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
) -> Result<Response, Halt> {
    let Some((_, merging)) = portal.begun(&headers, &facts).await? else {
        return Ok(outcome(page, Outcome::Over));
    };
    let session = match portal.signed_in_since(&merging, &headers, &facts).await? {
        Ok(session) => session,
        Err(stale) => return Err(portal.sign_in(&headers, &facts, MERGE, stale.as_ref()).await?),
    };
    if session.account != merging.staying {
        return Ok(outcome(page, Outcome::AnotherAccount));
    }
    let phones = account::phones(&portal.db, &portal.vault, merging.closing).await?;
    let numbers: Vec<String> = phones.iter().map(|phone| phone.number.masked()).collect();
    let held = account::phones(&portal.db, &portal.vault, merging.staying).await?;
    let question = Question::Merge {
        numbers: numbers.join(", "),
        due: Some(merging.due_at).filter(|due| *due > facts.now),
        more_than: Some(MOST_PHONES).filter(|most| phones.len() + held.len() > *most),
    };
    Ok(confirm(page, &session, question))
}

/// POST `/account/merge`, in the account that stays: done at once where nobody else could say no in the other one, and
/// else after some days.
///
/// # Errors
/// As [`begin_merge`].
pub async fn merge(
    State(portal): State<Portal>,
    facts: Facts,
    page: Page,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted_fresh(&headers, &facts, &form, MERGE, FRESH).await?;
    let Some((token, _)) = portal.begun(&headers, &facts).await? else {
        return Ok(outcome(page, Outcome::Over));
    };
    let (vault, staying) = (&portal.vault, session.account);
    let mut change = portal.change(&facts).await?;
    let agreed = account::agree_to_merge(&mut change, vault, &token, staying, session.auth_time).await?;
    let Some(merging) = agreed else {
        return Ok(outcome(page, Outcome::Over));
    };
    let done = if merging.due_at > facts.now {
        "/account?done=merge-asked#methods"
    } else {
        match close(&portal.sessions, &mut change, vault, merging.closing).await? {
            Merged::Into(_) => "/account?done=merged#activity",
            Merged::Over | Merged::Nothing => return Ok(outcome(page, Outcome::Over)),
        }
    };
    let change = portal.still_signed_in(change, &session, &headers, &facts);
    change.await?.commit().await?;
    let cookie = portal.site.cookies().clear(COOKIE);
    Ok(see_other(done, [cookie]))
}

/// POST `/account/merge/stop`, in either account: somebody says no.
///
/// # Errors
/// As [`begin_merge`].
pub async fn stop_merge(
    State(portal): State<Portal>,
    facts: Facts,
    headers: HeaderMap,
    form: PostedForm,
) -> Result<Response, Halt> {
    let session = portal.posted(&headers, &facts, &form).await?;
    let mut change = portal.change(&facts).await?;
    if !account::stop_merging(&mut change, session.account).await? {
        return Ok(see_other("/account?done=nothing#methods", []));
    }
    change.commit().await?;
    Ok(see_other("/account?done=merge-stopped#methods", []))
}

/// Closes the accounts whose owners have not said no; answers of how many something was written down.
///
/// # Errors
/// Where the database does not answer.
pub async fn settle_mergings(
    sessions: &Sessions,
    db: &Db,
    vault: &Vault,
    context: &Context,
) -> Result<u64, StoreError> {
    let due = account::due_mergings(db, context.now).await?;
    let mut count = 0;
    for closing in due {
        let closed = settle(sessions, db, vault, context, closing).await;
        count += u64::from(settled("an account that closes", closing, closed)?);
    }
    Ok(count)
}

async fn settle(
    sessions: &Sessions,
    db: &Db,
    vault: &Vault,
    context: &Context,
    closing: Uuid,
) -> Result<bool, StoreError> {
    let mut change = Change::begin(db, context).await?;
    // Where another node came first there is nothing to commit.
    if close(sessions, &mut change, vault, closing).await? == Merged::Nothing {
        return Ok(false);
    }
    change.commit().await?;
    Ok(true)
}

/// In one transaction, everything that was the one account's is now the other's, or has ended.
async fn close(
    sessions: &Sessions,
    change: &mut Change,
    vault: &Vault,
    closing: Uuid,
) -> Result<Merged, StoreError> {
    let merged = account::merge(change, vault, closing).await?;
    let Merged::Into(staying) = merged else {
        return Ok(merged);
    };
    // Departments that knew the closed account alone go on knowing the person by the same subject; where both were
    // known, the closed one's stays behind and leads here.
    move_subjects(change, closing, staying).await?;
    consent::move_exchanges(change, closing, staying).await?;
    for client in consent::end_of_account(change, closing, staying).await? {
        let event = Event::new(Action::KnownTwice).account(staying);
        change.record(event.client(&client)).await?;
    }
    sessions.end_all(change, closing, EndReason::Merged).await?;
    Ok(merged)
}

impl Portal {
    async fn begun(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Option<(String, Merging)>, PageError> {
        let Some(token) = self.site.cookies().read(headers, COOKIE) else {
            return Ok(None);
        };
        let found = account::find_merging(&self.db, token, facts.now).await?;
        Ok(found.map(|merging| (token.to_owned(), merging)))
    }

    /// The session of somebody who has signed in since they said what they want; or the one that is too old for it.
    async fn signed_in_since(
        &self,
        merging: &Merging,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Result<Session, Option<Session>>, PageError> {
        let session = self.sessions.current(headers, facts).await?;
        Ok(match session {
            Some(session) if session.signed_in_here_since(merging.begun_at) => Ok(session),
            stale => Err(stale),
        })
    }
}

#[derive(Template)]
#[template(path = "portal/merge_outcome.html")]
struct OutcomePage {
    page: Page,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Never begun in this browser, too old, or done.
    Over,
    /// Signed in, but not to the account that was meant.
    AnotherAccount,
}

impl OutcomePage {
    fn heading(&self) -> String {
        let id = match self.outcome {
            Outcome::Over => "merge-over",
            Outcome::AnotherAccount => "merge-another",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.outcome {
            Outcome::Over => "merge-over-advice",
            Outcome::AnotherAccount => "merge-another-advice",
        };
        self.page.say(id).with("number", self.page.helpline()).to_string()
    }
}

views!(OutcomePage);

fn outcome(page: Page, outcome: Outcome) -> Response {
    let status = match outcome {
        Outcome::Over => StatusCode::GONE,
        Outcome::AnotherAccount => StatusCode::UNPROCESSABLE_ENTITY,
    };
    respond(status, &OutcomePage { page, outcome })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn what_stands_in_the_way_is_said() {
        for (name, outcome) in [
            ("merge-over", Outcome::Over),
            ("merge-another", Outcome::AnotherAccount),
        ] {
            sample::show(name, |page| OutcomePage { page, outcome });
        }
    }
}
