//! A system becomes a client by a chain of trust (OpenID Federation 1.0 §12.1), at the first request that it signs.

mod age;
mod document;
mod explicit;
mod fault;
mod register;
mod signed_keys;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;

pub use explicit::Registration;
pub use fault::JoinFault;

use self::age::{Age, PAUSE, age};
use super::Ourselves;
use super::allowed::{Allowed, AllowedDepartments, Decisions, narrowest};
use super::discover::{Discovery, Found};
use super::entity::{EntityStatus, records as entities};
use super::own_policy::{Way, client_metadata};
use super::pins::{Pins, fingerprints};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::department::model::Client;
use crate::department::{Departments, Origin};
use crate::federation::{Chain, EntityId, Relaxation, Step, TrustFault};
use crate::fetch::Fetcher;
use crate::rng::Rng;
use crate::store::{Db, StoreError};

/// A resident waits meanwhile: from the first statement to the last.
const PATIENCE: Duration = Duration::from_secs(8);
/// How soon one that is still good is tried again, whose department does not answer.
const LATER: Duration = Duration::from_secs(60);
/// Systems whose last fault is remembered.
const MOST: usize = 1024;

/// Finds clients, and lets those join whom a decision of the operator covers. Clones share what they remember.
#[derive(Clone, Debug)]
pub struct Joining(Arc<Inner>);

/// What joining is done with.
#[derive(Debug)]
pub struct Means {
    pub departments: Departments,
    pub allowed: AllowedDepartments,
    pub fetcher: Fetcher,
    pub ourselves: Ourselves,
    pub db: Db,
    pub rng: Rng,
}

#[derive(Debug)]
struct Inner {
    means: Means,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// One look at a time for each system; who comes meanwhile waits for what comes of it.
    turns: HashMap<String, Arc<tokio::sync::Mutex<()>>>,
    failed: HashMap<String, (Timestamp, JoinFault)>,
    /// What came of the last looks for whoever asked to be registered: who is not let in cannot have us ask more often.
    looked: HashMap<String, (Timestamp, Arc<Found>)>,
    /// Addresses at which there was no entity configuration a while ago.
    no_entity: HashMap<String, Timestamp>,
    /// How many addresses that nobody knows were looked at by a host, and since when.
    strange: HashMap<String, (Timestamp, u32)>,
    behind: HashSet<String>,
}

/// When a look is worth its while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Need {
    /// What there is is no good any more.
    Now,
    /// It will not be good for long.
    Soon,
    /// It lacks a key.
    Anew,
}

impl Joining {
    #[must_use]
    pub fn new(means: Means) -> Self {
        Self(Arc::new(Inner {
            means,
            memory: Mutex::default(),
        }))
    }

    /// The client of this id, whatever its standing; nothing where it is neither registered nor an entity identifier.
    /// `chain` is what came along, and may spare us to fetch; nothing of it is believed.
    ///
    /// One that is known and fresh costs no more than the memory of clients does. In the last third of its time it is
    /// fetched anew behind the scenes; a department that is down meanwhile stops nobody.
    ///
    /// # Errors
    /// Why it is not one, or not any more.
    pub async fn client(
        &self,
        client_id: &str,
        chain: Option<Vec<String>>,
        now: Timestamp,
    ) -> Result<Option<Arc<Client>>, JoinFault> {
        let known = self.0.means.departments.client(client_id).await?;
        let Ok(id) = EntityId::parse(client_id, self.relaxation()) else {
            return Ok(known);
        };
        let Some(client) = known else {
            return self.come(&id, chain, Need::Now, now).await.map(Some);
        };
        if self.has_moved(&id, &client).await? {
            return self.come(&id, chain, Need::Now, now).await.map(Some);
        }
        if !client.is_active() {
            return Ok(Some(client));
        }
        match age(&client, now) {
            Age::Fresh => {}
            // It renews itself what it has asked for.
            Age::Late if client.is_explicit() => {}
            Age::Late => self.join_behind(id, chain, now),
            Age::Expired => return self.come(&id, chain, Need::Now, now).await.map(Some),
        }
        Ok(Some(client))
    }

    /// By its chain of trust, or where there is none and the decision lets it, by its document.
    async fn come(
        &self,
        id: &EntityId,
        chain: Option<Vec<String>>,
        need: Need,
        now: Timestamp,
    ) -> Result<Arc<Client>, JoinFault> {
        match self.by_document(id, need, now).await {
            Ok(Some(client)) => Ok(client),
            Ok(None) => self.join(id, chain, need, now).await,
            Err(fault) => Err(fault),
        }
    }

    /// The client as it is now, for who has signed with a key that is not registered, as after a rotation. Nothing where
    /// it cannot be had, or was fetched within the last seconds.
    pub async fn anew(&self, client: &Client, now: Timestamp) -> Option<Arc<Client>> {
        let id = EntityId::parse(&client.client_id, self.relaxation()).ok()?;
        if !client.joined_by_itself() || !client.is_active() || client.is_explicit() {
            return None;
        }
        let renewed = self.come(&id, None, Need::Anew, now).await.ok()?;
        (renewed.updated_at > client.updated_at).then_some(renewed)
    }

