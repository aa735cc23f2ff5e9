use super::jose::{Algorithm, SignError};
use crate::store::StoreError;

/// Why the key ring could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the signing key {kid} cannot be opened: it was made under another master key; configure that one, \
         or revoke the key (`yimen keys revoke {kid}`), which ends every token it signed"
    )]
    Sealed { kid: String },
    #[error("the signing key {kid} is damaged: {fault}; revoke it with `yimen keys revoke {kid}`")]
    Damaged { kid: String, fault: SignError },
    #[error("no new {0} key could be made")]
    Generation(Algorithm),
    #[error("there is no signing key with the kid {0}; `yimen keys list` shows them")]
    UnknownKid(String),
    #[error("the key ring signs with ES256 and RS256, not with {0}")]
    NotOurs(Algorithm),
}
