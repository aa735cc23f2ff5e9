//! What an attacker would like to see forgotten: messages sent, wrong codes, and which browsers an
//! account knows. All of it is records, so that no restart forgets it.

mod browser;
mod look;
mod number;
mod pressure;
mod tally;

pub use browser::forget_browsers_since;
pub(super) use browser::{Browser, KEPT as BROWSER_KEPT, disown_in, remember_browser};
pub(super) use look::{Seen, look};
pub(super) use number::{add_failure, reserve_send, reset_failures};
pub(super) use pressure::tell_of_pressure;
pub(super) use tally::{count, count_anew, give_back, reserve_budget, reserve_in};
