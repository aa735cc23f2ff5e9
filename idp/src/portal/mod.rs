//! The resident's own pages: what the account holds, who has what, and the ways to end each.
//! May import: consent, signin, account, department, audit, web, store, clock, rng.

mod activity;
mod end;
mod home;
pub mod pages;
mod withdraw;

pub use end::{end_sessions, sign_out, sign_out_everywhere};
pub use home::home;
pub use withdraw::withdraw;

use axum::http::HeaderMap;

use crate::consent::Consents;
use crate::department::Departments;
use crate::rng::Rng;
use crate::signin::sessions::Sessions;
use crate::signin::{Interactions, NewInteraction, Session};
use crate::store::{Db, Vault};
use crate::web::{Facts, Halt, PostedForm, see_other};

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
}

const HOME: &str = "/account";

impl Portal {
    /// The browser's session, or the way to sign in and back.
    async fn session(&self, headers: &HeaderMap, facts: &Facts) -> Result<Session, Halt> {
        if let Some(session) = self.sessions.current(headers, facts.now).await? {
            return Ok(session);
        }
        if let Some(id) = self.interactions.own_pending(HOME, headers, facts.now).await? {
            return Err(Halt::elsewhere(see_other(&format!("/signin/{id}"), [])));
        }
        let id = self.rng.id();
        let new = NewInteraction {
            continuation: HOME.to_owned(),
            cancel: HOME.to_owned(),
            restart: Some(HOME.to_owned()),
            client: None,
            redirect: None,
            ui_locales: None,
            login_hint: None,
            fresh_after: None,
            carried: String::new(),
        };
        let cookies = self.interactions.open(id.clone(), new, headers, facts).await?;
        Err(Halt::elsewhere(see_other(&format!("/signin/{id}"), cookies)))
    }

    /// The session behind a form of the account pages, whose token is bound to it.
    async fn posted(&self, headers: &HeaderMap, facts: &Facts, form: &PostedForm) -> Result<Session, Halt> {
        let session = self.session(headers, facts).await?;
        form.check_token(&session.id.to_string())?;
        Ok(session)
    }
}