    /// Where a client's addresses may lead, beside the public ones.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub async fn ranges(&self, client: &Client) -> Result<Vec<IpNet>, StoreError> {
        let Ok(id) = EntityId::parse(&client.client_id, self.relaxation()) else {
            return Ok(Vec::new());
        };
        let covering = self.0.means.allowed.covering(&id).await?;
        let covering = covering.filter(|allowed| Some(allowed.id) == client.allowed_id);
        Ok(covering.map_or_else(Vec::new, |allowed| allowed.terms.ranges.clone()))
    }

    /// The chain that an entity has today, by asking for it anew: for who wants to see it, since nothing comes of it here.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn chain(&self, id: &EntityId, now: Timestamp) -> Result<Chain, JoinFault> {
        let decisions = self.0.means.allowed.all().await?;
        let found = self.discover(id, &decisions, None, now).await?;
        found
            .chain
            .as_ref()
            .map_err(|fault| refusal(&found, fault))
            .cloned()
    }

    fn relaxation(&self) -> Relaxation {
        self.0.means.ourselves.relaxation()
    }

    /// Whether what stopped it was a decision that is not the one about it any more.
    async fn has_moved(&self, id: &EntityId, client: &Client) -> Result<bool, StoreError> {
        if client.is_active() || !client.joined_by_itself() {
            return Ok(false);
        }
        let covering = self.0.means.allowed.covering(id).await?;
        Ok(covering.is_some_and(|allowed| allowed.is_active() && Some(allowed.id) != client.allowed_id))
    }

    fn join_behind(&self, id: EntityId, chain: Option<Vec<String>>, now: Timestamp) {
        if self.failed(&id, LATER, now).is_some() || !self.memory().behind.insert(id.to_string()) {
            return;
        }
        let joining = self.clone();
        tokio::spawn(async move {
            let _ = joining.come(&id, chain, Need::Soon, now).await;
            joining.memory().behind.remove(id.as_str());
        });
    }

    async fn join(
        &self,
        id: &EntityId,
        chain: Option<Vec<String>>,
        need: Need,
        now: Timestamp,
    ) -> Result<Arc<Client>, JoinFault> {
        let means = &self.0.means;
        let decisions = means.allowed.all().await?;
        let allowed = narrowest(&decisions, id).ok_or(JoinFault::NotCovered)?;
        if !allowed.is_active() {
            return Err(JoinFault::Suspended(allowed.reason));
        }
        let turn = self.memory().turn(id);
        let _ours = turn.lock().await;
        if let Some(client) = means.departments.client(id.as_str()).await?
            && !need.is_felt(Origin::Federation, &client, allowed, now)
        {
            return Ok(client);
        }
        if let Some(fault) = self.failed(id, PAUSE, now) {
            return Err(fault);
        }
        let context = Context::of_node(now, &means.rng);
        let outcome = self.attempt(id, allowed, &decisions, chain, &context).await;
        if let Err(fault) = &outcome {
            self.note(id, allowed, fault, &context).await;
            self.memory().remember(id, fault, now);
        } else {
            self.memory().failed.remove(id.as_str());
        }
        outcome
    }

    async fn attempt(
        &self,
        id: &EntityId,
        allowed: &Allowed,
        decisions: &Decisions,
        chain: Option<Vec<String>>,
        context: &Context,
    ) -> Result<Arc<Client>, JoinFault> {
        const ATTEMPTS: usize = 2;
        let means = &self.0.means;
        for _ in 0..ATTEMPTS {
            self.check_standing(id, allowed).await?;
            let before = means.departments.client(id.as_str()).await?;
            let found = self
                .discover(id, decisions, chain.as_deref(), context.now)
                .await?;
            register::hold(&means.db, context, &found).await?;
            let chain = found.chain.as_ref().map_err(|fault| refusal(&found, fault))?;
            let metadata = self
                .metadata(id, allowed, chain, Way::Automatic, context.now)
                .await?;
            let ends = age::expires_at(chain, context.now);
            let client = register::client(
                id,
                Origin::Federation,
                before.as_deref(),
                metadata,
                allowed,
                ends,
                context,
            );
            let is_done =
                register::register(&means.db, context, &found, chain, before.as_deref(), &client).await?;
            means.departments.forget(id.as_str());
            match means.departments.client(id.as_str()).await? {
                Some(client)
                    if is_done || !Need::Now.is_felt(Origin::Federation, &client, allowed, context.now) =>
                {
                    return Ok(client);
                }
                _ => {}
            }
        }
        Err(StoreError::Overtaken("the system's registration").into())
    }

    /// What the operator has said of the system itself, whatever decision covers it.
    async fn check_standing(&self, id: &EntityId, allowed: &Allowed) -> Result<(), JoinFault> {
        let db = &self.0.means.db;
        let entity = entities::find(db, id).await?;
        match entity.as_ref().map(|entity| entity.status) {
            Some(EntityStatus::Suspended) => {
                Err(JoinFault::Suspended(entity.and_then(|entity| entity.reason)))
            }
            Some(EntityStatus::Removed) => Err(JoinFault::NotCovered),
            Some(EntityStatus::Joined | EntityStatus::Refused | EntityStatus::ByDocument) => Ok(()),
            None if register::has_room(db, allowed).await? => Ok(()),
            None => Err(crowded(id, allowed)),
        }
    }

    async fn discover(
        &self,
        id: &EntityId,
        decisions: &Decisions,
        chain: Option<&[String]>,
        now: Timestamp,
    ) -> Result<Found, JoinFault> {
        let means = &self.0.means;
        let anchors = means.ourselves.anchors(now)?;
        let discovery = Discovery {
            db: &means.db,
            fetcher: &means.fetcher,
            ourselves: &means.ourselves,
            anchors: &anchors,
            decisions,
            limits: means.ourselves.limits(),
            now,
        };
        if let Some(chain) = chain
            && let Some(found) = discovery.take(id, chain).await?
        {
            return Ok(found);
        }
        match tokio::time::timeout(PATIENCE, discovery.find(id)).await {
            Ok(found) => Ok(found?),
            Err(_) => {
                let expected = format!("a chain within {} s", PATIENCE.as_secs());
                let fault = TrustFault::new(Step::Reach, id, "authority_hints", expected, "none");
                Err(fault.into())
            }
        }
    }

    async fn metadata(
        &self,
        id: &EntityId,
        allowed: &Allowed,
        chain: &Chain,
        way: Way,
        now: Timestamp,
    ) -> Result<crate::department::ClientMetadata, JoinFault> {
        let keys = chain.subject().keys();
        let is_dev = self.relaxation() == Relaxation::PlainLoopback;
        let registered = client_metadata(id, keys, &chain.resolve()?, allowed, way, is_dev)?;
        let mut metadata = registered.metadata;
        if let Some(uri) = registered.signed_jwks_uri {
            let fetcher = &self.0.means.fetcher;
            let signed = signed_keys::signed_keys(fetcher, &uri, id, allowed, keys, now);
            metadata.jwks = Some(signed.await?);
        }
        Ok(metadata)
    }

    /// For whoever mends it: a line in the log, and a note at the system's entry. That it could not join is told anyway.
    async fn note(&self, id: &EntityId, allowed: &Allowed, fault: &JoinFault, context: &Context) {
        let Some(trust) = fault.trust() else { return };
        tracing::warn!(
            system = %id,
            step = trust.step.as_str(),
            entity = trust.entity,
            claim = trust.claim,
            expected = trust.expected,
            found = trust.found,
            "a department's system could not join"
        );
        if let Err(fault) = register::note(&self.0.means.db, context, id, allowed, trust).await {
            tracing::warn!(%fault, system = %id, "why it could not join was not written down");
        }
    }

    fn failed(&self, id: &EntityId, pause: Duration, now: Timestamp) -> Option<JoinFault> {
        let memory = self.memory();
        let (at, fault) = memory.failed.get(id.as_str())?;
        (*at <= now && now.since(*at) < pause).then(|| fault.clone())
    }

    /// Nothing below panics, and each step leaves it whole.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn turn(&mut self, id: &EntityId) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(self.turns.entry(id.to_string()).or_default())
    }

    /// A fault of ours is nobody's, and passes.
    fn remember(&mut self, id: &EntityId, fault: &JoinFault, now: Timestamp) {
        if fault.trust().is_none() {
            return;
        }
        self.failed
            .retain(|_, (at, _)| *at <= now && now.since(*at) < LATER);
        if self.failed.len() < MOST {
            self.failed.insert(id.to_string(), (now, fault.clone()));
        }
    }
}

