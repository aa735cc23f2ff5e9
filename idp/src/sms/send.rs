use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::answer::fault;
use super::message::{Content, Message};
use super::outbox::Outbox;
use super::outcome::{Attempt, Delivery, Fault, Outcome};
use super::route::{Line, Route};
use crate::clock::{Timestamp, moment};
use crate::rng::Rng;

/// A message takes at most so many time-outs, however many providers there are.
const DEADLINE: u32 = 2;

/// The handle through which messages go out. Clones share the breakers and the outbox.
#[derive(Clone)]
pub struct Sms(Arc<Inner>);

pub(super) struct Inner {
    pub(super) routes: Vec<Route>,
    pub(super) timeout: Duration,
    pub(super) http: reqwest::Client,
    pub(super) rng: Rng,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.routes.iter().map(|route| route.line.provider()))
            .finish()
    }
}

impl Sms {
    pub(super) fn from_routes(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Sends through the first provider that can, and says how each one fared.
    ///
    /// The next provider is asked only after a fault of the one before; a limit or a refused number
    /// ends it. A message that timed out somewhere may still arrive: then it has the same code.
    ///
    /// This is to be awaited to its end: a caller whose browser may hang up spawns it.
    pub async fn send(&self, message: &Message, now: Timestamp) -> Delivery {
        let started = moment();
        let mut delivery = Delivery {
            accepted: None,
            attempts: Vec::new(),
        };
        let is_notice = matches!(message.content, Content::Notice { .. });
        let able = |route: &&Route| !is_notice || route.line.takes_notices();
        for route in self.0.routes.iter().filter(able) {
            let waited = started.elapsed();
            let left = (self.0.timeout * DEADLINE).saturating_sub(waited);
            // With less than this a sound provider would look slow, and its breaker would count it.
            if left < self.0.timeout / 4 {
                break;
            }
            let outcome = self
                .ask(route, message, now.plus(waited), left.min(self.0.timeout))
                .await;
            let provider = route.line.provider();
            let elapsed = started.elapsed().saturating_sub(waited);
            report(&outcome, provider);
            let ends = match outcome {
                Outcome::Accepted { .. } => {
                    delivery.accepted = Some(provider);
                    true
                }
                Outcome::Refused { .. } => true,
                Outcome::Fault { .. } | Outcome::Skipped => false,
            };
            delivery.attempts.push(Attempt {
                provider,
                outcome,
                elapsed,
            });
            if ends {
                break;
            }
        }
        delivery
    }

    /// Whether any provider has a text for notices.
    #[must_use]
    pub fn takes_notices(&self) -> bool {
        self.0.routes.iter().any(|route| route.line.takes_notices())
    }

    /// The development outbox, if it is among the providers.
    #[must_use]
    pub fn outbox(&self) -> Option<&Outbox> {
        self.0.routes.iter().find_map(|route| match &route.line {
            Line::Outbox { outbox, .. } => Some(outbox),
            _ => None,
        })
    }

    async fn ask(&self, route: &Route, message: &Message, now: Timestamp, patience: Duration) -> Outcome {
        if !route.breaker().admit(now) {
            return Outcome::Skipped;
        }
        let asked = moment();
        let sending = route.line.send(&self.0.http, message, self.0.rng.id(), now);
        let outcome = timeout(patience, sending)
            .await
            .unwrap_or_else(|_| fault(Fault::TimedOut, "no-answer"))
            .discreet(message);
        let mut breaker = route.breaker();
        if !matches!(outcome, Outcome::Fault { .. }) {
            breaker.worked();
        } else if breaker.failed(now.plus(asked.elapsed())) {
            tracing::warn!(provider = ?route.line.provider(), "sms circuit breaker opened");
        }
        outcome
    }
}

fn report(outcome: &Outcome, provider: crate::config::SmsProvider) {
    match outcome {
        Outcome::Accepted { message_id } => tracing::info!(?provider, message_id, "sms accepted"),
        Outcome::Fault {
            fault: Fault::NeedsOperator,
            detail,
        } => {
            tracing::error!(
                ?provider,
                detail,
                "sms provider sends nothing until an operator acts"
            );
        }
        Outcome::Fault { fault, detail } => tracing::warn!(?provider, ?fault, detail, "sms provider failed"),
        Outcome::Refused { refusal, detail } => tracing::info!(?provider, ?refusal, detail, "sms refused"),
        Outcome::Skipped => tracing::debug!(?provider, "sms provider skipped, its breaker is open"),
    }
}
