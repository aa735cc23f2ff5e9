//! What others ask us as the city's trust anchor, in the standard's order (OpenID Federation 1.0 §8 and §9). Nobody has to
//! prove who they are: it is all public. To resolve an entity we ask it, at most once a minute, and only where it has joined;
//! nothing else is fetched for anyone who asks.

mod answer;
mod asked;
mod configuration;
mod fetch;
mod historical_keys;
mod list;
mod metadata;
mod register;
mod resolve;
mod trust_mark;
mod trust_mark_status;

pub use configuration::entity_configuration;
pub use fetch::fetch;
pub use historical_keys::historical_keys;
pub use list::list;
pub use metadata::metadata;
pub use register::register;
pub use resolve::{Chains, resolve};
pub use trust_mark::trust_mark;
pub use trust_mark_status::trust_mark_status;

use std::sync::Arc;

use crate::config::Config;
use crate::department::trust::join::Joining;
use crate::department::trust::{Members, Ourselves};
use crate::signin::Senders;
use crate::state::State;

/// The handles that a trust anchor uses.
#[derive(Clone, Debug)]
pub struct Federation {
    pub ourselves: Ourselves,
    pub members: Members,
    pub joining: Joining,
    pub chains: Chains,
    pub config: Arc<Config>,
    pub state: State,
    pub senders: Senders,
}
