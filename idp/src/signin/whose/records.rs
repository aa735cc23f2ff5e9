use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::Signin;
use crate::account::{self, PhoneNumber};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::web::PageError;

/// How long the question waits: to find a card takes a while. Ours.
const OPEN: Duration = Duration::from_secs(30 * 60);

/// What is to be answered before somebody is let in who has shown a right code or passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::signin) enum Question {
    /// Whose account it is.
    Whose,
    /// Whether its owner, who is leaving, stays: shown by this passkey, or by a code.
    Leaving { passkey: Option<Uuid> },
}

/// A question as it is kept with its interaction.
#[derive(Serialize, Deserialize)]
struct Kept {
    question: Question,
    /// The number that has answered its code, sealed.
    phone: Option<Vec<u8>>,
}

/// A question, and the number that has answered its code.
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) phone: Option<PhoneNumber>,
}

impl Signin {
    /// Keeps the question for the page that asks.
    pub(in crate::signin) async fn ask(
        &self,
        interaction: &str,
        phone: Option<&PhoneNumber>,
        question: Question,
        now: Timestamp,
    ) -> Result<(), PageError> {
        let seal = |phone: &PhoneNumber| self.vault.seal(SEALED_PHONE, interaction, phone.e164());
        let phone = phone.map(seal).transpose()?;
        let kept = serde_json::to_vec(&Kept { question, phone }).map_err(PageError::internal)?;
        Ok(self.state.put(&key(interaction), &kept, now, OPEN).await?)
    }

    /// The question of an interaction; none where it was answered, or waited too long.
    pub(super) async fn asked(&self, interaction: &str, now: Timestamp) -> Result<Option<Asked>, PageError> {
        let kept = self.state.get(&key(interaction), now).await?;
        self.read(interaction, kept.as_deref())
    }

    /// As [`Signin::asked`], for the one request that answers it.
    pub(super) async fn settle_question(
        &self,
        interaction: &str,
        now: Timestamp,
    ) -> Result<Option<Asked>, PageError> {
        let kept = self.state.take(&key(interaction), now).await?;
        self.read(interaction, kept.as_deref())
    }

    fn read(&self, interaction: &str, kept: Option<&[u8]>) -> Result<Option<Asked>, PageError> {
        let Some(kept) = kept else {
            return Ok(None);
        };
        let kept: Kept = serde_json::from_slice(kept).map_err(PageError::internal)?;
        let open = |sealed: Vec<u8>| self.vault.open(SEALED_PHONE, interaction, &sealed);
        let phone = kept.phone.map(open).transpose()?;
        Ok(Some(Asked {
            question: kept.question,
            phone: phone.as_deref().and_then(PhoneNumber::from_e164),
        }))
    }

    /// The account that holds the number.
    pub(super) async fn holder(&self, phone: &PhoneNumber) -> Result<Option<Uuid>, StoreError> {
        let holder = account::find_by_phone(&self.db, &self.vault, phone).await?;
        Ok(holder.map(|holder| holder.id))
    }
}

const SEALED_PHONE: &str = "interaction.asked";

fn key(interaction: &str) -> String {
    format!("asked:{{{interaction}}}")
}
