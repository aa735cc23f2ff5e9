//! The keys we sign with, and JSON Web Signatures by anyone's keys.
//! May import: audit, store, clock, rng, config.

pub mod jose;

mod error;
mod generate;
mod keeper;
mod model;
mod plan;
mod records;
mod ring;

pub use error::KeyError;
pub use keeper::{Keeper, Revocation, Rotation, When};
pub use model::{KeyView, Policy, Status};
pub use ring::KeyRing;
