//! The resident's own pages: what the account holds, who has what, and the ways to end each.
//! May import: consent, signin, account, department, events, place, audit, web, store, clock, rng.

mod activity;
mod devices;
mod end;
mod handover;
pub mod held;
mod history;
mod home;
mod identity;
mod leave;
mod lock;
mod merge;
pub mod pages;
mod passkeys;
mod phones;
mod question;
mod recover;
mod spared;
mod told;
mod withdraw;

pub use end::{end_sessions, sign_out, sign_out_everywhere};
pub use handover::{answer_handover, look_at_handover};
pub use held::{download_export, show_export};
pub use history::show_activity;
pub use home::home;
pub use identity::{disown, prove_identity, show_identity};
pub use leave::{ask_leave, leave};
pub use lock::{lock, show_notice};
pub use merge::{begin_merge, merge, offer_merge, settle_mergings, show_merge, stop_merge};
pub use passkeys::{
    add_passkey, new_passkey, passkey_endpoints, passkey_options, related_origins, remove_passkey,
    rename_passkey,
};
pub use phones::{add_phone, keep_phone, new_phone, new_phone_code, remove_phone, send_to_new_phone};
pub use recover::{recover, show_recovery, stop_recovery};
pub use told::see_notices;
pub use withdraw::withdraw;

use std::time::Duration;

use axum::http::HeaderMap;

use crate::audit::{Actor, Change, Context};
use crate::consent::Consents;
use crate::department::Departments;
use crate::rng::Rng;
use crate::signin::sessions::Sessions;
use crate::signin::{Handovers, Interactions, NewInteraction, Passkeys, RealNames, Session};
use crate::store::{Db, StoreError, Vault};
use crate::web::{Facts, Halt, PostedForm, Site, see_other};

/// The handles the account pages use.
#[derive(Clone, Debug)]
pub struct Portal {
    pub rng: Rng,
    pub db: Db,
    pub vault: Vault,
    pub departments: Departments,
    pub interactions: Interactions,
    pub sessions: Sessions,
    pub consents: Consents,
    pub passkeys: Passkeys,
    pub real_names: RealNames,
    pub handovers: Handovers,
    pub site: Site,
}

const HOME: &str = "/account";

impl Portal {
    /// The browser's session, or the way to sign in and back.
    async fn session(&self, headers: &HeaderMap, facts: &Facts) -> Result<Session, Halt> {
        match self.sessions.current(headers, facts).await? {
            Some(session) => Ok(session),
            None => Err(self.sign_in(headers, facts, HOME, None).await?),
        }
    }

    /// A session whose person has just signed in here, for what should not be done on a device left open; or the way to
    /// sign in once more and on to `here`.
    async fn fresh_session(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        here: &str,
        fresh: Duration,
    ) -> Result<Session, Halt> {
        match self.sessions.current(headers, facts).await? {
            Some(session) if session.signed_in_here_since(facts.now.minus(fresh)) => Ok(session),
            stale => Err(self.sign_in(headers, facts, here, stale.as_ref()).await?),
        }
    }

    /// The way to sign in and on to `here`; once more, where the session is too old for it.
    async fn sign_in(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        here: &str,
        stale: Option<&Session>,
    ) -> Result<Halt, Halt> {
        if let Some(id) = self
            .interactions
            .own_pending(here, stale, headers, facts.now)
            .await?
        {
            return Ok(Halt::elsewhere(see_other(&format!("/signin/{id}"), [])));
        }
        let id = self.rng.id();
        let new = NewInteraction {
            continuation: here.to_owned(),
            cancel: HOME.to_owned(),
            restart: Some(here.to_owned()),
            client: None,
            redirect: None,
            ui_locales: None,
            login_hint: None,
            fresh_after: stale.map(|_| facts.now),
            by_themselves: stale.is_some(),
            aim: None,
            carried: String::new(),
        };
        let cookies = self.interactions.open(id.clone(), new, headers, facts).await?;
        Ok(Halt::elsewhere(see_other(&format!("/signin/{id}"), cookies)))
    }

    /// What a resident changes here.
    fn context(&self, facts: &Facts) -> Context {
        Context::of(facts, Actor::Resident, &self.rng)
    }

    async fn change(&self, facts: &Facts) -> Result<Change, StoreError> {
        Change::begin(&self.db, &self.context(facts)).await
    }

    /// The session behind a form of the account pages, whose token is bound to it.
    async fn posted(&self, headers: &HeaderMap, facts: &Facts, form: &PostedForm) -> Result<Session, Halt> {
        let session = self.session(headers, facts).await?;
        form.check_token(&session.id.to_string())?;
        Ok(session)
    }

    /// Goes on with a change only where the session still counts; it cannot end before that commits. Since the request came,
    /// a link may have locked the account. Asked once the change has its account's row, as whoever locks has that first.
    async fn still_signed_in(
        &self,
        mut change: Change,
        session: &Session,
        headers: &HeaderMap,
        facts: &Facts,
    ) -> Result<Change, Halt> {
        if self.sessions.is_live(&mut change, session.id).await? {
            return Ok(change);
        }
        drop(change);
        Err(self.sign_in(headers, facts, HOME, None).await?)
    }

    /// As [`Portal::posted`], for what wants a fresh sign-in.
    async fn posted_fresh(
        &self,
        headers: &HeaderMap,
        facts: &Facts,
        form: &PostedForm,
        here: &str,
        fresh: Duration,
    ) -> Result<Session, Halt> {
        let session = self.fresh_session(headers, facts, here, fresh).await?;
        form.check_token(&session.id.to_string())?;
        Ok(session)
    }
}
