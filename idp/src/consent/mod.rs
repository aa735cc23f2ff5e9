//! What may go to whom, for what purpose, until when.
//! May import: signin, account, department, audit, web, store, state, clock, rng, config.

mod ask;
mod exchanges;
mod handlers;
mod item;
pub mod pages;
mod records;
mod sweep;
mod words;

#[cfg(test)]
mod records_test;

pub use ask::{Ask, Wanted, allowed, ask, required_since, stands};
pub use exchanges::{Exchanged, count_exchange, exchanges_of, move_exchanges};
pub use handlers::{Consent, answer, question};
pub use item::Item;
pub use records::{Given, end_of_account, standing_within, withdraw, withdraw_all};
pub use sweep::sweep;
pub use words::{RecordWords, item_words, record_words};

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::signin::INTERACTION_KEPT;
use crate::state::{State, StateError};
use crate::store::{Db, StoreError};

/// The consents of residents, and the questions that are open.
#[derive(Clone, Debug)]
pub struct Consents {
    db: Db,
    state: State,
}

impl Consents {
    #[must_use]
    pub const fn new(db: Db, state: State) -> Self {
        Self { db, state }
    }

    /// What an account allows a client now.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn standing(
        &self,
        account: Uuid,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Vec<Given>, StoreError> {
        records::standing(&self.db, account, client_id, now).await
    }

    /// What an account allows any client now.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn all_standing(
        &self,
        account: Uuid,
        now: Timestamp,
    ) -> Result<Vec<(String, Given)>, StoreError> {
        records::all_standing(&self.db, account, now).await
    }

    /// Opens a question for an account within an interaction.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn begin(
        &self,
        interaction: &str,
        account: Uuid,
        ask: &Ask,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let stored = serde_json::to_vec(&(account, ask)).map_err(|fault| StateError(fault.to_string()))?;
        // A question may stay unanswered for as long as its interaction.
        self.state
            .put(&key(interaction), &stored, now, INTERACTION_KEPT)
            .await
    }

    async fn open_question(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<(Uuid, Ask)>, StateError> {
        let stored = self.state.get(&key(interaction), now).await?;
        Ok(stored.and_then(|stored| serde_json::from_slice(&stored).ok()))
    }

    async fn close_question(&self, interaction: &str) -> Result<(), StateError> {
        self.state.remove(&key(interaction)).await
    }

    /// The records that an account has left unticked within an interaction.
    ///
    /// # Errors
    /// Where the short-lived state does not answer.
    pub async fn left(
        &self,
        interaction: &str,
        account: Uuid,
        now: Timestamp,
    ) -> Result<Vec<Item>, StateError> {
        let stored = self.state.get(&left_key(interaction), now).await?;
        let stored = stored.and_then(|stored| serde_json::from_slice::<(Uuid, Vec<Item>)>(&stored).ok());
        // Somebody else may have signed in since.
        let own = stored.filter(|(whose, _)| *whose == account);
        Ok(own.map(|(_, left)| left).unwrap_or_default())
    }

    /// Keeps in mind which records were left unticked, so that the same request does not ask for them twice. Scopes it does
    /// not ask for twice in any case.
    async fn leave(
        &self,
        interaction: &str,
        account: Uuid,
        mut left: Vec<Item>,
        now: Timestamp,
    ) -> Result<(), StateError> {
        left.retain(|item| matches!(item, Item::Record(_)));
        if left.is_empty() {
            return Ok(());
        }
        left.extend(self.left(interaction, account, now).await?);
        let stored = serde_json::to_vec(&(account, left)).map_err(|fault| StateError(fault.to_string()))?;
        self.state
            .put(&left_key(interaction), &stored, now, INTERACTION_KEPT)
            .await
    }
}

/// In braces as the other keys of one interaction are.
fn key(interaction: &str) -> String {
    format!("consent:{{{interaction}}}")
}

fn left_key(interaction: &str) -> String {
    format!("consent-left:{{{interaction}}}")
}
