//! Whom the operator lets join without registration, what is known of each system that has, and what we state of them
//! and of ourselves.

pub mod allowed;
mod beside;
mod decide;
#[cfg(test)]
mod decide_test;
mod discover;
pub mod entity;
pub mod join;
mod marks;
mod members;
mod ourselves;
#[cfg(test)]
mod ourselves_test;
pub(super) mod own_host;
mod own_policy;
mod pins;
#[cfg(test)]
mod records_test;
mod setup;
mod vouch;

pub use decide::{
    DecideError, Decided, Kept, Looked, Overview, TermsFault, Told, allow, decided, decisions, look, remove,
    remove_as_read, resume, sector_of, suspend, trust_keys,
};
pub use entity::records::sweep;
pub use marks::{MARKS, mark_named, mark_type, marks_of};
pub use members::{Member, Members};
pub use ourselves::{About, Ourselves};
pub(super) use own_policy::{NOT_OFFERED, NOT_OFFERED_IF_TRUE};
pub use setup::SetupError;
pub use vouch::{REGISTRATION_TYPES, vouch};
