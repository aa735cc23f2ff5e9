use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::department::trust::allowed::Pause;
use crate::federation::{EntityId, Relaxation, TrustFault};
use crate::keys::jose::{JwkSet, JwkSetError};

/// A system that came under a decision.
#[derive(Clone, Debug)]
pub struct Entity {
    pub entity_id: String,
    /// The decision that it came under.
    pub allowed_id: Uuid,
    pub status: EntityStatus,
    /// Of a suspension.
    pub reason: Option<Pause>,
    /// The pinned federation keys; an empty set of one that never joined.
    pub jwks: Value,
    /// When the newest statement seen was made; older ones are refused.
    pub statement_iat: Timestamp,
    /// Keys that no pinned one vouched for, and since when they wait for the operator.
    pub held: Option<Held>,
    /// Why it could not join last, and when.
    pub fault: Option<(Stumble, Timestamp)>,
    pub joined_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Entity {
    /// Held to the relaxation of today by whoever asks for it.
    #[must_use]
    pub fn id(&self) -> Option<EntityId> {
        EntityId::parse(&self.entity_id, Relaxation::PlainLoopback).ok()
    }

    /// Whether nobody who is not named may come from its host any more: somebody else may hold it.
    #[must_use]
    pub fn stops_its_host(&self) -> bool {
        match self.status {
            EntityStatus::Removed => true,
            EntityStatus::Suspended => Pause::stops_host(self.reason),
            EntityStatus::Joined | EntityStatus::Refused | EntityStatus::ByDocument => false,
        }
    }

    /// # Errors
    /// Where it never joined.
    pub fn keys(&self) -> Result<JwkSet, JwkSetError> {
        JwkSet::parse_federation(&self.jwks)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    pub jwks: Value,
    pub at: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntityStatus {
    Joined,
    /// By the operator, of this system alone.
    Suspended,
    /// By the operator: it does not come back by a wider decision, but when it is allowed by its own address.
    Removed,
    /// It has tried, and never joined.
    Refused,
    /// It is no member of a federation: it came by its client metadata document, and has no keys to pin.
    ByDocument,
}

impl EntityStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
            Self::Refused => "refused",
            Self::ByDocument => "by_document",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Joined,
            Self::Suspended,
            Self::Removed,
            Self::Refused,
            Self::ByDocument,
        ];
        all.into_iter().find(|one| one.as_str() == name)
    }
}

/// Where a joining failed, for whoever mends it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stumble {
    pub step: String,
    pub entity: String,
    pub claim: String,
    pub expected: String,
    pub found: String,
}

impl Stumble {
    /// Whether it is the same one again, whatever is found there now.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        (&self.step, &self.entity, &self.claim) == (&other.step, &other.entity, &other.claim)
    }
}

impl From<&TrustFault> for Stumble {
    fn from(fault: &TrustFault) -> Self {
        Self {
            step: fault.step.as_str().to_owned(),
            entity: fault.entity.clone(),
            claim: fault.claim.to_owned(),
            expected: fault.expected.clone(),
            found: fault.found.clone(),
        }
    }
}
