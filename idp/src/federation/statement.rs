use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::constraints::Constraints;
use super::entity_id::EntityId;
use super::metadata::Metadata;
use crate::clock::Timestamp;
use crate::keys::jose::JwkSet;

/// An entity statement (OpenID Federation 1.0 §3) whose signature is good. Only [`Unproven`](super::Unproven) makes one.
#[derive(Clone)]
pub struct Statement {
    pub(super) issuer: EntityId,
    pub(super) subject: EntityId,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) keys: JwkSet,
    pub(super) keys_as_written: Value,
    pub(super) metadata: Metadata,
    pub(super) kind: Kind,
    pub(super) kid: String,
    pub(super) jwt: Arc<str>,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// What an entity says about itself.
    Configuration(Configuration),
    /// What a superior says about it.
    Subordinate(Subordinate),
}

/// The claims of an entity configuration alone (§3.1.2).
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    pub authority_hints: Vec<EntityId>,
    pub trust_anchor_hints: Vec<EntityId>,
    pub trust_marks: Vec<AttachedMark>,
    /// By type of mark; nobody named means that anyone may issue it. Counts in an anchor's configuration alone.
    pub trust_mark_issuers: BTreeMap<String, Vec<EntityId>>,
    /// By type of mark. Counts in an anchor's configuration alone.
    pub trust_mark_owners: BTreeMap<String, MarkOwner>,
}

/// A trust mark as an entity shows it; nothing about it is proven.
#[derive(Clone, Debug)]
pub struct AttachedMark {
    pub trust_mark_type: String,
    pub jwt: String,
}

/// Who owns a type of trust mark, where that is not who issues it (§7.2).
#[derive(Clone, Debug)]
pub struct MarkOwner {
    pub id: EntityId,
    pub keys: JwkSet,
}

/// The claims of a subordinate statement alone (§3.1.3).
#[derive(Clone, Debug, Default)]
pub struct Subordinate {
    pub constraints: Constraints,
    /// The claim as it stands; it is a policy, by itself.
    pub metadata_policy: Option<Value>,
    pub source_endpoint: Option<String>,
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("issuer", &self.issuer.as_str())
            .field("subject", &self.subject.as_str())
            .finish_non_exhaustive()
    }
}

impl Statement {
    #[must_use]
    pub const fn issuer(&self) -> &EntityId {
        &self.issuer
    }

    #[must_use]
    pub const fn subject(&self) -> &EntityId {
        &self.subject
    }

    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The subject's federation keys. They prove statements and nothing else: what the subject signs in another
    /// protocol is proven by the keys in its metadata.
    #[must_use]
    pub const fn keys(&self) -> &JwkSet {
        &self.keys
    }

    /// The claim `jwks` letter by letter, for who has to repeat it (§12.2.3).
    #[must_use]
    pub const fn keys_as_written(&self) -> &Value {
        &self.keys_as_written
    }

    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    #[must_use]
    pub const fn configuration(&self) -> Option<&Configuration> {
        match &self.kind {
            Kind::Configuration(configuration) => Some(configuration),
            Kind::Subordinate(_) => None,
        }
    }

    #[must_use]
    pub const fn subordinate(&self) -> Option<&Subordinate> {
        match &self.kind {
            Kind::Subordinate(subordinate) => Some(subordinate),
            Kind::Configuration(_) => None,
        }
    }

    /// The name of the key that signed it.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    #[must_use]
    pub fn as_jwt(&self) -> &str {
        &self.jwt
    }
}
