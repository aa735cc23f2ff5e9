//! Asks the carriers whether a number was given to somebody else since it last answered here. Only a plain, signed answer
//! counts, either way.
//! May import: gateway, clock, rng, config.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use crate::clock::Timestamp;
use crate::config::Settings;
use crate::gateway::{Counterpart, SecretError, SigningKey};
use crate::rng::Rng;

/// The city's way to the carriers, called as the authority for real names is. `docs/operator.md` has the whole of it.
#[derive(Clone)]
pub struct Carrier(Arc<Inner>);

struct Inner {
    counterpart: Counterpart,
    rng: Rng,
}

/// Whose a number is, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The same as at that time.
    Same,
    /// Somebody else: the number was given away again.
    Another,
    /// No carrier was asked, or none has answered in a way that can be relied on.
    Unknown,
}

/// Why the configured carriers cannot be asked.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SetupError {
    #[error("carrier.url must be https unless dev = true: telephone numbers pass through it")]
    PlainHttp,
    #[error("carrier.secret {0}")]
    Secret(SecretError),
}

impl SetupError {
    /// The key of the configuration that is to blame.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PlainHttp => "carrier.url",
            Self::Secret(_) => "carrier.secret",
        }
    }
}

/// As it stands on the wire.
#[derive(Deserialize)]
struct Answer {
    transaction: String,
    recycled: bool,
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carrier")
    }
}

impl Carrier {
    /// The carriers that the operator has configured, if any.
    ///
    /// # Errors
    /// Says which key of the configuration is wrong and what to write instead.
    pub fn new(settings: &Settings, http: reqwest::Client, rng: Rng) -> Result<Option<Self>, SetupError> {
        let Some(carrier) = &settings.carrier else {
            return Ok(None);
        };
        let is_safe = carrier.url.scheme() == "https" || (settings.dev && carrier.url.scheme() == "http");
        if !is_safe {
            return Err(SetupError::PlainHttp);
        }
        let counterpart = Counterpart {
            url: carrier.url.clone(),
            key: SigningKey::read(&carrier.secret).map_err(SetupError::Secret)?,
            patience: carrier.timeout.get(),
            http,
        };
        Ok(Some(Self(Arc::new(Inner { counterpart, rng }))))
    }

    /// Whether the number (in E.164) has been the same person's since then.
    pub async fn holder_since(&self, number: &str, since: Timestamp, now: Timestamp) -> Holder {
        let transaction = format!("carrier_{}", self.0.rng.id());
        match self.ask(&transaction, number, since, now).await {
            Ok(true) => Holder::Another,
            Ok(false) => Holder::Same,
            Err(reason) => {
                tracing::warn!(transaction, reason, "the carriers could not be asked");
                Holder::Unknown
            }
        }
    }

    async fn ask(
        &self,
        transaction: &str,
        number: &str,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, &'static str> {
        let question = json!({ "transaction": transaction, "phone": number, "since": since.seconds() });
        let counterpart = &self.0.counterpart;
        let answer: Answer = counterpart.ask(transaction, question.to_string(), now).await?;
        if answer.transaction != transaction {
            return Err("an answer to another question");
        }
        Ok(answer.recycled)
    }
}