impl Need {
    /// Whether it is felt of a client that comes, or is to come, in the way of `origin`.
    fn is_felt(self, origin: Origin, client: &Client, allowed: &Allowed, now: Timestamp) -> bool {
        // Whoever joins a federation has come by its document before.
        if client.origin != origin {
            return client.origin == Origin::MetadataDocument;
        }
        match self {
            Self::Now if client.is_active() => age(client, now) == Age::Expired,
            Self::Now => client.allowed_id != Some(allowed.id),
            Self::Soon => age(client, now) != Age::Fresh,
            Self::Anew => now.since(client.updated_at) >= PAUSE,
        }
    }
}

/// Keys that nobody vouched for are told apart: there the operator has something to do.
fn refusal(found: &Found, fault: &TrustFault) -> JoinFault {
    let held = found.seen.iter().find_map(|seen| match &seen.pins {
        Pins::Held { statement, why } if why == fault => Some((seen, statement)),
        _ => None,
    });
    let Some((seen, statement)) = held else {
        return fault.clone().into();
    };
    let pinned = seen.entity.as_ref().and_then(|entity| entity.keys().ok());
    JoinFault::Held {
        fault: fault.clone(),
        pinned: pinned.as_ref().map(fingerprints).unwrap_or_default(),
        offered: fingerprints(statement.keys()),
    }
}

fn crowded(id: &EntityId, allowed: &Allowed) -> JoinFault {
    let expected = format!("a decision that names it: {} lets in no more", allowed.pattern);
    TrustFault::new(Step::OurRules, id, "sub", expected, "too many systems").into()
}
