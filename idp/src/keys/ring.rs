use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::error::KeyError;
use super::jose::{
    Accept, Algorithm, ClaimRules, Claims, JwkSet, PublicKey, SignError, SigningKey, TokenError, Typ,
    Unverified,
};
use super::keeper::Keeper;
use super::model::{Key, PastKey, Status};
use super::purpose::{Federation, Protocol, Purpose, Signed as _};
use super::records;
use crate::audit::Actor;
use crate::clock::{Clock, Timestamp};
use crate::store::StoreError;

/// How often a node looks for changes that others have made.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The keys in use, at hand in memory. Clones share them.
#[derive(Clone)]
pub struct KeyRing<P: Purpose = Protocol>(Arc<Inner<P>>);

/// The ring of the keys by which others know us as an entity.
pub type FederationKeys = KeyRing<Federation>;

struct Inner<P: Purpose> {
    keeper: Keeper<P>,
    current: RwLock<Arc<Snapshot>>,
}

/// The ring as it was when last read.
#[derive(Default)]
struct Snapshot {
    signers: Vec<Arc<SigningKey>>,
    verifiers: JwkSet,
    published: Arc<[PublicKey]>,
    jwks: Arc<str>,
    past: Arc<[PastKey]>,
}

impl<P: Purpose> fmt::Debug for KeyRing<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.current().signers).finish()
    }
}

impl<P: Purpose> KeyRing<P> {
    /// Reads the ring; makes the first keys where there are none.
    pub async fn open(keeper: Keeper<P>, now: Timestamp) -> Result<Self, KeyError> {
        let ring = Self(Arc::new(Inner {
            keeper,
            current: RwLock::default(),
        }));
        ring.refresh(now).await?;
        Ok(ring)
    }

    /// Reads the ring as nodes have left it, for who only looks on: nothing that is due is carried out, no key is made.
    pub async fn look(keeper: Keeper<P>, now: Timestamp) -> Result<Self, KeyError> {
        let keys = records::all(&keeper.db, &P::TABLE).await?;
        let ring = Self(Arc::new(Inner {
            keeper,
            current: RwLock::default(),
        }));
        let signers = ring.signers(&keys).await?;
        ring.take_up(&keys, signers, now);
        Ok(ring)
    }

    /// Carries out what is due and takes up what other nodes have changed.
    pub async fn refresh(&self, now: Timestamp) -> Result<(), KeyError> {
        let mut keys = self.0.keeper.settle(now, Actor::Node).await?;
        let signers = match self.signers(&keys).await {
            // Another node has rotated since: look again.
            Err(KeyError::Store(StoreError::Missing)) => {
                keys = self.0.keeper.settle(now, Actor::Node).await?;
                self.signers(&keys).await?
            }
            other => other?,
        };
        self.take_up(&keys, signers, now);
        Ok(())
    }

    fn take_up(&self, keys: &[Key], signers: Vec<Arc<SigningKey>>, now: Timestamp) {
        let published = published(keys, now);
        let snapshot = Snapshot {
            signers,
            verifiers: keys
                .iter()
                .filter(|key| verifies(key))
                .map(|key| key.public.clone())
                .collect(),
            jwks: json!({"keys": published.iter().map(PublicKey::to_jwk).collect::<Vec<_>>()})
                .to_string()
                .into(),
            published: published.into(),
            past: keys.iter().filter_map(PastKey::of).collect(),
        };
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// Refreshes for as long as the process lives. A database that does not answer leaves the ring
    /// as it was.
    pub async fn keep_fresh(self, clock: Clock) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(fault) = self.refresh(clock.now()).await {
                tracing::warn!(%fault, "the key ring could not be refreshed");
            }
        }
    }

    /// The active keys, opened; those already at hand are not opened again.
    async fn signers(&self, keys: &[Key]) -> Result<Vec<Arc<SigningKey>>, KeyError> {
        let current = self.current();
        let Keeper { db, vault, rng, .. } = &self.0.keeper;
        let mut signers = Vec::new();
        for key in keys.iter().filter(|key| key.status == Status::Active) {
            match current.signers.iter().find(|signer| signer.kid() == key.kid) {
                Some(known) => signers.push(Arc::clone(known)),
                None => signers.push(Arc::new(records::signer(db, &P::TABLE, vault, rng, key).await?)),
            }
        }
        Ok(signers)
    }

    fn current(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs claims with the active key of this algorithm, as a token of this type.
    pub fn sign(
        &self,
        algorithm: Algorithm,
        typ: P::Signs,
        claims: &impl Serialize,
    ) -> Result<String, SignError> {
        let current = self.current();
        let signer = current
            .signers
            .iter()
            .find(|signer| signer.algorithm() == algorithm);
        signer
            .ok_or(SignError::NoKey(algorithm))?
            .sign(typ.typ(), claims, &self.0.keeper.rng)
    }

    /// Reads a token of ours: its signature, its type, and what it says.
    pub fn verify(
        &self,
        token: &str,
        typ: Typ<'_>,
        rules: &ClaimRules<'_>,
        now: Timestamp,
    ) -> Result<Claims, TokenError> {
        let accept = Accept {
            algorithms: SigningKey::ALGORITHMS,
            typ,
        };
        let signed = Unverified::parse(token)?.verify(&self.current().verifiers, &accept)?;
        Ok(signed.check(rules, now)?)
    }

    /// The key set to publish, as JSON; [`super::Policy::JWKS_MAX_AGE`] is how long that of the protocol may be cached.
    #[must_use]
    pub fn jwks(&self) -> Arc<str> {
        Arc::clone(&self.current().jwks)
    }

    /// The keys of that set, the active ones first.
    #[must_use]
    pub fn published(&self) -> Arc<[PublicKey]> {
        Arc::clone(&self.current().published)
    }

    /// The keys that sign no more, as far as they are remembered.
    #[must_use]
    pub fn past(&self) -> Arc<[PastKey]> {
        Arc::clone(&self.current().past)
    }
}

/// Retired keys verify for longer than they are published: an old ID token is still a hint.
fn verifies(key: &Key) -> bool {
    matches!(key.status, Status::Next | Status::Active | Status::Retired)
}

/// The active keys stand first, for those who take the first that fits.
fn published(keys: &[Key], now: Timestamp) -> Vec<PublicKey> {
    let mut shown: Vec<&Key> = keys.iter().filter(|key| key.is_published(now)).collect();
    shown.sort_by_key(|key| (key.status != Status::Active, key.status));
    shown.into_iter().map(|key| key.public.clone()).collect()
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
