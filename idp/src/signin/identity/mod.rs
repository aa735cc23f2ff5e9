//! Proving a real name: the question, how often it may be put, and what follows from the authority's answer.

mod disown;
mod handlers;
pub mod pages;
mod prove;
mod typed;

pub use disown::to_disown;
pub use handlers::{TO_FILL_IN, prove_identity, show_identity, to_prove};
pub use pages::{IdentityPage, Setting, StoppedPage};
pub use prove::{Outcome, Prove, Stop};
pub use typed::{Trouble, Typed};

use crate::proofing::Authority;
use crate::store::{Db, Vault};

use super::errands::Errands;
use super::sessions::Sessions;

/// The proofs of real names. Other rooms come here to make one.
#[derive(Clone, Debug)]
pub struct RealNames {
    authority: Option<Authority>,
    db: Db,
    vault: Vault,
    sessions: Sessions,
    errands: Errands,
}

impl RealNames {
    #[must_use]
    pub fn new(
        authority: Option<Authority>,
        db: &Db,
        vault: &Vault,
        sessions: &Sessions,
        errands: &Errands,
    ) -> Self {
        Self {
            authority,
            db: db.clone(),
            vault: vault.clone(),
            sessions: sessions.clone(),
            errands: errands.clone(),
        }
    }

    /// Whether there is an authority to ask.
    #[must_use]
    pub const fn can_be_proven(&self) -> bool {
        self.authority.is_some()
    }
}
