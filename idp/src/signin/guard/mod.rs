//! What an attacker would like to see forgotten: messages sent, wrong codes, and which browsers an
//! account knows. All of it is records, so that no restart forgets it.

mod browser;
mod number;
mod pressure;
mod tally;

pub(super) use browser::{Browser, remember_browser};
pub(super) use number::{add_failure, number_guard, reserve_send, reset_failures};
pub(super) use pressure::pressure;
pub(super) use tally::{count, reserve_budget, reserve_in};
