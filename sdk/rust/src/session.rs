//! A person's stay at this department: what the provider said of them, and the tokens it gave.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::chance;
use crate::error::Error;
use crate::kiosk::KioskIdle;
use crate::record::Record;
use crate::tokens::Tokens;

/// What the browser's cookie holds. The store keeps only its hash, so that a copy of the store signs nobody in.
pub(crate) struct SessionSecret(String);

impl SessionSecret {
    pub(crate) fn fresh(kiosk: Option<KioskIdle>) -> Result<Self, Error> {
        let secret = chance::token()?;
        Ok(Self(kiosk.map_or(secret.clone(), |kiosk| kiosk.mark(&secret))))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// The hash of a [`SessionSecret`]: how a session is found. At a kiosk, with how long it may stand unused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionKey {
    hash: [u8; 32],
    kiosk: Option<KioskIdle>,
}

impl SessionKey {
    pub(crate) fn of(cookie: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, cookie.as_bytes()).as_ref());
        Self {
            hash,
            kiosk: KioskIdle::of_cookie(cookie),
        }
    }

    /// How long its session may stand unused, where it may for `usual` elsewhere.
    pub(crate) fn idle(&self, usual: Duration) -> Duration {
        self.kiosk.map_or(usual, |kiosk| usual.min(kiosk.span()))
    }

    /// For the store.
    pub(crate) fn name(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.hash)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.hash
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) sub: String,
    /// The provider's name for the sign-in behind this session, by which it says that it has ended.
    pub(crate) sid: Option<String>,
    /// What the ID token and UserInfo said.
    pub(crate) claims: Map<String, Value>,
    pub(crate) begun: SystemTime,
    pub(crate) tokens: Tokens,
    /// The records of other departments that the person has given.
    #[serde(default)]
    pub(crate) given: Vec<Record>,
    /// Those to which they have said no. It counts, whatever they gave before.
    #[serde(default)]
    pub(crate) declined: Vec<Record>,
}

impl Session {
    /// Whether the person has said yes or no to it.
    pub(crate) fn has_answered(&self, record: &Record) -> bool {
        self.given.contains(record) || self.declined.contains(record)
    }
}

/// Whom the provider says is signed out (Back-Channel Logout §2.4: `sid`, `sub`, or both).
pub(crate) enum Ended {
    Sid(String),
    Sub(String),
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}
