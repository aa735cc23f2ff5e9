//! Departments' systems as clients: who they are, what they may ask, how they prove themselves.
//! May import: federation, keys, audit, web, store, fetch, clock, rng, config.

pub mod adoption;

mod admin_scope;
mod check;
mod consequence;
mod data;
mod departments;
pub mod dynamic;
mod fields;
mod manage;
mod model;
mod records;
mod registered;
mod standing;
mod subjects;
pub mod trust;
mod update;

#[cfg(test)]
mod records_test;
#[cfg(test)]
mod update_test;

pub use admin_scope::{AdminScope, admin_api};
pub use check::{DEVICE_CODE, GRANT_TYPES, SCOPES, TOKEN_EXCHANGE, check};
pub use consequence::{Consequence, Wording};
pub use data::{DataKey, Words, is_data_name};
pub use departments::Departments;
pub use fields::Field;
pub use manage::{Added, ManageError, add, list, not_offered, remove, resume, rotate_secret, show, suspend};
pub use model::{AuthMethod, Client, ClientMetadata, Origin, Purpose, Standing};
pub use records::register;
pub use standing::{admit, paused};
pub use subjects::{account_in_sector, account_of_sub, move_subjects, sub_for};
pub use update::{Amendment, Changed, Subjects, Updated, update};
