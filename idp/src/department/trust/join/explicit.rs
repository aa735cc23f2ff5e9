use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::age::{self, PAUSE};
use super::{JoinFault, Joining, Need, Walk, refusal, register};
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::department::model::Client;
use crate::department::trust::allowed::narrowest;
use crate::department::trust::discover::Found;
use crate::department::trust::own_policy::Way;
use crate::federation::{Asked, Chain, EntityId, Step, TrustFault, Unproven, read};
use crate::store::StoreError;

/// A request is made for the occasion.
const OLDEST: Duration = Duration::from_secs(10 * 60);

/// What a system has been registered with at its own request.
#[derive(Clone, Debug)]
pub struct Registration {
    pub id: EntityId,
    pub client: Arc<Client>,
    pub trust_anchor: EntityId,
    /// Its immediate superior in the chain that was gone by.
    pub superior: EntityId,
    /// The federation keys that it sent, letter by letter.
    pub jwks: Value,
}

impl Joining {
    /// Registers a system that asks for it by an entity configuration for us alone (OpenID Federation 1.0 §12.2.2), under
    /// the same decisions, pins and rules as any that joins by its first request. `chain` is what came along, and may
    /// spare us to fetch; nothing of it is believed. `anchors`: where the chains lead that came along.
    ///
    /// # Errors
    /// Why it is not registered.
    pub async fn register(
        &self,
        request: &str,
        chain: Option<Vec<String>>,
        anchors: &[String],
        now: Timestamp,
    ) -> Result<Registration, JoinFault> {
        const ATTEMPTS: usize = 2;
        let means = &self.0.means;
        let provider = means.ourselves.id();
        let request = read(request, Asked::Registration { provider }, self.relaxation(), now)?;
        // Whoever has none of the keys that it names is refused before anybody is asked.
        request.clone().prove_by_itself()?;
        check_age(&request, now)?;
        let id = request.subject().clone();
        let turn = self.memory().turn(&id);
        let _ours = turn.lock().await;
        let context = Context::of_node(now, &means.rng);
        for _ in 0..ATTEMPTS {
            let decisions = &*means.allowed.today().await?;
            let allowed = narrowest(decisions, &id).ok_or(JoinFault::NotCovered)?;
            allowed.check_active().map_err(JoinFault::Suspended)?;
            let before = self.admit(&id, allowed, decisions).await?;
            let _place = match before {
                None => Some(self.0.looks.begin(&id).ok_or(JoinFault::Busy)?),
                Some(_) => None,
            };
            let walk = Walk {
                id: &id,
                allowed,
                decisions,
                before: before.as_ref(),
                need: Need::Now,
                context: &context,
            };
            let found = self.look_for(&walk, chain.as_deref()).await?;
            let found_chain = match &found.chain {
                Ok(chain) => chain.clone(),
                Err(fault) => {
                    register::hold(&means.db, &context, &found).await?;
                    let fault = refusal(&found, fault);
                    self.note(&id, allowed, &fault, Need::Now, &context).await;
                    return Err(fault);
                }
            };
            // Until here it is the system that is looked at. What follows is the request, which may be anybody's.
            let chain = found_chain.with_request(request.clone())?;
            check_anchor(&chain, anchors)?;
            if let Some(registration) = self.settle_request(&walk, &found, &chain).await? {
                return Ok(registration);
            }
        }
        Err(StoreError::Overtaken("the system's registration").into())
    }

    /// Nothing where something has changed meanwhile.
    async fn settle_request(
        &self,
        walk: &Walk<'_>,
        found: &Found,
        chain: &Chain,
    ) -> Result<Option<Registration>, JoinFault> {
        let (means, id, now) = (&self.0.means, walk.id, walk.context.now);
        let superior = chain.superior().ok_or_else(|| no_superior(id))?;
        if let Some(before) = walk.before {
            check_newer(chain, before)?;
        }
        let metadata = match self.metadata(walk, chain, Way::Explicit).await {
            Ok(metadata) => metadata,
            Err(fault) => {
                self.note(id, walk.allowed, &fault, Need::Now, walk.context).await;
                return Err(fault);
            }
        };
        let client = register::client(walk, metadata, chain, age::ends_at(chain, now));
        let is_done = register::register(&means.db, walk, found, chain, &client).await?;
        means.departments.forget(id.as_str());
        let mut memory = self.memory();
        memory.looked.remove(id.as_str());
        memory.failed.remove(id.as_str());
        Ok(is_done.then(|| Registration {
            id: id.clone(),
            client: Arc::new(client),
            trust_anchor: chain.anchor().subject().clone(),
            superior: superior.issuer().clone(),
            jwks: chain.subject().keys_as_written().clone(),
        }))
    }

    async fn look_for(&self, walk: &Walk<'_>, chain: Option<&[String]>) -> Result<Arc<Found>, JoinFault> {
        let (id, now) = (walk.id, walk.context.now);
        let is_good = |found: &Found| {
            found.seen.iter().all(|seen| {
                let today = narrowest(walk.decisions, &seen.id);
                today.is_some_and(|today| {
                    today.id == seen.allowed.id && today.updated_at == seen.allowed.updated_at
                })
            })
        };
        if let Some((at, found)) = self.memory().looked.get(id.as_str())
            && *at <= now
            && now.since(*at) < PAUSE
            && is_good(found)
        {
            return Ok(Arc::clone(found));
        }
        let found = match self.take(walk, chain).await? {
            Some(found) => found,
            None => {
                let sent = chain.and_then(<[_]>::first).map(String::as_str);
                self.discover(id, walk.decisions, sent, now).await?
            }
        };
        let found = Arc::new(found);
        self.memory().remember_looked(id, &found, now);
        Ok(found)
    }
}

fn check_age(request: &Unproven, now: Timestamp) -> Result<(), TrustFault> {
    let oldest = now.minus(OLDEST);
    if request.issued_at() >= oldest {
        return Ok(());
    }
    let expected = format!("a request made since {oldest}");
    let id = request.subject();
    Err(TrustFault::new(
        Step::Time,
        id,
        "iat",
        expected,
        request.issued_at(),
    ))
}

/// What was asked before the last registration is not asked any more: sent again by somebody who has kept it, it would bring
/// back what the system has changed since.
fn check_newer(chain: &Chain, before: &Client) -> Result<(), TrustFault> {
    let asked_at = chain.subject().issued_at();
    if !before.is_explicit() || asked_at.seconds() >= before.updated_at.seconds() {
        return Ok(());
    }
    let expected = format!(
        "a request made since the last registration, of {}",
        before.updated_at
    );
    let id = chain.subject().subject();
    Err(TrustFault::new(Step::Time, id, "iat", expected, asked_at))
}

/// §12.2.3: whoever sends a chain has chosen its anchor.
fn check_anchor(chain: &Chain, anchors: &[String]) -> Result<(), TrustFault> {
    let top = chain.anchor().subject();
    match anchors.iter().find(|anchor| *anchor != top.as_str()) {
        None => Ok(()),
        Some(other) => {
            let id = chain.subject().subject();
            Err(TrustFault::new(Step::Anchor, id, "trust_chain", top, other))
        }
    }
}

fn no_superior(id: &EntityId) -> TrustFault {
    TrustFault::new(Step::Anchor, id, "authority_hints", "a superior", "an anchor")
}

/// The registration that a system has not renewed.
pub(super) fn over(client: &Client) -> TrustFault {
    let found = client.expires_at.unwrap_or(client.updated_at);
    let expected = "a registration that lasts; it is renewed by another request";
    TrustFault::new(Step::Time, &client.client_id, "exp", expected, found)
}
