use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::claim::Claim;
use super::verdict::{Answer, Verdict, read};
use crate::clock::Timestamp;
use crate::config::Settings;
use crate::gateway::{Counterpart, SecretError, SigningKey};
use crate::rng::Rng;

/// The city's way to the authority, called as [Standard Webhooks](https://www.standardwebhooks.com) describes; its
/// answer is signed in the same way. `docs/operator.md` has the whole of it, for whoever stands between.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    counterpart: Counterpart,
    rng: Rng,
}

/// Why the configured authority cannot be asked.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SetupError {
    #[error("proofing.url must be https unless dev = true: names and identity numbers pass through it")]
    PlainHttp,
    #[error("proofing.secret {0}")]
    Secret(SecretError),
}

impl SetupError {
    /// The key of the configuration that is to blame.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PlainHttp => "proofing.url",
            Self::Secret(_) => "proofing.secret",
        }
    }
}

/// The authority cannot be asked at present. That says nothing about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotNow;

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// The authority that the operator has configured, if there is one.
    ///
    /// # Errors
    /// Says which key of the configuration is wrong and what to write instead.
    pub fn new(settings: &Settings, http: reqwest::Client, rng: Rng) -> Result<Option<Self>, SetupError> {
        let Some(proofing) = &settings.proofing else {
            return Ok(None);
        };
        let safe = proofing.url.scheme() == "https" || (settings.dev && proofing.url.scheme() == "http");
        if !safe {
            return Err(SetupError::PlainHttp);
        }
        let counterpart = Counterpart {
            url: proofing.url.clone(),
            key: SigningKey::read(&proofing.secret).map_err(SetupError::Secret)?,
            patience: proofing.timeout.get(),
            http,
        };
        Ok(Some(Self(Arc::new(Inner { counterpart, rng }))))
    }

    /// Asks whether the person is who they say.
    ///
    /// # Errors
    /// Where no answer comes in time, or none that makes sense: never a "no".
    pub async fn ask(&self, claim: &Claim, now: Timestamp) -> Result<Verdict, NotNow> {
        if claim.is_of_a_minor(now) {
            return Ok(Verdict::Minor);
        }
        let transaction = format!("proof_{}", self.0.rng.id());
        self.ask_as(&transaction, claim, now).await.map_err(|reason| {
            tracing::warn!(transaction, reason, "the authority could not be asked");
            NotNow
        })
    }

    async fn ask_as(
        &self,
        transaction: &str,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Verdict, &'static str> {
        let question = claim.question(transaction).to_string();
        let answer: Answer = self.0.counterpart.ask(transaction, question, now).await?;
        read(answer, claim, transaction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(dev: bool, url: &str, secret: &str) -> Result<bool, SetupError> {
        let text = format!("dev = {dev}\n[proofing]\nurl = \"{url}\"\nsecret = \"{secret}\"\n");
        let settings: Settings = toml::from_str(&text).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = crate::gateway::http_client(Vec::new()).unwrap();
        Authority::new(&settings, http, Rng::system()).map(|found| found.is_some())
    }

    #[test]
    fn what_cannot_work_is_refused_at_start() {
        const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert_eq!(setup(false, "https://proof.city.example/", SECRET), Ok(true));
        assert_eq!(setup(true, "http://127.0.0.1:1/", SECRET), Ok(true));
        assert_eq!(
            setup(false, "http://proof.city.example/", SECRET),
            Err(SetupError::PlainHttp)
        );
        assert_eq!(
            setup(false, "https://proof.city.example/", "s"),
            Err(SetupError::Secret(SecretError))
        );
    }
}
