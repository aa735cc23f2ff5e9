use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sms::Sentence;
use crate::store::{StoreError, Vault};

/// A notice on its way to one of a resident's telephones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Text {
    pub(super) account: Uuid,
    /// What has happened, in Chinese.
    pub(super) what: String,
    /// The same for whoever reads English; an older node sends the Chinese.
    #[serde(default)]
    pub(super) english: Option<String>,
    /// Number and path of the link, sealed.
    pub(super) sealed: Vec<u8>,
}

/// What nobody but the recipient may read.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) number: String,
    /// A path of ours.
    pub(super) link: String,
}

impl Text {
    pub(super) fn sentence(&self) -> Sentence {
        Sentence {
            chinese: self.what.clone(),
            english: self.english.clone(),
        }
    }

    pub(super) fn open(&self, vault: &Vault, id: &str) -> Result<Sealed, StoreError> {
        let plain = vault.open(PLACE, id, &self.sealed)?;
        serde_json::from_str(&plain).map_err(|_| StoreError::Corrupt("outbox.payload"))
    }
}

pub(super) const PLACE: &str = "outbox.text";
