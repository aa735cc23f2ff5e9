use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Signin;
use super::interaction::KEPT;
use super::send_code::{Occasion, SendCode, SendRefusal};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::state::StateError;
use crate::web::{ErrorKind, PageError};

/// How long one send may keep the interaction's others waiting, and what it came to is kept for them.
const TURN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// What an interaction's last send came to.
#[derive(Serialize, Deserialize)]
struct LastSend {
    occasion: Occasion,
    number: [u8; 32],
    /// Whoever drew a lower ticket came before its end.
    next_ticket: u64,
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
        let ticket = self.draw_ticket(ask, context.now).await?;
        let turn = format!("sending:{{{}}}", ask.interaction);
        let mut left = TURN;
        while !self.state.put_new(&turn, b"", context.now, TURN).await? {
            if left.is_zero() {
                return Err(PageError::new(ErrorKind::Unavailable)
                    .because("an earlier send does not come to its end"));
            }
            tokio::time::sleep(POLL).await;
            left = left.saturating_sub(POLL);
        }
        let result = self.send_or_repeat(context, ask, ticket).await;
        if let Err(fault) = self.state.remove(&turn).await {
            tracing::warn!(%fault, "a turn to send could not be given back; it ends by itself");
        }
        result
    }

    async fn send_or_repeat(
        &self,
        context: &Context,
        ask: &SendCode,
        ticket: u64,
    ) -> Result<Result<(), SendRefusal>, PageError> {
        let number = ask.phone.index(&self.vault);
        let last = self.state.get(&last_key(ask), context.now).await?;
        let last: Option<LastSend> = last.and_then(|stored| serde_json::from_slice(&stored).ok());
        let is_copy = |last: &LastSend| {
            (last.occasion, last.number) == (ask.occasion, number) && ticket < last.next_ticket
        };
        if let Some(first) = last.filter(is_copy) {
            return Ok(first.result);
        }
        let result = self.send_in_turn(context, ask).await?;
        if let Err(fault) = self.note_send(ask, number, result, context.now).await {
            tracing::warn!(%fault, "what a send came to could not be kept for copies of its form");
        }
        Ok(result)
    }

    async fn note_send(
        &self,
        ask: &SendCode,
        number: [u8; 32],
        result: Result<(), SendRefusal>,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let sent = LastSend {
            occasion: ask.occasion,
            number,
            next_ticket: self.draw_ticket(ask, now).await?,
            result,
        };
        let stored = serde_json::to_vec(&sent).map_err(|fault| StateError(fault.to_string()))?;
        self.state.put(&last_key(ask), &stored, now, TURN).await
    }

    /// Tickets number an interaction's requests to send as they come.
    async fn draw_ticket(&self, ask: &SendCode, now: Timestamp) -> Result<u64, StateError> {
        let tickets = format!("send-tickets:{{{}}}", ask.interaction);
        self.state.count(&tickets, now, KEPT).await
    }
}

fn last_key(ask: &SendCode) -> String {
    format!("last-send:{{{}}}", ask.interaction)
}
