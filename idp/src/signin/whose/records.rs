use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Signin;
use super::super::verify_code::VerifyCode;
use crate::account::{self, PhoneNumber};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::web::{ErrorKind, PageError};

/// How long the question waits: to find a card takes a while. Ours.
const OPEN: Duration = Duration::from_secs(30 * 60);

/// A number that has answered its code, and leaves open whose account it opens.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Doubt {
    /// Sealed.
    phone: Vec<u8>,
}

impl std::fmt::Debug for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Doubt")
    }
}

impl Signin {
    /// Keeps the number with its interaction, for the page that asks.
    pub(in crate::signin) async fn ask_whose(
        &self,
        ask: &VerifyCode,
        phone: &PhoneNumber,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let phone = self.vault.seal(SEALED_PHONE, &ask.interaction, phone.e164())?;
        let kept = serde_json::to_vec(&Doubt { phone }).map_err(|fault| internal(&fault))?;
        Ok(self.state.put(&key(&ask.interaction), &kept, now, OPEN).await?)
    }

    /// The number that the question is about; none where it was answered, or waited too long.
    pub(super) async fn doubted(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<PhoneNumber>, PageError> {
        let kept = self.state.get(&key(interaction), now).await?;
        self.number_of(interaction, kept.as_deref())
    }

    /// As [`Signin::doubted`], for the one request that settles it.
    pub(super) async fn settle_doubt(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<PhoneNumber>, PageError> {
        let kept = self.state.take(&key(interaction), now).await?;
        self.number_of(interaction, kept.as_deref())
    }

    fn number_of(&self, interaction: &str, kept: Option<&[u8]>) -> Result<Option<PhoneNumber>, PageError> {
        let Some(kept) = kept else {
            return Ok(None);
        };
        let doubt: Doubt = serde_json::from_slice(kept).map_err(|fault| internal(&fault))?;
        let phone = self.vault.open(SEALED_PHONE, interaction, &doubt.phone)?;
        Ok(PhoneNumber::from_e164(&phone))
    }

    /// The account that held the number when it fell silent.
    pub(super) async fn last_holder(&self, phone: &PhoneNumber) -> Result<Option<uuid::Uuid>, StoreError> {
        let holder = account::find_by_phone(&self.db, &self.vault, phone).await?;
        Ok(holder.map(|holder| holder.id))
    }
}

const SEALED_PHONE: &str = "interaction.doubt";

fn key(interaction: &str) -> String {
    format!("whose:{{{interaction}}}")
}

fn internal(fault: &serde_json::Error) -> PageError {
    PageError::new(ErrorKind::Internal).because(fault.to_string())
}
