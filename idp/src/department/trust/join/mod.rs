//! A system becomes a client by a chain of trust (OpenID Federation 1.0 §12.1), at the first request that it signs.

mod age;
mod document;
mod explicit;
mod fault;
mod kept;
mod look;
mod looks;
mod made;
mod memory;
mod register;
mod signed_keys;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use document::WayIn;
pub use explicit::Registration;
pub use fault::JoinFault;

pub use look::{KeysSeen, Look};

use self::age::{Age, PAUSE, age};
use self::looks::Looks;
use self::memory::Memory;
use super::Ourselves;
use super::allowed::{Allowed, AllowedDepartments, Decisions, narrowest};
use super::discover::{Discovery, Found};
use super::entity::{EntityStatus, records as entities};
use super::own_policy::Way;
use super::pins::{Pins, fingerprints};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::department::model::Client;
use crate::department::{Departments, Origin};
use crate::federation::{Anchor, Chain, EntityId, Relaxation, Step, TrustFault};
use crate::fetch::Fetcher;
use crate::rng::Rng;
use crate::store::{Db, StoreError};

/// A resident waits meanwhile: from the first statement to the last.
const PATIENCE: Duration = Duration::from_secs(8);
/// How soon one that is still good is tried again, whose department does not answer.
const LATER: Duration = Duration::from_secs(60);

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
    looks: Looks,
}

