//! The resident as a record: one account, the numbers it holds, and what is known of the person.
//! May import: audit, store, clock, rng, config.

mod model;
mod phone;
mod records;
#[cfg(test)]
mod tests;

pub use model::{Account, Entered, HeldPhone, Profile};
pub use phone::{PhoneError, PhoneNumber};
pub use records::{enter, find, find_by_phone, phones, profile, set_name};

#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 9] = [
    records::DELETE_ACCOUNT,
    records::FIND,
    records::FIND_BY_PHONE,
    records::INSERT_ACCOUNT,
    records::INSERT_PHONE,
    records::PHONES,
    records::PROFILE,
    records::SET_NAME,
    records::USE_PHONE,
];
