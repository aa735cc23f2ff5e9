use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::allowed::Allowed;
use super::marks::{MARKS, mark_type};
use super::vouch::vouch;
use crate::clock::Timestamp;
use crate::federation::{
    Anchor, Configuration, Draft, EntityId, FEDERATION_ENTITY, Kind, Limits, Metadata, Relaxation,
};
use crate::keys::jose::{Algorithm, JwkSet, PublicKey, SignError};
use crate::keys::{FederationKeys, StatementType};

/// We as an entity, the city's trust anchor: what we state of ourselves and of those we let join. Clones share what they
/// have signed.
#[derive(Clone, Debug)]
pub struct Ourselves(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    about: About,
    keys: FederationKeys,
    kept: Mutex<Option<Kept>>,
}

/// What is true of us as long as the process runs.
#[derive(Clone, Debug)]
pub struct About {
    pub id: EntityId,
    pub metadata: Metadata,
    /// Who states something of us.
    pub superiors: Vec<EntityId>,
    /// Whose word counts besides ours.
    pub anchors: Vec<Anchor>,
    pub limits: Limits,
    /// How long a statement may be kept.
    pub lifetime: Duration,
}

/// Our configuration as last signed.
#[derive(Clone, Debug)]
struct Kept {
    jwt: String,
    /// As they were published then.
    jwks: Arc<str>,
    /// When it is signed anew: whoever fetches it has two thirds of its life left.
    renewed_at: Timestamp,
    issued_at: Timestamp,
}

impl Ourselves {
    #[must_use]
    pub fn new(about: About, keys: FederationKeys) -> Self {
        Self(Arc::new(Inner {
            about,
            keys,
            kept: Mutex::default(),
        }))
    }

    #[must_use]
    pub fn id(&self) -> &EntityId {
        &self.0.about.id
    }

    #[must_use]
    pub fn limits(&self) -> Limits {
        self.0.about.limits
    }

    #[must_use]
    pub fn relaxation(&self) -> Relaxation {
        self.0.about.limits.relaxation
    }

    #[must_use]
    pub fn keys(&self) -> &FederationKeys {
        &self.0.keys
    }

    /// How long a statement of ours may be kept.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.0.about.lifetime
    }

    /// Whose word counts: our own, and that of those who are configured.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn anchors(&self, now: Timestamp) -> Result<Vec<Anchor>, SignError> {
        let mut anchors = vec![Anchor {
            id: self.id().clone(),
            keys: self.0.keys.published().iter().cloned().collect(),
            configuration: Some(self.configuration(now)?),
        }];
        anchors.extend_from_slice(&self.0.about.anchors);
        Ok(anchors)
    }

    /// Our entity configuration (OpenID Federation 1.0 §3.1.2), signed anew when a third of its life is over, or when
    /// the keys have changed.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn configuration(&self, now: Timestamp) -> Result<String, SignError> {
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let jwks = self.0.keys.jwks();
        // A clock that was put back must not be told to come from the future.
        let is_good = |kept: &&Kept| kept.jwks == jwks && (kept.issued_at..kept.renewed_at).contains(&now);
        if let Some(kept) = kept.as_ref().filter(is_good) {
            return Ok(kept.jwt.clone());
        }
        let jwt = self.sign_configuration(now)?;
        *kept = Some(Kept {
            jwt: jwt.clone(),
            jwks,
            renewed_at: now.plus(self.lifetime() / 3),
            issued_at: now,
        });
        Ok(jwt)
    }

    fn sign_configuration(&self, now: Timestamp) -> Result<String, SignError> {
        let About {
            id,
            metadata,
            superiors,
            ..
        } = &self.0.about;
        let issuers = MARKS.map(|name| (mark_type(id, name), vec![id.clone()]));
        let kind = Kind::Configuration(Configuration {
            authority_hints: superiors.clone(),
            trust_mark_issuers: issuers.into(),
            ..Configuration::default()
        });
        let keys = self.0.keys.published();
        self.state(id, &keys, metadata, &kind, now)
    }

    /// What we say about an entity right below us, by the decision that covers it and the keys that are pinned of it.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn about(
        &self,
        subject: &EntityId,
        allowed: &Allowed,
        pinned: &JwkSet,
        now: Timestamp,
    ) -> Result<String, SignError> {
        let kind = Kind::Subordinate(vouch(allowed, &self.fetch_endpoint()));
        self.state(subject, pinned.keys(), &Metadata::default(), &kind, now)
    }

    fn state(
        &self,
        subject: &EntityId,
        keys: &[PublicKey],
        metadata: &Metadata,
        kind: &Kind,
        now: Timestamp,
    ) -> Result<String, SignError> {
        let draft = Draft {
            issuer: self.id(),
            subject,
            issued_at: now,
            expires_at: now.plus(self.lifetime()),
            keys,
            metadata,
            kind,
        };
        self.sign(StatementType::EntityStatement, &draft.claims())
    }

    /// A trust mark (§7.1), for as long as a statement.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn mark(&self, holder: &EntityId, name: &str, now: Timestamp) -> Result<String, SignError> {
        let claims = json!({
            "iss": self.id().as_str(),
            "sub": holder.as_str(),
            "trust_mark_type": mark_type(self.id(), name),
            "iat": now.seconds(),
            "exp": now.plus(self.lifetime()).seconds(),
        });
        self.sign(StatementType::TrustMark, &claims)
    }

    /// Signs what is of a type of its own.
    ///
    /// # Errors
    /// Where no key is active.
    pub fn sign(&self, typ: StatementType, claims: &impl Serialize) -> Result<String, SignError> {
        self.0.keys.sign(Algorithm::Es256, typ, claims)
    }

    fn fetch_endpoint(&self) -> String {
        let own = self.0.about.metadata.of(FEDERATION_ENTITY);
        let endpoint = own.and_then(|own| own.get("federation_fetch_endpoint")?.as_str());
        endpoint.unwrap_or_default().to_owned()
    }
}
