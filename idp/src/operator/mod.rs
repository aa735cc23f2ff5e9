//! Who acts for the city, at a window or over who may join: by which passkey they sign in, and their sessions. Who is on
//! duty is a value that nothing but a live session makes.
//! May import: audit, web, store, clock, rng, config.

mod act;
mod model;
mod records;
mod sessions;
mod sweep;
#[cfg(test)]
mod tests;

pub use act::{Act, ActError, Reason};
pub use model::{Invitation, Invited, Listed, Operator, OperatorPasskey, Role};
pub use records::{
    OperatorError, add_passkey, end_cloned, find_passkey, invite, invited, list, named, remove, use_passkey,
};
pub use sessions::{OnDuty, Operators};
pub use sweep::sweep;
