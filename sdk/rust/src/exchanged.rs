//! The tokens for other departments' records that this node has been given, until they end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::record::Record;
use crate::session::SessionKey;
use crate::tokens::AccessToken;

#[derive(Default)]
pub(crate) struct Exchanged(Mutex<HashMap<(SessionKey, Record), Kept>>);

struct Kept {
    token: AccessToken,
    until: SystemTime,
}

impl Exchanged {
    pub(crate) fn find(&self, key: SessionKey, record: &Record, now: SystemTime) -> Option<AccessToken> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get(&(key, record.clone()))?;
        (now < kept.until).then(|| kept.token.clone())
    }

    /// The holder has refused it.
    pub(crate) fn forget(&self, key: SessionKey, record: &Record) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&(key, record.clone()));
    }

    /// They live for a minute, so there are never many.
    pub(crate) fn keep(
        &self,
        key: SessionKey,
        record: Record,
        token: AccessToken,
        until: SystemTime,
        now: SystemTime,
    ) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| now < one.until);
        kept.insert((key, record), Kept { token, until });
    }
}
