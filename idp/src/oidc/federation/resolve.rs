use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::Federation;
use super::answer::{Kept, signed};
use super::asked::{Asked, invalid};
use super::fetch::unknown;
use super::trust_mark_status::{Status, status};
use crate::clock::Timestamp;
use crate::department::trust::join::JoinFault;
use crate::federation::{AttachedMark, Chain, EntityId, Mark, Step, TrustError, TrustFault};
use crate::keys::StatementType;
use crate::oidc::{Code, WireError};
use crate::web::Facts;

/// How long what came of a look at an entity is good enough for whoever asks: they cannot make us ask it more often.
const AGE: Duration = Duration::from_secs(60);

/// The chains that were looked for last, found or not. Who asks while one is looked for waits for what comes of it.
#[derive(Clone, Debug, Default)]
pub struct Chains(Arc<Mutex<HashMap<EntityId, Slot>>>);

type Slot = Arc<tokio::sync::Mutex<Option<(Timestamp, Looked)>>>;

/// What came of a look. A fault is large, and rare.
type Looked = Result<Arc<Chain>, Arc<JoinFault>>;

/// GET `/federation/resolve`: what an entity is by its chain of trust (OpenID Federation 1.0 §8.3).
///
/// # Errors
/// Where it has not joined, or its chain does not lead to an anchor that was asked for.
pub async fn resolve(
    State(federation): State<Federation>,
    facts: Facts,
    asked: Asked,
) -> Result<Response, WireError> {
    let now = facts.now;
    let ourselves = &federation.ourselves;
    let subject = asked.entity("sub", ourselves.relaxation())?;
    let anchors: Vec<&str> = asked.all("trust_anchor").collect();
    if anchors.is_empty() {
        return Err(invalid("trust_anchor is missing"));
    }
    let known = ourselves.anchors(now).map_err(WireError::internal)?;
    if !known.iter().any(|anchor| anchors.contains(&anchor.id.as_str())) {
        return Err(WireError::new(
            Code::InvalidTrustAnchor,
            "we know no such trust anchor",
        ));
    }
    let chain = federation.chain(&subject, now).await?;
    let top = chain.anchor().subject();
    if !anchors.contains(&top.as_str()) {
        let said = format!("the chain of {subject} leads to {top}");
        return Err(WireError::new(Code::InvalidTrustAnchor, said));
    }
    let marks = federation.active_marks(&chain, now).await?;
    let types: Vec<&str> = asked.all("entity_type").collect();
    let resolved = chain.resolve().map_err(|fault| refused(&fault))?;
    let metadata: Map<String, Value> = resolved
        .into_types()
        .into_iter()
        .filter(|(name, _)| types.is_empty() || types.contains(&name.as_str()))
        .map(|(name, parameters)| (name, Value::Object(parameters)))
        .collect();
    let ends = marks.iter().filter_map(|(_, mark)| mark.expires_at);
    let expires_at = ends.fold(chain.expires_at(), Timestamp::min);
    let mut claims = json!({
        "iss": ourselves.id().as_str(),
        "sub": subject.as_str(),
        "iat": now.seconds(),
        "exp": expires_at.seconds(),
        "metadata": metadata,
        "trust_chain": chain.as_jwts(),
    });
    if !marks.is_empty() {
        let shown = |(jwt, mark): &(String, Mark)| json!({"trust_mark_type": mark.trust_mark_type, "trust_mark": jwt});
        claims["trust_marks"] = marks.iter().map(shown).collect();
    }
    let answer = ourselves.sign(StatementType::ResolveResponse, &claims);
    signed(StatementType::ResolveResponse, answer, Kept::Not)
}

impl Federation {
    async fn chain(&self, subject: &EntityId, now: Timestamp) -> Result<Arc<Chain>, WireError> {
        if subject == self.ourselves.id() {
            return self.own_chain(now).map(Arc::new);
        }
        if self.members.member(subject).await?.is_none() {
            return Err(unknown(subject));
        }
        let look = async || {
            let found = self.joining.chain(subject, now).await;
            found.map(Arc::new).map_err(Arc::new)
        };
        let found = self.chains.look(subject, now, look).await;
        found.map_err(|fault| match fault.trust() {
            Some(fault) => refused(fault),
            None => WireError::new(
                Code::TemporarilyUnavailable,
                "the chain could not be looked for; try again shortly",
            )
            .because(fault),
        })
    }

