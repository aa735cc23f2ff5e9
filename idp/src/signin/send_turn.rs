use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Signin;
use super::send_code::{Occasion, SendCode, SendRefusal};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::state::StateError;
use crate::web::{ErrorKind, PageError};

/// How long one send may keep the interaction's others waiting, and what it came to is kept for them.
const TURN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// Who holds a turn writes the first; who waits for it makes it the second.
const HELD: &[u8] = b"";
const AWAITED: &[u8] = b"awaited";

/// What the last send that others waited for came to.
#[derive(Serialize, Deserialize)]
struct LastSend {
    occasion: Occasion,
    number: [u8; 32],
    result: Result<(), SendRefusal>,
}

impl Signin {
    /// Sends a code, one request of an interaction at a time. A copy of a form that is being worked on, the second half
    /// of a double click, waits and tells what became of the first: the browser has thrown that answer away.
    pub(super) async fn take_turn(
        &self,
        context: &Context,
        ask: &SendCode,
    ) -> Result<Result<(), SendRefusal>, PageError> {
        let (turn, now) = (format!("sending:{{{}}}", ask.interaction), context.now);
        let mut waited = Duration::ZERO;
        while !self.state.put_new(&turn, HELD, now, TURN).await? {
            if waited >= TURN {
                return Err(PageError::new(ErrorKind::Unavailable)
                    .because("an earlier send does not come to its end"));
            }
            self.state.swap(&turn, HELD, AWAITED, now, TURN).await?;
            tokio::time::sleep(POLL).await;
            waited += POLL;
        }
        let result = self.send_or_repeat(context, ask, waited).await;
        let told = result.as_ref().ok().copied();
        if let Err(fault) = self.end_turn(&turn, ask, told, now).await {
            tracing::warn!(%fault, "a turn to send could not be given back; it ends by itself");
        }
        result
    }

    async fn send_or_repeat(
        &self,
        context: &Context,
        ask: &SendCode,
        waited: Duration,
    ) -> Result<Result<(), SendRefusal>, PageError> {
        if waited.is_zero() {
            // What there is was kept for others.
            self.state.remove(&last_key(ask)).await?;
            return self.send_in_turn(context, ask).await;
        }
        let stored = self.state.get(&last_key(ask), context.now).await?;
        let last: Option<LastSend> = stored.and_then(|stored| serde_json::from_slice(&stored).ok());
        let form = (ask.occasion, ask.phone.index(&self.vault));
        match last.filter(|last| (last.occasion, last.number) == form) {
            Some(first) => Ok(first.result),
            None => self.send_in_turn(context, ask).await,
        }
    }

    async fn end_turn(
        &self,
        turn: &str,
        ask: &SendCode,
        result: Option<Result<(), SendRefusal>>,
        now: Timestamp,
    ) -> Result<(), StateError> {
        if self.state.get(turn, now).await?.as_deref() == Some(AWAITED)
            && let Some(result) = result
        {
            let last = LastSend {
                occasion: ask.occasion,
                number: ask.phone.index(&self.vault),
                result,
            };
            let stored = serde_json::to_vec(&last).map_err(|fault| StateError(fault.to_string()))?;
            self.state.put(&last_key(ask), &stored, now, TURN).await?;
        }
        self.state.remove(turn).await
    }
}

fn last_key(ask: &SendCode) -> String {
    format!("last-send:{{{}}}", ask.interaction)
}
