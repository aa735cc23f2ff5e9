use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::timeout;
use url::Url;

use super::exchange::exchange;
use super::signature::SigningKey;
use crate::clock::Timestamp;

/// A service of the city's own that is asked by signed requests and answers by signed ones.
pub struct Counterpart {
    pub url: Url,
    pub key: SigningKey,
    /// How long an answer may take.
    pub patience: Duration,
    pub http: reqwest::Client,
}

impl std::fmt::Debug for Counterpart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counterpart")
    }
}

impl Counterpart {
    /// Puts a question under its transaction; only a whole answer signed for that transaction counts.
    ///
    /// # Errors
    /// Says what came instead.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        transaction: &str,
        question: String,
        now: Timestamp,
    ) -> Result<T, &'static str> {
        let request = self
            .key
            .signed(self.http.post(self.url.clone()), transaction, now, question);
        let answer = timeout(self.patience, exchange(request))
            .await
            .map_err(|_| "no answer in time")?
            .map_err(|_| "no whole answer")?;
        if answer.status != 200 {
            return Err("an answer with another status than 200");
        }
        if !self.key.has_signed(&answer, transaction) {
            return Err("an answer that is not signed with the configured secret");
        }
        answer.json().ok_or("an answer that cannot be read")
    }
}
