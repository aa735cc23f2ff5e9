//! What the operator decides about who may join.

mod allow;
mod check;
mod fault;
mod keys;
mod look;
mod stand;
mod written;

use thiserror::Error;

pub use self::allow::{Decided, allow};
pub use self::fault::TermsFault;
pub use self::keys::trust_keys;
pub use self::look::{Looked, Overview, decided, decisions, look, sector_of};
pub use self::stand::{Kept, Told, remove, remove_as_read, resume, suspend};
use super::allowed::{Allowed, Pattern, PatternFault};
use crate::federation::EntityId;
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum DecideError {
    #[error(transparent)]
    Pattern(#[from] PatternFault),
    #[error(transparent)]
    Invalid(#[from] TermsFault),
    #[error(
        "nothing is allowed as {0}, and no system of that address has joined; see `yimen department list`"
    )]
    Unknown(String),
    #[error("{0} is {1} already")]
    Already(String, &'static str),
    #[error("{0} is not suspended")]
    NotSuspended(String),
    #[error(
        "{0} has just been changed by somebody else; look at it with `yimen department show {0}` and try again"
    )]
    Overtaken(String),
    #[error("no keys of {0} are held")]
    NothingHeld(String),
    #[error(
        "the keys of {id} that are held are {held}, not those that were named: compare them with what the department says, \
         over another way than the one they came by, and name exactly those"
    )]
    OtherKeys { id: String, held: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Which decision counts for an entity, of all there are.
fn narrowest<'a>(all: &'a [Allowed], id: &EntityId) -> Option<&'a Allowed> {
    let covering = all.iter().filter(|one| one.pattern.covers(id));
    covering.max_by_key(|one| one.pattern.specificity())
}

/// The entity that a pattern names alone.
const fn named(pattern: &Pattern) -> Option<&EntityId> {
    match pattern {
        Pattern::Entity(id) => Some(id),
        _ => None,
    }
}
