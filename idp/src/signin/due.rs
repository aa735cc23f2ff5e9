use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Signin;
use super::limits::{MINUTE, Payment, Price, payment};
use crate::clock::Timestamp;
use crate::state::StateError;

/// What an interaction owes before it goes on, one thing at a time. Paying takes it away, so that nothing pays twice.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Due {
    /// The hash of this and of what the browser finds begins with so many zero bits; none where no work pays.
    challenge: String,
    bits: Option<u32>,
    /// From then on it counts as paid by waiting.
    until: Timestamp,
}

/// What a browser is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owed {
    pub(super) challenge: String,
    pub(super) bits: Option<u32>,
    pub(super) wait: Duration,
}

/// From its beginning on; whoever comes later owes anew.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Ours: how many in a minute one sender may pay by waiting. It costs nothing to wait in many places at once; whoever
/// wants more than this works.
const WAITED_PER_MINUTE: u64 = 20;

/// What stands in the place of what has been paid.
const PAID: &[u8] = b"";

impl Due {
    fn payment(&self, work: &str, now: Timestamp) -> Option<Payment> {
        payment(&self.challenge, self.bits, self.until, work, now)
    }

    fn owed(self, wait: Duration) -> Owed {
        Owed {
            challenge: self.challenge,
            bits: self.bits,
            wait,
        }
    }
}

impl Signin {
    /// Takes the price from an interaction; what it still owes otherwise. A price that was named stands: it grows no
    /// dearer while it is being paid.
    pub(super) async fn collect(
        &self,
        interaction: &str,
        price: Price,
        work: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Payment, Owed>, StateError> {
        let key = due_key(interaction);
        let stored = self.state.get(&key, now).await?.unwrap_or_default();
        let Ok(due) = serde_json::from_slice::<Due>(&stored) else {
            return Ok(Err(self.charge(&key, Some(price.bits), price.wait, now).await?));
        };
        let Some(payment) = due.payment(work, now) else {
            let wait = due.until.since(now);
            return Ok(Err(due.owed(wait)));
        };
        if payment == Payment::Wait && !self.may_pay_by_waiting(address, now).await? {
            return Ok(Err(due.owed(MINUTE)));
        }
        if self.state.swap(&key, &stored, PAID, now, KEPT).await? {
            return Ok(Ok(payment));
        }
        // Another request has paid with it.
        Ok(Err(self.charge(&key, Some(price.bits), price.wait, now).await?))
    }

    /// What an interaction owes that has paid where messages are rationed, and came too late in this minute.
    pub(super) async fn owe_a_minute(&self, interaction: &str, now: Timestamp) -> Result<Owed, StateError> {
        self.charge(&due_key(interaction), None, MINUTE, now).await
    }

    async fn charge(
        &self,
        key: &str,
        bits: Option<u32>,
        wait: Duration,
        now: Timestamp,
    ) -> Result<Owed, StateError> {
        let due = Due {
            challenge: self.rng.token(),
            bits,
            until: now.plus(wait),
        };
        let encoded = serde_json::to_vec(&due).map_err(|fault| StateError(fault.to_string()))?;
        self.state.put(key, &encoded, now, KEPT).await?;
        Ok(due.owed(wait))
    }

    async fn may_pay_by_waiting(&self, address: IpAddr, now: Timestamp) -> Result<bool, StateError> {
        let Some(sender) = self.senders.sender_of(address) else {
            return Ok(true);
        };
        let waited = self.state.count(&format!("waited:{sender}"), now, MINUTE).await?;
        Ok(waited <= WAITED_PER_MINUTE)
    }
}

/// In braces as the keys of [`super::interaction`] are.
fn due_key(interaction: &str) -> String {
    format!("due:{{{interaction}}}")
}
