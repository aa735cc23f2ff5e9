//! The resident as a record: one account, the numbers it holds, and what is known of the person.
//! May import: audit, store, clock, rng, config.

mod model;
mod phone;
mod records;
#[cfg(test)]
mod tests;

pub use model::{Account, HeldPhone, Profile};
pub use phone::{PhoneError, PhoneNumber};
pub use records::{enter, find_by_phone, phones, profile, set_name};
