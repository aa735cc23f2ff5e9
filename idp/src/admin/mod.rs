//! The pages of staff at a window: their sign-in, and the few acts that are theirs.
//! May import: signin, account, operator, proofing, audit, web, store, state, clock, rng, config.

mod acts;
mod desk;
mod enrol;
mod look_up;
mod pages;
mod sign_in;

pub use acts::{confirm_person, decide, give_code};
pub use desk::show_desk;
pub use enrol::{enrol, enrolment_options, show_enrolment};
pub use look_up::find_dispute;
pub use sign_in::{show_sign_in, sign_in, sign_in_options, sign_out};

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;

use crate::config::Config;
use crate::operator::{OnDuty, Operators};
use crate::proofing::Authority;
use crate::rng::Rng;
use crate::signin::{Interactions, Passkeys};
use crate::state::State;
use crate::store::{Db, Vault};
use crate::web::{Facts, Halt, PostedForm, see_other};

/// The handles the pages of staff use.
#[derive(Clone, Debug)]
pub struct Admin {
    pub config: Arc<Config>,
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
const SIGN_IN: &str = "/admin/sign-in";

/// How long a ceremony may take.
const CEREMONY: Duration = Duration::from_secs(10 * 60);

impl Admin {
    /// Who is on duty in this browser, or the way to sign in.
    async fn on_duty(&self, headers: &HeaderMap, facts: &Facts) -> Result<OnDuty, Halt> {
        match self.operators.on_duty(headers, facts.now).await? {
            Some(on_duty) => Ok(on_duty),
            None => Err(Halt::elsewhere(see_other(SIGN_IN, []))),
        }
    }

    /// Who is on duty behind a form of the desk, whose token is bound to their session.
    async fn posted(&self, headers: &HeaderMap, facts: &Facts, form: &PostedForm) -> Result<OnDuty, Halt> {
        let on_duty = self.on_duty(headers, facts).await?;
        form.check_token(&on_duty.form_binding())?;
        Ok(on_duty)
    }
}
