//! Passkeys (WebAuthn Level 3): signing in with one, making one, and raising a sign-in that is not strong enough.
//! The ceremonies are webauthn-rs's; what stands here is whose they are, how often they count and what follows.

mod aaguid;
mod enrol;
mod handlers;
mod makers;
pub mod pages;
mod relying_party;
mod sign_in;

pub use enrol::Enrolled;
pub use handlers::{
    credential_id, decline, enrol, enrol_later, enrolment_options, offer, raise, read_credential,
    sign_in_options, sign_in_with_passkey,
};
pub use makers::StaffEnrolment;
pub use pages::PasskeyTrouble;
pub use relying_party::{RelyingParty, RelyingPartyError};

use std::sync::Arc;
use std::time::Duration;

use crate::state::State;
use crate::store::{Db, Vault};
use crate::web::{ErrorKind, PageError};

/// What our pages can add to a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    pub passkey: bool,
    /// Whether an authority is configured that knows names and numbers.
    pub real_name: bool,
}

/// How long a ceremony may take. Autofill waits in the page, so this is as long as an interaction waits.
const CEREMONY: Duration = Duration::from_secs(30 * 60);

/// The ceremonies of this city's passkeys. Other rooms come here to begin and to finish one.
#[derive(Clone, Debug)]
pub struct Passkeys {
    relying_party: Option<Arc<RelyingParty>>,
    state: State,
    db: Db,
    vault: Vault,
}

impl Passkeys {
    /// Without a relying party there are no passkeys here: an address that is no domain name cannot be one.
    #[must_use]
    pub fn new(relying_party: Option<RelyingParty>, state: State, db: Db, vault: Vault) -> Self {
        Self {
            relying_party: relying_party.map(Arc::new),
            state,
            db,
            vault,
        }
    }

    #[must_use]
    pub const fn are_offered(&self) -> bool {
        self.relying_party.is_some()
    }

    /// What passkeys here are bound to.
    #[must_use]
    pub fn rp_id(&self) -> Option<&str> {
        self.relying_party.as_deref().map(RelyingParty::id)
    }

    /// The other addresses at which the same passkeys sign in.
    #[must_use]
    pub fn related_origins(&self) -> &[String] {
        self.relying_party
            .as_deref()
            .map_or(&[], RelyingParty::related_origins)
    }

    /// Who ceremonies are held for: residents' here, and operators'.
    ///
    /// # Errors
    /// Where there are no passkeys here.
    pub fn relying_party(&self) -> Result<&RelyingParty, PageError> {
        let none =
            || PageError::new(ErrorKind::NotFound).because("no passkeys at an address without a domain name");
        self.relying_party.as_deref().ok_or_else(none)
    }
}
