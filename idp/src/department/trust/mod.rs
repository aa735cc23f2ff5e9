//! Whom the operator lets join without registration, what is known of each system that has, and what we state of them
//! and of ourselves.

pub mod allowed;
pub mod entity;
mod marks;
mod members;
mod ourselves;
#[cfg(test)]
mod ourselves_test;
#[cfg(test)]
mod records_test;
mod setup;
mod vouch;

pub use marks::{MARKS, mark_named, mark_type, marks_of};
pub use members::{Member, Members};
pub use ourselves::{About, Ourselves};
pub use setup::SetupError;
pub use vouch::{REGISTRATION_TYPES, vouch};
