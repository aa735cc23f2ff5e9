//! How often a code may be sent, and how many wrong ones are taken. Pure rules over what the
//! records hold; the figures are the trade's and NIST's (SP 800-63B-4 §3.2.2) or, where said, ours.

mod ceiling;
mod may_send;
mod number_open;
mod payment;
mod price;
mod senders;

pub use ceiling::{
    ACCOUNT_PROOFS, BIRTHDAY_PROOFS, BROWSER_FAILURES, Ceiling, DAILY_BUDGET_SHARDS, RANGE_FAILURES,
    RANGE_RATION, RANGE_SENDS, WINDOW_TRIES, WINDOW_TRIES_HERE, budget_open_to, day_of_city, share_of_budget,
};
pub use may_send::{DAY, MINUTE, may_send, remember};
pub use number_open::{BrowserKnown, number_open};
pub use payment::{Payment, payment};
pub use price::{Price, Supply, price_of_answer, price_of_message};
pub use senders::Senders;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a code may be answered.
pub const CODE_LIFETIME: Duration = Duration::from_secs(CODE_MINUTES as u64 * 60);
/// The same, as messages and pages say it.
pub const CODE_MINUTES: u32 = 5;

/// Wrong answers that kill a code.
pub const TRIES: u32 = 5;

/// A limit was reached; this is when it lets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait(pub Duration);
