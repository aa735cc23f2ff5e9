use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::backoff::next_attempt;
use super::logout_token::Logout;
use super::records::{self, Claimed, Letter};
use super::text::Text;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Clock;
use crate::config::{Config, Secret};
use crate::fetch::Fetcher;
use crate::keys::jose::Algorithm;
use crate::keys::{KeyRing, TokenType};
use crate::rng::Rng;
use crate::sms::{Attempt, Content, Message, Outcome, Recipient, Sms};
use crate::store::{Db, StoreError, Vault};

/// How often the outbox is looked through.
const PACE: Duration = Duration::from_millis(500);
/// How long a claimed message is left alone by other nodes: longer than any delivery takes.
const LEASE: Duration = Duration::from_secs(30);
/// How many deliveries are under way at once.
const MOST: usize = 128;

/// Delivers what stands in the outbox. Every node runs one; a message is claimed by one of them.
#[derive(Clone, Debug)]
pub struct Courier {
    pub config: Arc<Config>,
    pub clock: Clock,
    pub rng: Rng,
    pub db: Db,
    pub keys: KeyRing,
    pub fetcher: Fetcher,
    pub sms: Sms,
    pub vault: Vault,
}

/// Why a message did not arrive.
struct Failure {
    said: String,
    /// Trying again would change nothing.
    is_final: bool,
}

impl Failure {
    fn new(said: &impl ToString) -> Self {
        Self {
            said: said.to_string(),
            is_final: false,
        }
    }
}

impl Courier {
    /// Delivers until the task is dropped. Each message goes its own way, so that a slow
    /// department keeps no other waiting.
    pub async fn run(self) {
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut under_way = JoinSet::new();
        loop {
            pace.tick().await;
            while under_way.try_join_next().is_some() {}
            match self.claim(MOST.saturating_sub(under_way.len())).await {
                Ok(claimed) => {
                    for message in claimed {
                        let courier = self.clone();
                        under_way.spawn(async move { courier.deliver(message).await });
                    }
                }
                Err(fault) => tracing::warn!(%fault, "the outbox cannot be read"),
            }
        }
    }

    fn context(&self) -> Context {
        Context::of_node(self.clock.now(), &self.rng)
    }

    pub(super) async fn claim(&self, most: usize) -> Result<Vec<Claimed>, StoreError> {
        if most == 0 || !records::is_any_due(&self.db, self.clock.now()).await? {
            return Ok(Vec::new());
        }
        let mut change = Change::begin(&self.db, &self.context()).await?;
        let claimed = records::claim(&mut change, LEASE, most).await?;
        change.commit_housekeeping().await?;
        Ok(claimed)
    }

    pub(super) async fn deliver(&self, message: Claimed) {
        let result = self.send(&message).await;
        let noted = match &result {
            Ok(()) => self.note_delivered(&message).await,
            Err(failure) => self.note_failed(&message, failure).await,
        };
        if let Err(fault) = noted {
            tracing::warn!(%fault, "a delivery could not be noted; it will be repeated");
        }
    }

    async fn send(&self, message: &Claimed) -> Result<(), Failure> {
        match &message.letter {
            Letter::Logout(logout) if logout.is_polled => Err(Failure {
                said: "the department has not asked for it".to_owned(),
                is_final: true,
            }),
            Letter::Logout(logout) => self.send_logout(logout).await.map_err(|said| Failure::new(&said)),
            Letter::Text(text) => self.send_text(text, &message.id).await,
        }
    }

    async fn send_text(&self, text: &Text, id: &str) -> Result<(), Failure> {
        if !self.sms.takes_notices() {
            return Err(Failure {
                said: "no provider has a template for notices".to_owned(),
                is_final: true,
            });
        }
        let sealed = text.open(&self.vault, id).map_err(|fault| Failure::new(&fault))?;
        let public_url = &self.config.public_url;
        let what = text.sentence();
        let message = Message {
            language: what.language(),
            to: Recipient::from_e164(&sealed.number).ok_or_else(|| Failure::new(&"the number is none"))?,
            content: Content::Notice {
                what,
                link: Secret::new(public_url.join(&sealed.link)),
            },
            origin: public_url.host().to_owned(),
        };
        let delivery = self.sms.send(&message, self.clock.now()).await;
        if delivery.accepted.is_some() {
            return Ok(());
        }
        let refused = |attempt: &Attempt| matches!(attempt.outcome, Outcome::Refused { .. });
        Err(Failure {
            said: "no provider took it".to_owned(),
            is_final: delivery.attempts.iter().any(refused),
        })
    }

    async fn send_logout(&self, logout: &Logout) -> Result<(), String> {
        let algorithm = Algorithm::named(&logout.algorithm).unwrap_or(Algorithm::Rs256);
        let claims = logout.claims(self.config.public_url.issuer(), &self.rng.id(), self.clock.now());
        let token = self
            .keys
            .sign(algorithm, TokenType::Logout, &claims)
            .map_err(|fault| fault.to_string())?;
        let status = self
            .fetcher
            .post_form(&logout.uri, &[("logout_token", &token)], &logout.within)
            .await;
        match status.map_err(|fault| fault.to_string())? {
            200..=299 => Ok(()),
            status => Err(format!("the department answered {status}")),
        }
    }

    async fn note_delivered(&self, message: &Claimed) -> Result<(), StoreError> {
        let mut change = Change::begin(&self.db, &self.context()).await?;
        if !records::mark_delivered(&mut change, message).await? {
            return Ok(());
        }
        change
            .record(Self::event(Action::EventDelivered, message))
            .await?;
        change.commit().await
    }

    async fn note_failed(&self, message: &Claimed, failure: &Failure) -> Result<(), StoreError> {
        let said = failure.said.as_str();
        let (kind, client) = match &message.letter {
            Letter::Logout(logout) => ("logout", logout.client_id.as_str()),
            Letter::Text(_) => ("text", ""),
        };
        tracing::warn!(
            kind,
            client,
            attempts = message.attempts,
            said,
            "a message was not delivered"
        );
        let mut change = Change::begin(&self.db, &self.context()).await?;
        let [chance] = self.rng.bytes();
        let next = next_attempt(message.created_at, message.attempts, change.now(), chance);
        let next = next.filter(|_| !failure.is_final);
        let ours = records::mark_failed(&mut change, message, next, said).await?;
        if next.is_some() || !ours {
            return change.commit_housekeeping().await;
        }
        change
            .record(Self::event(Action::EventFailed, message).with("reason", said))
            .await?;
        change.commit().await
    }

    fn event(action: Action, message: &Claimed) -> Event {
        let event = Event::new(action).with("attempts", message.attempts);
        match &message.letter {
            Letter::Logout(logout) => {
                let event = event.client(&logout.client_id).with("kind", "logout");
                match logout.account {
                    Some(account) => event.account(account),
                    None => event,
                }
            }
            Letter::Text(text) => event.account(text.account).with("kind", "text"),
        }
    }
}
