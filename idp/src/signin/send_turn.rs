use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Signin;
use super::send_code::{Occasion, SendCode, Unsent};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::state::StateError;
use crate::web::{ErrorKind, PageError};

/// How long one send may keep the interaction's others waiting, and what it came to is kept for them.
const TURN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);
/// In the time that a turn may take.
const MOST_WAITING: u64 = 8;

/// Who holds a turn writes the first; who waits for it makes it the second; whoever nobody waited for leaves the third.
const HELD: &[u8] = b"held";
const AWAITED: &[u8] = b"awaited";
const FREE: &[u8] = b"free";

/// What a send that others waited for came to, in the place of a turn that is free.
#[derive(Serialize, Deserialize)]
struct Ended {
    occasion: Occasion,
    /// Number and work, hashed: what others wait for takes little room, whatever was sent.
    form: [u8; 32],
    result: Result<(), Unsent>,
}

impl Signin {
    /// Sends a code, one request of an interaction at a time. A copy of a form that is being worked on, the second half
    /// of a double click, waits and tells what became of the first: the browser has thrown that answer away.
    pub(super) async fn take_turn(
        &self,
        context: &Context,
        ask: &SendCode,
    ) -> Result<Result<(), Unsent>, PageError> {
        let (turn, now) = (format!("sending:{{{}}}", ask.interaction), context.now);
        let mut waited = Duration::ZERO;
        while !self.state.put_new(&turn, HELD, now, TURN).await? {
            match self.state.get(&turn, now).await?.as_deref() {
                None => continue,
                Some(HELD | AWAITED) => {
                    if waited >= TURN {
                        return Err(PageError::new(ErrorKind::Unavailable)
                            .because("an earlier send does not come to its end"));
                    }
                    if waited.is_zero() {
                        self.queue_up(ask, now).await?;
                    }
                    self.state.swap(&turn, HELD, AWAITED, now, TURN).await?;
                    tokio::time::sleep(POLL).await;
                    waited += POLL;
                }
                Some(ended) => {
                    if !waited.is_zero()
                        && let Some(first) = self.told(ended, ask)
                    {
                        return Ok(first);
                    }
                    if self.state.swap(&turn, ended, HELD, now, TURN).await? {
                        break;
                    }
                }
            }
        }
        let result = self.send_in_turn(context, ask).await;
        if let Err(fault) = self.end_turn(&turn, ask, result.as_ref().ok(), now).await {
            tracing::warn!(%fault, "a turn to send could not be given back; it ends by itself");
        }
        result
    }

    /// Waiting goes on when the browser has hung up, and costs more than asking: so only so many of one interaction do.
    async fn queue_up(&self, ask: &SendCode, now: Timestamp) -> Result<(), PageError> {
        let queue = format!("queue:{{{}}}", ask.interaction);
        if self.state.count(&queue, now, TURN).await? <= MOST_WAITING {
            return Ok(());
        }
        Err(PageError::new(ErrorKind::TooManyRequests)
            .retry_after(TURN)
            .because("one form is sent again and again"))
    }

    /// What became of the same form's first copy, where that is what has just ended.
    fn told(&self, ended: &[u8], ask: &SendCode) -> Option<Result<(), Unsent>> {
        let ended: Ended = serde_json::from_slice(ended).ok()?;
        let same = ended.occasion == ask.occasion && ended.form == self.form_of(ask);
        same.then_some(ended.result)
    }

    fn form_of(&self, ask: &SendCode) -> [u8; 32] {
        self.vault
            .mac("form", [ask.phone.e164(), &ask.work].join("\n").as_bytes())
    }

    async fn end_turn(
        &self,
        turn: &str,
        ask: &SendCode,
        result: Option<&Result<(), Unsent>>,
        now: Timestamp,
    ) -> Result<(), StateError> {
        if self.state.swap(turn, HELD, FREE, now, TURN).await? {
            return Ok(());
        }
        let Some(result) = result else {
            return self.state.put(turn, FREE, now, TURN).await;
        };
        let ended = Ended {
            occasion: ask.occasion,
            form: self.form_of(ask),
            result: result.clone(),
        };
        let ended = serde_json::to_vec(&ended).map_err(|fault| StateError(fault.to_string()))?;
        self.state.put(turn, &ended, now, TURN).await
    }
}
