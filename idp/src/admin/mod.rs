//! The pages of operators, at a window and over who may join: their sign-in, and the few acts that are theirs; and the API
//! for their programs.
//! May import: signin, account, department, federation, operator, keys, proofing, audit, web, store, state, clock, rng, config.

mod acts;
pub mod api;
mod departments;
mod desk;
mod enrol;
mod look_up;
mod pages;
mod sign_in;

pub use acts::{confirm_person, decide, give_code};
pub use departments::{act_on_department, allow_department, show_department, show_departments};
pub use desk::show_desk;
pub use enrol::{enrol, enrolment_options, show_enrolment};
pub use look_up::find_dispute;
pub use sign_in::{show_sign_in, sign_in, sign_in_options, sign_out};

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;

use crate::config::Config;
use crate::federation::Relaxation;
use crate::keys::KeyRing;
use crate::operator::{OnDuty, Operators, Role};
use crate::proofing::Authority;
use crate::rng::Rng;
use crate::signin::{Interactions, Passkeys};
use crate::state::State;
use crate::store::{Db, Vault};
use crate::web::{ErrorKind, Facts, Halt, PageError, PostedForm, see_other};

/// The handles the pages and the API of operators use.
#[derive(Clone, Debug)]
pub struct Admin {
    pub config: Arc<Config>,
    pub keys: KeyRing,
    pub rng: Rng,
    pub db: Db,
    pub vault: Vault,
    pub state: State,
    pub interactions: Interactions,
    pub passkeys: Passkeys,
    pub operators: Operators,
    pub authority: Option<Authority>,
}

const DESK: &str = "/admin";
const DEPARTMENTS: &str = "/admin/departments";
const SIGN_IN: &str = "/admin/sign-in";

/// How long a ceremony may take.
const CEREMONY: Duration = Duration::from_secs(10 * 60);

impl Admin {
    /// Which addresses may be decided about.
    fn relaxation(&self) -> Relaxation {
        if self.config.settings.dev {
            Relaxation::PlainLoopback
        } else {
            Relaxation::Nothing
        }
    }

    /// Who is on duty in this browser, whatever for, or the way to sign in.
    async fn signed_in(&self, headers: &HeaderMap, facts: &Facts) -> Result<OnDuty, Halt> {
        match self.operators.on_duty(headers, facts.now).await? {
            Some(on_duty) => Ok(on_duty),
            None => Err(Halt::elsewhere(see_other(SIGN_IN, []))),
        }
    }

    /// Who is on duty at a window. Whoever is there for the departments belongs there.
    async fn on_duty(&self, headers: &HeaderMap, facts: &Facts) -> Result<OnDuty, Halt> {
        let on_duty = self.signed_in(headers, facts).await?;
        match on_duty.role() {
            Role::Window => Ok(on_duty),
            Role::City => Err(Halt::elsewhere(see_other(DEPARTMENTS, []))),
        }
    }

    /// Who decides which departments may join: to staff at a window, nothing is there.
    async fn over_departments(&self, headers: &HeaderMap, facts: &Facts) -> Result<OnDuty, Halt> {
        let on_duty = self.signed_in(headers, facts).await?;
        match on_duty.role() {
            Role::City => Ok(on_duty),
            Role::Window => Err(PageError::new(ErrorKind::NotFound).into()),
        }
    }

    /// Who is on duty behind a form of the desk, whose token is bound to their session.
    async fn posted(&self, headers: &HeaderMap, facts: &Facts, form: &PostedForm) -> Result<OnDuty, Halt> {
        let on_duty = self.on_duty(headers, facts).await?;
        form.check_token(&on_duty.form_binding())?;
        Ok(on_duty)
    }
}