/// What a system is looked at for.
#[derive(Debug)]
struct Walk<'a> {
    id: &'a EntityId,
    allowed: &'a Allowed,
    decisions: &'a Decisions,
    before: Option<&'a Arc<Client>>,
    need: Need,
    context: &'a Context,
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
            looks: Looks::default(),
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
            // It renews itself what it has asked for, or sends it with another request.
            Age::Late if client.is_explicit() || client.unreachable && chain.is_none() => {}
            Age::Late => self.join_behind(id, chain, now),
            Age::Expired => return self.come(&id, chain, Need::Now, now).await.map(Some),
        }
        Ok(Some(client))
    }

    /// The client as it is now, for who has signed with a key that is not registered, as after a rotation. Nothing where
    /// it cannot be had, was fetched within the last seconds, or looked at in vain within the last minute.
    pub async fn anew(
        &self,
        client: &Client,
        chain: Option<Vec<String>>,
        now: Timestamp,
    ) -> Option<Arc<Client>> {
        let id = EntityId::parse(&client.client_id, self.relaxation()).ok()?;
        if !client.joined_by_itself() || !client.is_active() || client.is_explicit() {
            return None;
        }
        let renewed = self.come(&id, chain, Need::Anew, now).await.ok()?;
        (renewed.updated_at > client.updated_at).then_some(renewed)
    }

    /// The chain that an entity has today, by asking for it anew: for who wants to see it, since nothing comes of it here.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn chain(&self, id: &EntityId, now: Timestamp) -> Result<Chain, JoinFault> {
        let decisions = self.0.means.allowed.all().await?;
        if let Some(allowed) = narrowest(&decisions, id) {
            self.check_beside(id, allowed, &decisions).await?;
        }
        let found = self.discover(id, &decisions, None, now).await?;
        if let Some(Pins::Older { why, .. }) = found.of(id).map(|seen| &seen.pins) {
            return Err(why.clone().into());
        }
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
        allowed.check_active().map_err(JoinFault::Suspended)?;
        let turn = self.memory().turn(id);
        let _ours = turn.lock().await;
        let known = means.departments.client(id.as_str()).await?;
        if let Some(client) = &known
            && (!need.is_felt(Origin::Federation, client, allowed, now)
                || need == Need::Anew && self.memory().is_fruitless(id, now))
        {
            return Ok(Arc::clone(client));
        }
        // What anybody can send keeps nobody else waiting.
        if let Some(fault) = self.failed(id, PAUSE, now).filter(|_| !allowed.sends_itself()) {
            return Err(fault);
        }
        let context = Context::of_node(now, &means.rng);
        let outcome = self.attempt(id, chain, need, &context).await;
        let before = known.map(|known| known.updated_at);
        let is_new = |client: &Arc<Client>| Some(client.updated_at) > before;
        if need == Need::Anew && !allowed.sends_itself() && !outcome.as_ref().is_ok_and(is_new) {
            self.memory().remember_fruitless(id, now);
        }
        self.conclude(id, allowed, need, &context, outcome.as_ref().err())
            .await;
        outcome
    }

    /// What came of a look is kept in mind, and told to whoever can mend it.
    async fn conclude(
        &self,
        id: &EntityId,
        allowed: &Allowed,
        need: Need,
        context: &Context,
        fault: Option<&JoinFault>,
    ) {
        let Some(fault) = fault else {
            self.memory().failed.remove(id.as_str());
            return;
        };
        self.note(id, allowed, fault, need, context).await;
        if !allowed.sends_itself() {
            self.memory().remember(id, fault, context.now);
        }
    }

    async fn attempt(
        &self,
        id: &EntityId,
        chain: Option<Vec<String>>,
        need: Need,
        context: &Context,
    ) -> Result<Arc<Client>, JoinFault> {
        const ATTEMPTS: usize = 2;
        let means = &self.0.means;
        for _ in 0..ATTEMPTS {
            let decisions = &*means.allowed.today().await?;
            let allowed = narrowest(decisions, id).ok_or(JoinFault::NotCovered)?;
            allowed.check_active().map_err(JoinFault::Suspended)?;
            let before = self.admit(id, allowed, decisions).await?;
            let _place = match before {
                None => Some(self.0.looks.begin(id).ok_or(JoinFault::Busy)?),
                Some(_) => None,
            };
            let walk = Walk {
                id,
                allowed,
                decisions,
                before: before.as_ref(),
                need,
                context,
            };
            // Anybody may have sent it: where nothing comes of it, that is no fault of the system's.
            if let Some(found) = self.take(&walk, chain.as_deref()).await?
                && let Ok(Some(client)) = self.settle(&walk, &found).await
            {
                return Ok(client);
            }
            let sent = chain.as_ref().and_then(|chain| chain.first()).map(String::as_str);
            let found = self.discover(id, decisions, sent, context.now).await?;
            register::hold(&means.db, context, &found).await?;
            if let Some(client) = self.settle(&walk, &found).await? {
                return Ok(client);
            }
        }
        Err(StoreError::Overtaken("the system's registration").into())
    }

    /// Whether a system may be looked at; answers with the client as it is registered.
    async fn admit(
        &self,
        id: &EntityId,
        allowed: &Allowed,
        decisions: &Decisions,
    ) -> Result<Option<Arc<Client>>, JoinFault> {
        let means = &self.0.means;
        let entity = entities::find(&means.db, id).await?;
        match entity.as_ref().map(|entity| entity.status) {
            Some(EntityStatus::Suspended) => {
                return Err(JoinFault::Suspended(entity.and_then(|entity| entity.reason)));
            }
            Some(EntityStatus::Removed) => return Err(JoinFault::NotCovered),
            Some(EntityStatus::Joined | EntityStatus::ByDocument) => {}
            _ if register::has_room(&means.db, id, allowed).await? => {}
            _ => return Err(crowded(id, allowed)),
        }
        self.check_beside(id, allowed, decisions).await?;
        Ok(means.departments.client(id.as_str()).await?)
    }

    /// The client that what was found makes.
    async fn client_of(&self, walk: &Walk<'_>, found: &Found) -> Result<Client, JoinFault> {
        let chain = found.chain.as_ref().map_err(|fault| refusal(found, fault))?;
        let metadata = match (found.of(walk.id).map(|seen| &seen.pins), walk.before) {
            (Some(Pins::Older { why, .. }), Some(before)) if before.origin == Origin::Federation => {
                kept::kept(before, walk.allowed, chain, why)?
            }
            (Some(Pins::Older { why, .. }), _) => return Err(why.clone().into()),
            _ => self.metadata(walk, chain, Way::Automatic).await?,
        };
        let ends = age::expires_at(chain, walk.context.now);
        Ok(register::client(walk, metadata, chain, ends))
    }

    /// Registers what was found; nothing where something has changed meanwhile.
    async fn settle(&self, walk: &Walk<'_>, found: &Found) -> Result<Option<Arc<Client>>, JoinFault> {
        let means = &self.0.means;
        let client = self.client_of(walk, found).await?;
        // Any stranger can sign with a key that nobody knows, and is to write nothing by it.
        if walk.need == Need::Anew
            && let Some(before) = walk.before
            && !register::is_news(walk, found, before, &client)
        {
            return Ok(Some(Arc::clone(before)));
        }
        let chain = found.chain.as_ref().map_err(|fault| refusal(found, fault))?;
        let is_done = register::register(&means.db, walk, found, chain, &client).await?;
        means.departments.forget(walk.id.as_str());
        let client = means.departments.client(walk.id.as_str()).await?;
        Ok(client.filter(|client| {
            is_done || !Need::Now.is_felt(Origin::Federation, client, walk.allowed, walk.context.now)
        }))
    }

    /// What came along, where the system has said it later than anything that we have from itself.
    async fn take(&self, walk: &Walk<'_>, chain: Option<&[String]>) -> Result<Option<Found>, JoinFault> {
        let Some(chain) = chain else { return Ok(None) };
        let now = walk.context.now;
        let anchors = self.0.means.ourselves.anchors(now)?;
        let found = self
            .discovery(&anchors, walk.decisions, None, now)
            .take(walk.id, chain)
            .await?;
        Ok(found.filter(|found| {
            let known = found.of(walk.id).and_then(|seen| seen.entity.as_ref());
            let Ok(chain) = &found.chain else { return false };
            let is_news = known.is_some_and(|known| chain.subject().issued_at() > known.statement_iat);
            // By whom it comes is for it and those above it to say, and nobody has asked them here.
            let way = register::between(chain);
            is_news && walk.before.is_some_and(|before| before.superiors == way)
        }))
    }

    fn discovery<'a>(
        &'a self,
        anchors: &'a [Anchor],
        decisions: &'a Decisions,
        sent: Option<&'a str>,
        now: Timestamp,
    ) -> Discovery<'a> {
        let means = &self.0.means;
        Discovery {
            db: &means.db,
            fetcher: &means.fetcher,
            ourselves: &means.ourselves,
            anchors,
            decisions,
            limits: means.ourselves.limits(),
            sent,
            now,
        }
    }

    async fn discover(
        &self,
        id: &EntityId,
        decisions: &Decisions,
        sent: Option<&str>,
        now: Timestamp,
    ) -> Result<Found, JoinFault> {
        let anchors = self.0.means.ourselves.anchors(now)?;
        let discovery = self.discovery(&anchors, decisions, sent, now);
        match tokio::time::timeout(PATIENCE, discovery.find(id)).await {
            Ok(found) => Ok(found?),
            Err(_) => {
                let expected = format!("a chain within {} s", PATIENCE.as_secs());
                let fault = TrustFault::new(Step::Reach, id, "authority_hints", expected, "none");
                Err(fault.into())
            }
        }
    }

    /// For whoever mends it: a line in the log, and a note at the system's entry. That it could not join is told anyway.
    async fn note(&self, id: &EntityId, allowed: &Allowed, fault: &JoinFault, need: Need, context: &Context) {
        let Some(trust) = fault.trust() else { return };
        if allowed.pattern.names_one() || self.memory().is_news(id, context.now) {
            tracing::warn!(
                system = %id,
                step = trust.step.as_str(),
                entity = trust.entity,
                claim = trust.claim,
                expected = trust.expected,
                found = trust.found,
                "a department's system could not join"
            );
        }
        // Any stranger can sign with a key that nobody knows, and is to write nothing by it.
        if need == Need::Anew {
            return;
        }
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
