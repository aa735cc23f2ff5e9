//! Who did what, when: a change that means something commits together with its audit row.
//! May import: web, store, clock, rng.

#[cfg(test)]
mod awaited_test;
mod change;
mod event;
mod from_facts;
mod records;
mod settled;
mod sweep;

pub use change::{Change, Context, KEPT};
pub use event::{Action, Actor, EndReason, Event};
pub use records::{Before, Entry, of_account};
pub use settled::settled;
pub use sweep::sweep;
