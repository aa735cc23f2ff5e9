use std::time::Duration;

use uuid::Uuid;

use super::device::Device;
use crate::account::{Identity, Lacking, Level, Strength};
use crate::clock::Timestamp;

/// A resident signed in on one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: Uuid,
    pub account: Uuid,
    pub created_at: Timestamp,
    /// When the person last proved who they are.
    pub auth_time: Timestamp,
    pub last_seen_at: Timestamp,
    /// The end that no use postpones.
    pub expires_at: Timestamp,
    /// How they proved it (RFC 8176).
    pub amr: Vec<String>,
    pub device: Device,
    /// How well the person is known.
    pub identity: Identity,
    pub strength: Strength,
    /// The passkey it was opened with.
    pub passkey: Option<Uuid>,
    pub(super) token: TokenHash,
}

/// What the record keeps of the token that its browser has.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct TokenHash(pub(super) Vec<u8>);

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash")
    }
}

/// How a person has just proven who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Code,
    Passkey(Uuid),
    /// By a phone that was signed in and said yes to another browser.
    Phone {
        by_passkey: bool,
        /// When the person proved it there, and until when that sign-in lasts: a yes makes neither younger.
        auth_time: Timestamp,
        ends_at: Timestamp,
    },
}

impl Proof {
    /// Authentication method references, as far as they are true (RFC 8176 §2): without attestation nobody knows
    /// that a passkey's key is in hardware, so never `hwk`.
    pub(super) const fn amr(self) -> &'static str {
        match self {
            Self::Code => "sms",
            Self::Passkey(_) => "pop user mfa",
            Self::Phone {
                by_passkey: false, ..
            } => "mca sms",
            Self::Phone { by_passkey: true, .. } => "mca pop user mfa",
        }
    }

    pub(super) const fn auth_time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Code | Self::Passkey(_) => now,
            Self::Phone { auth_time, .. } => auth_time,
        }
    }

    pub(super) fn ends_at(self, longest: Timestamp) -> Timestamp {
        match self {
            Self::Code | Self::Passkey(_) => longest,
            Self::Phone { ends_at, .. } => ends_at.min(longest),
        }
    }

    pub(super) const fn passkey(self) -> Option<Uuid> {
        match self {
            // Whoever sends the picture on to its victim is signed in as them: a passkey elsewhere is none here.
            Self::Code | Self::Phone { .. } => None,
            Self::Passkey(id) => Some(id),
        }
    }
}

/// How long a session lasts (configuration: `[session]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetime {
    pub(super) idle: Duration,
    pub(super) absolute: Duration,
    /// In place of `idle` on a kiosk.
    pub(super) kiosk: Duration,
}

/// How long a sign-in is fresh enough for what changes how an account is signed in to, or whose it is. Ours.
pub const FRESH: Duration = Duration::from_secs(10 * 60);

/// A session seen within this time is not written to again.
const GRAIN: Duration = Duration::from_secs(60);
/// The same on a kiosk, where a minute is half of what there is.
pub(super) const KIOSK_GRAIN: Duration = Duration::from_secs(5);

impl Session {
    /// Whether it still counts: neither too old nor too long unused.
    pub(super) fn is_live(&self, lifetime: Lifetime, now: Timestamp) -> bool {
        let idle = if self.is_at_kiosk() {
            lifetime.kiosk
        } else {
            lifetime.idle
        };
        self.expires_at > now && self.last_seen_at.plus(idle) > now
    }

    /// Whether this use should be written down.
    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        let grain = if self.is_at_kiosk() { KIOSK_GRAIN } else { GRAIN };
        now.since(self.last_seen_at) >= grain
    }

    /// Whether it is on a registered kiosk: whoever comes next stands before the same browser.
    #[must_use]
    pub const fn is_at_kiosk(&self) -> bool {
        self.device.kiosk.is_some()
    }

    /// What `acr` says of it.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::of(self.identity, self.strength)
    }

    /// What must be added first to reach a level; none where it is reached.
    #[must_use]
    pub fn lacks(&self, level: Level) -> Option<Lacking> {
        level.lacking(self.identity, self.strength)
    }

    /// Whether another session's yes opened it: it says no yes of its own.
    #[must_use]
    pub fn came_by_phone(&self) -> bool {
        self.amr.iter().any(|method| method == "mca")
    }

    /// Whether somebody has signed in here since then, and by themselves: not by another device's yes.
    #[must_use]
    pub fn signed_in_here_since(&self, after: Timestamp) -> bool {
        self.auth_time >= after && !self.came_by_phone()
    }

    /// Whether the sign-in is recent enough for who asks.
    #[must_use]
    pub fn satisfies(&self, fresh_after: Option<Timestamp>) -> bool {
        fresh_after.is_none_or(|after| self.auth_time >= after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_age_and_by_silence() {
        let at = |minutes: i64| Timestamp::from_seconds(minutes * 60);
        let lifetime = Lifetime {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 3600),
            kiosk: Duration::from_secs(120),
        };
        let mut session = Session {
            id: Uuid::nil(),
            account: Uuid::nil(),
            created_at: at(0),
            auth_time: at(0),
            last_seen_at: at(0),
            expires_at: at(720),
            amr: vec![],
            device: Device::default(),
            identity: Identity::Unknown,
            strength: Strength::Code,
            passkey: None,
            token: TokenHash(vec![]),
        };
        assert!(session.is_live(lifetime, at(29)) && !session.is_live(lifetime, at(30)));
        session.last_seen_at = at(700);
        assert!(session.is_live(lifetime, at(719)) && !session.is_live(lifetime, at(720)));
        session.device.kiosk = Some(Uuid::nil());
        assert!(session.is_live(lifetime, at(701)) && !session.is_live(lifetime, at(702)));
        assert!(session.satisfies(None) && session.satisfies(Some(at(0))) && !session.satisfies(Some(at(1))));
    }
}