    fn own_chain(&self, now: Timestamp) -> Result<Chain, WireError> {
        let own = self.ourselves.configuration(now).map_err(WireError::internal)?;
        let anchors = self.ourselves.anchors(now).map_err(WireError::internal)?;
        let limits = self.ourselves.limits();
        Chain::verify(&[own], self.ourselves.id(), &anchors, &limits, now).map_err(WireError::internal)
    }

    /// Those that we have issued ourselves and have not taken back, where our own word is what the chain ends in: about
    /// others' marks we would have to ask others.
    async fn active_marks(&self, chain: &Chain, now: Timestamp) -> Result<Vec<(String, Mark)>, WireError> {
        const MOST: usize = 8;
        if chain.anchor().subject() != self.ourselves.id() {
            return Ok(Vec::new());
        }
        let attached: &[AttachedMark] = match chain.subject().configuration() {
            Some(configuration) => &configuration.trust_marks,
            None => &[],
        };
        let issuer = self.own_chain(now)?;
        let mut active = Vec::new();
        for AttachedMark { jwt, .. } in attached.iter().take(MOST) {
            if let Ok(mark) = Mark::verify(jwt, chain.subject().subject(), &issuer, now)
                && let Ok(Status::Active) = status(self, jwt, now).await
            {
                active.push((jwt.clone(), mark));
            }
        }
        Ok(active)
    }
}

impl Chains {
    async fn look(&self, subject: &EntityId, now: Timestamp, anew: impl AsyncFnOnce() -> Looked) -> Looked {
        let slot = self.slot(subject, now);
        let mut kept = slot.lock().await;
        if let Some((at, found)) = &*kept
            && is_recent(*at, now)
            && found.as_ref().map_or(true, |chain| now < chain.expires_at())
        {
            return found.clone();
        }
        let found = anew().await;
        *kept = Some((now, found.clone()));
        found
    }

    /// As many as have joined, at most: nobody else is looked for.
    fn slot(&self, subject: &EntityId, now: Timestamp) -> Slot {
        let mut chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chains.retain(|_, slot| {
            let is_kept = || {
                let kept = slot.try_lock();
                kept.is_ok_and(|kept| kept.as_ref().is_some_and(|(at, _)| is_recent(*at, now)))
            };
            Arc::strong_count(slot) > 1 || is_kept()
        });
        Arc::clone(chains.entry(subject.clone()).or_default())
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    // Who has waited for a look came before it ended.
    now.since(at) < AGE
}

pub(super) fn refused(fault: &TrustFault) -> WireError {
    let code = match fault.step.error() {
        TrustError::InvalidTrustAnchor => Code::InvalidTrustAnchor,
        TrustError::InvalidTrustChain => Code::InvalidTrustChain,
        TrustError::InvalidMetadata => Code::InvalidMetadata,
    };
    // What came of asking somewhere would show strangers the way into the city's networks.
    if fault.step == Step::Reach {
        let said = format!("a statement that is needed cannot be had from {}", fault.entity);
        return WireError::new(code, said).because(fault);
    }
    WireError::new(code, fault.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::federation::Relaxation;

    #[tokio::test]
    async fn however_many_ask_an_entity_is_looked_at_once_a_minute() {
        let chains = Chains::default();
        let id = EntityId::parse("https://hrss.city.example", Relaxation::Nothing).unwrap();
        let looks = AtomicUsize::new(0);
        let look = async || {
            looks.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(Arc::new(JoinFault::Busy))
        };
        let at = |seconds| chains.look(&id, Timestamp::from_seconds(seconds), &look);
        let all = tokio::join!(at(0), at(0), at(1));
        assert!(all.0.is_err() && all.1.is_err() && all.2.is_err());
        assert!(at(59).await.is_err());
        assert_eq!(looks.load(Ordering::Relaxed), 1);
        assert!(at(60).await.is_err());
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }
}
