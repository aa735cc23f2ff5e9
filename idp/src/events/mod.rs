//! Messages to departments and to residents: written in the transaction that causes them, delivered afterwards.
//! May import: keys, sms, audit, store, fetch, clock, rng, config.

mod backoff;
mod courier;
mod logout_token;
mod poll;
mod records;
mod sweep;
mod text;

#[cfg(test)]
mod courier_test;

pub use courier::Courier;
pub use logout_token::{LIFETIME as LOGOUT_TOKEN_LIFETIME, Logout};
pub use poll::{Waiting, acknowledge, waiting};
pub use records::{enqueue_logout, enqueue_text, forget_account};
pub use sweep::sweep;
