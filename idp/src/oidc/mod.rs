//! The protocol: OpenID Connect and OAuth 2.0, one rule per file in the specification's order.
//! May import: consent, signin, account, department, events, federation, keys, audit, web, store, state, fetch, clock, rng, config.

mod acr;
mod authorization_details;
mod authorize;
mod check_size;
pub mod claims;
mod client_auth;
mod device;
mod discovery;
mod federation;
mod find_client;
mod grant;
mod introspect;
mod joined;
mod json_body;
mod jwks;
mod logout;
mod not_joined;
mod pages;
mod par;
mod parameters;
mod poll;
mod registration;
mod resident;
mod revoke;
mod scope;
mod sid;
mod token;
mod tokens;
mod userinfo;
mod wire_error;

use std::sync::Arc;

pub use acr::acr_value;
pub use authorize::{authorize, cancel, resume};
pub use device::{confirm_device, device_authorization, enter_user_code, look_at_device, show_device};
pub use discovery::{Discovery, discovery};
pub use federation::{
    Chains, Federation, entity_configuration, fetch, historical_keys, list, metadata, register, resolve,
    trust_mark, trust_mark_status,
};
pub use grant::{kept as grants_kept, sweep};
pub use introspect::introspect;
pub use jwks::jwks;
pub use logout::{confirm_logout, logout};
pub use par::par;
pub use parameters::{Form, Parameters, QueryOrForm};
pub use poll::poll;
pub use registration::{end_registration, read_registration, register_client, replace_registration};
pub use revoke::revoke;
pub use scope::Scope;
pub use token::token;
pub use userinfo::userinfo;
pub use wire_error::{Code, WireError};

use crate::config::Config;
use crate::consent::Consents;
use crate::department::Departments;
use crate::department::trust::join::Joining;
use crate::fetch::Fetcher;
use crate::keys::KeyRing;
use crate::rng::Rng;
use crate::signin::sessions::Sessions;
use crate::signin::{Interactions, Senders, Ways};
use crate::state::State;
use crate::store::{Db, Vault};

/// The handles the protocol uses.
#[derive(Clone, Debug)]
pub struct Oidc {
    pub config: Arc<Config>,
    pub rng: Rng,
    pub db: Db,
    pub state: State,
    pub vault: Vault,
    pub keys: KeyRing,
    pub departments: Departments,
    pub joining: Joining,
    pub interactions: Interactions,
    pub sessions: Sessions,
    pub consents: Consents,
    pub fetcher: Fetcher,
    pub ways: Ways,
    pub senders: Senders,
}
