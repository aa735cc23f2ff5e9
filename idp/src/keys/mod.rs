//! The keys we sign with, those of tokens and those of federation apart, and JSON Web Signatures by anyone's keys.
//! May import: audit, store, clock, rng, config.

pub mod jose;

mod error;
mod generate;
mod keeper;
mod model;
mod plan;
mod purpose;
mod records;
mod ring;
mod table;

pub use error::KeyError;
pub use keeper::{Keeper, Revocation, Rotation, When};
pub use model::{KeyView, PastKey, Policy, Status};
pub use purpose::{Federation, Protocol, Purpose, StatementType, TokenType};
pub use ring::{FederationKeys, KeyRing};
