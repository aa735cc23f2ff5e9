use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use super::error::KeyError;
use super::generate::generate;
use super::jose::Algorithm;
use super::model::{Key, KeyView, Policy, Status};
use super::plan::{Step, holding, plan, turn};
use super::purpose::{Protocol, Purpose};
use super::records;
use crate::audit::{Actor, Context};
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{Db, Vault};

/// Keeps the recorded keys: carries out the plan, and what operators ask for.
#[derive(Clone, Debug)]
pub struct Keeper<P: Purpose = Protocol> {
    pub(super) db: Db,
    pub(super) vault: Vault,
    pub(super) rng: Rng,
    policy: Policy,
    purpose: PhantomData<P>,
}

/// When an operator wants the next key to sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Once it has been published as long as the schedule wants.
    Prepared,
    /// As soon as no permitted cache of the key set can be without it.
    Soon,
}

/// What `yimen keys rotate` has arranged; a running node carries it out when the time has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Rotation {
    pub algorithm: Algorithm,
    pub kid: String,
    /// RFC 3339.
    pub activates_at: String,
    /// Whether it signs already.
    pub active: bool,
}

/// What `yimen keys revoke` has done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Revocation {
    pub kid: String,
    pub algorithm: Algorithm,
    /// What the key was before.
    pub was: Status,
    /// The key that signs with this algorithm now.
    pub active: Option<String>,
    /// How long others may still take what it signed.
    #[serde(skip)]
    pub remembered_for: Duration,
}

impl<P: Purpose> Keeper<P> {
    #[must_use]
    pub const fn new(db: Db, vault: Vault, rng: Rng, policy: Policy) -> Self {
        Self {
            db,
            vault,
            rng,
            policy,
            purpose: PhantomData,
        }
    }

    /// Brings the ring to where the plan wants it; answers the keys as they then are.
    pub(super) async fn settle(&self, now: Timestamp, actor: Actor) -> Result<Vec<Key>, KeyError> {
        const ROUNDS: usize = 8;
        let context = self.context(now, actor);
        for _ in 0..ROUNDS {
            let keys = records::all(&self.db, &P::TABLE).await?;
            let steps = plan(&keys, now, &self.policy);
            if steps.is_empty() {
                return Ok(keys);
            }
            for step in steps {
                self.carry_out(step, &context).await?;
            }
        }
        Ok(records::all(&self.db, &P::TABLE).await?)
    }

    async fn carry_out(&self, step: Step, context: &Context) -> Result<(), KeyError> {
        let done = match &step {
            Step::Make { algorithm, status } => {
                let made = generate(*algorithm, self.rng.clone()).await?;
                records::insert(&self.db, &P::TABLE, context, &self.vault, &made, *status).await?
            }
            Step::Activate { kid, retiring } => {
                let leaves_at = self.policy.last_token_gone(context.now);
                records::activate(&self.db, &P::TABLE, context, kid, retiring.as_deref(), leaves_at).await?
            }
            Step::Forget { kid } => records::forget(&self.db, &P::TABLE, context, kid).await?,
        };
        if done {
            tracing::info!(?step, "key ring changed");
        }
        Ok(())
    }

    pub async fn list(&self, now: Timestamp) -> Result<Vec<KeyView>, KeyError> {
        let keys = records::all(&self.db, &P::TABLE).await?;
        Ok(keys.iter().map(|key| self.view(key, &keys, now)).collect())
    }

    /// Brings forward the turn of the next key, of one algorithm or of all.
    pub async fn rotate(
        &self,
        algorithm: Option<Algorithm>,
        when: When,
        now: Timestamp,
    ) -> Result<Vec<Rotation>, KeyError> {
        if let Some(other) = algorithm.filter(|algorithm| !self.policy.algorithms.contains(algorithm)) {
            return Err(KeyError::NotOurs(other));
        }
        let context = self.context(now, Actor::Operator);
        let chosen = self
            .policy
            .algorithms
            .iter()
            .filter(|own| algorithm.is_none_or(|only| only == **own));
        let keys = self.settle(now, Actor::Operator).await?;
        let mut rotations = Vec::new();
        for next in chosen.filter_map(|own| holding(&keys, *own, Status::Next)) {
            let ready = match when {
                When::Prepared => next.published_at.plus(self.policy.publish_ahead),
                When::Soon => next.published_at,
            };
            let activates_at = ready
                .max(self.policy.known_everywhere(next.published_at))
                .max(now);
            records::schedule(&self.db, &P::TABLE, &context, &next.kid, activates_at).await?;
            rotations.push(Rotation {
                algorithm: next.algorithm,
                kid: next.kid.clone(),
                activates_at: activates_at.to_string(),
                active: activates_at <= now,
            });
        }
        self.settle(now, Actor::Operator).await?;
        Ok(rotations)
    }

    /// Ends a key at once: nothing it signed is good any more, and another signs.
    pub async fn revoke(&self, kid: &str, now: Timestamp) -> Result<Revocation, KeyError> {
        let keys = records::all(&self.db, &P::TABLE).await?;
        let key = keys
            .iter()
            .find(|key| key.kid == kid)
            .ok_or_else(|| KeyError::UnknownKid(kid.to_owned()))?;
        records::revoke(&self.db, &P::TABLE, &self.context(now, Actor::Operator), kid).await?;
        let keys = self.settle(now, Actor::Operator).await?;
        Ok(Revocation {
            kid: key.kid.clone(),
            algorithm: key.algorithm,
            was: key.status,
            active: holding(&keys, key.algorithm, Status::Active).map(|active| active.kid.clone()),
            remembered_for: self.policy.cached_for,
        })
    }

    fn view(&self, key: &Key, keys: &[Key], now: Timestamp) -> KeyView {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let turn = (key.status == Status::Next)
            .then(|| holding(keys, key.algorithm, Status::Active))
            .flatten()
            .map(|active| turn(active, key, &self.policy));
        KeyView {
            purpose: P::NAME,
            kid: key.kid.clone(),
            algorithm: key.algorithm,
            status: key.status,
            published: key.is_published(now),
            published_at: key.published_at.to_string(),
            activates_at: text(turn),
            activated_at: text(key.activated_at),
            ended_at: text(key.ended_at),
            leaves_at: text(key.leaves_at),
        }
    }

    fn context(&self, now: Timestamp, actor: Actor) -> Context {
        Context::without_request(now, actor, &self.rng)
    }
}
