//! Whom the operator lets join without registration, and what is known of each system that has.

pub mod allowed;
mod decide;
#[cfg(test)]
mod decide_test;
pub mod entity;
#[cfg(test)]
mod records_test;

pub use decide::{
    DecideError, Decided, Kept, Looked, Told, allow, decided, decisions, look, remove, resume, suspend,
    trust_keys,
};
