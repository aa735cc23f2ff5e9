use std::time::Duration;

use serde::Serialize;

use super::jose::{Algorithm, LEEWAY, PublicKey, SigningKey};
use crate::clock::Timestamp;

/// Where a key stands in its life; a key only ever moves down this list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Published, so that it is known everywhere before its first signature.
    Next,
    /// Signs.
    Active,
    /// Signs no more; what it signed is still good.
    Retired,
    /// Known, or feared, to be in other hands: nothing it signed is good.
    Revoked,
}

impl Status {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Next, Self::Active, Self::Retired, Self::Revoked]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// A key as recorded, without its private half.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Key {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    pub(super) status: Status,
    pub(super) public: PublicKey,
    pub(super) published_at: Timestamp,
    pub(super) activates_at: Option<Timestamp>,
    pub(super) activated_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) leaves_at: Option<Timestamp>,
}

impl Key {
    /// Whether the published key set shows it.
    pub(super) fn is_published(&self, now: Timestamp) -> bool {
        match self.status {
            Status::Next | Status::Active => true,
            Status::Retired => self.leaves_at.is_some_and(|leaves| now < leaves),
            Status::Revoked => false,
        }
    }
}

/// How keys follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub algorithms: &'static [Algorithm],
    /// How long a key signs.
    pub rotate_every: Duration,
    /// How long a key is published before its turn comes by schedule.
    pub publish_ahead: Duration,
    /// How long others may go without looking at what we publish.
    pub cached_for: Duration,
    /// The longest life of anything signed.
    pub longest_token: Duration,
    /// How long a public key is kept after the key set has dropped it; none: for ever.
    pub remember: Option<Duration>,
}

impl Policy {
    /// What the key set's `Cache-Control` allows.
    pub const JWKS_MAX_AGE: Duration = Duration::from_secs(600);

    /// Until every node is sure to have seen a change: they look every few seconds.
    pub(super) const PROPAGATION: Duration = Duration::from_secs(60);

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    /// For tokens that live no longer than this. An expired ID token is still a hint at logout (OpenID Connect
    /// RP-Initiated Logout 1.0 §2).
    #[must_use]
    pub const fn for_tokens(longest_token: Duration) -> Self {
        Self {
            algorithms: SigningKey::ALGORITHMS,
            rotate_every: Self::DAY.saturating_mul(90),
            publish_ahead: Self::DAY,
            cached_for: Self::JWKS_MAX_AGE,
            longest_token,
            remember: Some(Self::DAY.saturating_mul(400)),
        }
    }

    /// For statements that live this long, those by which others learn our keys among them. Where we are somebody's
    /// anchor, people carry our keys into a configuration: they change once a year, and the next one is there all along.
    #[must_use]
    pub const fn for_statements(lifetime: Duration) -> Self {
        Self {
            algorithms: &[Algorithm::Es256],
            rotate_every: Self::DAY.saturating_mul(365),
            publish_ahead: Self::DAY.saturating_mul(30),
            cached_for: lifetime,
            longest_token: lifetime,
            remember: None,
        }
    }

    /// When a key may sign at the earliest: nobody who was told what we publish is still without it.
    pub(super) fn known_everywhere(&self, published_at: Timestamp) -> Timestamp {
        published_at.plus(self.cached_for).plus(Self::PROPAGATION)
    }

    /// When the last token has expired of a key that another follows now.
    pub(super) fn last_token_gone(&self, now: Timestamp) -> Timestamp {
        now.plus(Self::PROPAGATION).plus(self.longest_token).plus(LEEWAY)
    }
}

/// A key that signs no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastKey {
    pub public: PublicKey,
    pub issued_at: Timestamp,
    /// Nothing it signed is good from then on.
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl PastKey {
    pub(super) fn of(key: &Key) -> Option<Self> {
        let ended_at = match key.status {
            Status::Retired | Status::Revoked => key.ended_at?,
            Status::Next | Status::Active => return None,
        };
        Some(Self {
            public: key.public.clone(),
            issued_at: key.published_at,
            expires_at: key.leaves_at.unwrap_or(ended_at),
            revoked_at: (key.status == Status::Revoked).then_some(ended_at),
        })
    }
}

/// A key as `yimen keys list` shows it; times are RFC 3339.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct KeyView {
    /// What it signs: `tokens` or `federation`.
    pub purpose: &'static str,
    pub kid: String,
    pub algorithm: Algorithm,
    pub status: Status,
    /// Whether relying parties find it in the key set.
    pub published: bool,
    pub published_at: String,
    /// When its turn comes, of a next key.
    pub activates_at: Option<String>,
    pub activated_at: Option<String>,
    /// When it was retired or revoked.
    pub ended_at: Option<String>,
    /// When the key set drops it, of a retired key.
    pub leaves_at: Option<String>,
}
