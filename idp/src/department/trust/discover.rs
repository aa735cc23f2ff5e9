use std::sync::Arc;

use super::Ourselves;
use super::allowed::{Allowed, Decisions, narrowest};
use super::entity::{Entity, EntityStatus, records};
use super::pins::{Pinned, Pins, judge};
use crate::clock::Timestamp;
use crate::federation::{
    Anchor, Asked, Chain, EntityId, Limits, Search, Statement, Step, TrustFault, Want, read,
};
use crate::fetch::{Fetcher, Kind};
use crate::keys::jose::JwkSet;
use crate::store::{Db, StoreError};

/// What one look for a chain goes by.
#[derive(Debug)]
pub(super) struct Discovery<'a> {
    pub(super) db: &'a Db,
    pub(super) fetcher: &'a Fetcher,
    pub(super) ourselves: &'a Ourselves,
    pub(super) anchors: &'a [Anchor],
    pub(super) decisions: &'a Decisions,
    pub(super) limits: Limits,
    pub(super) now: Timestamp,
}

/// A system, or a superior of one, whose configuration has been seen.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) id: EntityId,
    pub(super) allowed: Arc<Allowed>,
    /// What was known of it.
    pub(super) entity: Option<Entity>,
    pub(super) pins: Pins,
}

/// What came of it: a chain or why there is none, and everybody who was met on the way.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) chain: Result<Chain, TrustFault>,
    pub(super) seen: Vec<Seen>,
}

impl Found {
    pub(super) fn of(&self, id: &EntityId) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.id == *id)
    }
}

impl Seen {
    /// The keys that we vouch for: those that are pinned once the chain is taken.
    fn vouched(&self) -> Result<&Statement, TrustFault> {
        match &self.pins {
            Pins::First(statement) | Pins::Same(statement) | Pins::Followed(statement) => Ok(statement),
            Pins::Held { why, .. } => Err(why.clone()),
        }
    }
}

impl Discovery<'_> {
    /// Looks for a chain from a system that a decision covers up to an anchor. Whoever is asked is covered by an active
    /// decision too, or an anchor; we ourselves are asked in place.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub(super) async fn find(&self, subject: &EntityId) -> Result<Found, StoreError> {
        let follows = |id: &EntityId| self.superior(id).is_some();
        let (anchors, limits) = (self.anchors, self.limits);
        let mut search = Search::new(subject.clone(), anchors, &follows, limits, self.now);
        let mut seen = Vec::new();
        while let Some(want) = search.next_want() {
            match self.answer(&want, subject, &mut seen).await? {
                Ok(answer) => search.got(want, answer),
                Err(fault) => search.refused(want, fault),
            }
        }
        let chain = search.finish();
        Ok(Found { chain, seen })
    }

    /// Goes by statements that somebody has sent, where they are as good as those that we would fetch: the system is
    /// known, its own statement is signed by a pinned key, its superiors are allowed today, and whatever we have stated
    /// of them is stated anew. Nothing where they are not.
    ///
    /// # Errors
    /// Where the records do not answer.
    pub(super) async fn take(
        &self,
        subject: &EntityId,
        jwts: &[String],
    ) -> Result<Option<Found>, StoreError> {
        let verify = |jwts: &[String]| Chain::verify(jwts, subject, self.anchors, &self.limits, self.now);
        let Ok(given) = verify(jwts) else { return Ok(None) };
        let mut seen = Vec::new();
        let own = given.subject().as_jwt().to_owned();
        match self.judge(subject, &own, &mut seen).await? {
            Ok(()) if seen.iter().all(|seen| seen.entity.is_some()) => {}
            _ => return Ok(None),
        }
        let superiors = given.superiors();
        let mut jwts: Vec<String> = given.as_jwts().into_iter().map(str::to_owned).collect();
        for statement in superiors {
            let (issuer, about) = (statement.issuer(), statement.subject());
            if issuer == self.ourselves.id() {
                let pinned = match &seen[..] {
                    [system] if system.id == *about => system.vouched().ok().map(|own| own.keys().clone()),
                    _ => self.pinned_of(about).await?,
                };
                let Some(restated) = pinned.map(|keys| self.state(about, subject, &keys)) else {
                    return Ok(None);
                };
                let (Ok(statement), Ok(configuration)) = (restated, self.ourselves.configuration(self.now))
                else {
                    return Ok(None);
                };
                jwts.truncate(superiors.len());
                jwts.extend([statement, configuration]);
            } else if self.superior(issuer).is_none() && !self.is_anchor(issuer) {
                return Ok(None);
            } else if about == subject && self.demand(subject, issuer).is_err() {
                return Ok(None);
            }
        }
        Ok(verify(&jwts).ok().map(|chain| Found {
            chain: Ok(chain),
            seen,
        }))
    }

    /// The statement that is wanted, or why it could not be had; as a fault where we have it and do not go by it.
    async fn answer(
        &self,
        want: &Want,
        subject: &EntityId,
        seen: &mut Vec<Seen>,
    ) -> Result<Result<Result<String, String>, TrustFault>, StoreError> {
        let ourselves = self.ourselves.id();
        Ok(match want {
            Want::Configuration(id) if id == ourselves => Ok(self
                .ourselves
                .configuration(self.now)
                .map_err(|fault| fault.to_string())),
            Want::Configuration(id) => match self.held_configuration(id) {
                Some(jwt) => Ok(Ok(jwt)),
                None => match self.fetch(want).await {
                    Ok(jwt) if self.is_anchor(id) => Ok(Ok(jwt)),
                    Ok(jwt) => self.judge(id, &jwt, seen).await?.map(|()| Ok(jwt)),
                    Err(reason) => Ok(Err(reason)),
                },
            },
            Want::Subordinate {
                issuer,
                subject: about,
                ..
            } => {
                if about == subject
                    && let Err(fault) = self.demand(subject, issuer)
                {
                    return Ok(Err(fault));
                }
                if issuer != ourselves {
                    return Ok(Ok(self.fetch(want).await));
                }
                let known = seen.iter().find(|seen| seen.id == *about);
                match known.map(Seen::vouched) {
                    Some(Ok(statement)) => self.state(about, subject, statement.keys()).map(Ok),
                    Some(Err(fault)) => Err(fault),
                    None => Ok(Err("nothing is known of it here".to_owned())),
                }
            }
        })
    }

    async fn fetch(&self, want: &Want) -> Result<String, String> {
        let allowed = narrowest(self.decisions, want.whose());
        let within = allowed.map_or(&[][..], |allowed| &allowed.terms.ranges);
        let url = want.url();
        let fetched = self.fetcher.get(&url, Kind::EntityStatement, within, self.now);
        let bytes = fetched.await.map_err(|fault| fault.to_string())?;
        String::from_utf8(bytes).map_err(|_| "the answer is not text".to_owned())
    }

    /// Reads what an entity says about itself, and holds its keys against the pinned ones.
    async fn judge(
        &self,
        id: &EntityId,
        jwt: &str,
        seen: &mut Vec<Seen>,
    ) -> Result<Result<(), TrustFault>, StoreError> {
        let Some(allowed) = narrowest(self.decisions, id) else {
            return Ok(Err(not_allowed(id, "nobody has allowed it")));
        };
        let entity = records::find(self.db, id).await?;
        let standing = entity.as_ref().map(|entity| entity.status);
        if let Some(EntityStatus::Suspended | EntityStatus::Removed) = standing {
            return Ok(Err(not_allowed(id, "it is suspended or removed")));
        }
        let pinned = entity.as_ref().and_then(|entity| {
            let keys = entity.keys().ok()?;
            Some(Pinned {
                keys,
                newest: entity.statement_iat,
            })
        });
        let judged = read(jwt, Asked::Configuration(id), self.limits.relaxation, self.now)
            .and_then(|configuration| judge(configuration, pinned.as_ref()));
        Ok(judged.and_then(|pins| {
            let now_seen = Seen {
                id: id.clone(),
                allowed: Arc::clone(allowed),
                entity,
                pins,
            };
            let outcome = now_seen.vouched().map(drop);
            seen.push(now_seen);
            outcome
        }))
    }

    async fn pinned_of(&self, id: &EntityId) -> Result<Option<JwkSet>, StoreError> {
        let known = records::find(self.db, id).await?;
        let joined = known.filter(|entity| entity.status == EntityStatus::Joined);
        Ok(joined.and_then(|entity| entity.keys().ok()))
    }

    /// What we say about one right below us: the system itself, or a superior.
    fn state(&self, about: &EntityId, subject: &EntityId, keys: &JwkSet) -> Result<String, TrustFault> {
        let allowed = if about == subject {
            narrowest(self.decisions, about).filter(|allowed| allowed.is_active())
        } else {
            self.superior(about)
        };
        let Some(allowed) = allowed else {
            return Err(not_allowed(about, "it is suspended, or no superior"));
        };
        let stated = self.ourselves.about(about, allowed, keys, self.now);
        stated.map_err(|fault| TrustFault::new(Step::Reach, self.ourselves.id(), "sub", about, fault))
    }

    /// A decision may demand by whom its systems come.
    fn demand(&self, subject: &EntityId, superior: &EntityId) -> Result<(), TrustFault> {
        let allowed = narrowest(self.decisions, subject);
        match allowed.and_then(|allowed| allowed.terms.through.as_deref()) {
            Some(through) if through != superior.as_str() => {
                let expected = format!("a statement by {through}");
                Err(TrustFault::new(
                    Step::Hint,
                    subject,
                    "authority_hints",
                    expected,
                    superior,
                ))
            }
            _ => Ok(()),
        }
    }

    /// An intermediate that the operator lets vouch for others.
    fn superior(&self, id: &EntityId) -> Option<&Arc<Allowed>> {
        narrowest(self.decisions, id).filter(|allowed| {
            allowed.is_active() && allowed.terms.superior.is_some() && allowed.pattern.names_one()
        })
    }

    fn is_anchor(&self, id: &EntityId) -> bool {
        self.anchors.iter().any(|anchor| anchor.id == *id)
    }

    fn held_configuration(&self, id: &EntityId) -> Option<String> {
        let anchor = self.anchors.iter().find(|anchor| anchor.id == *id);
        anchor.and_then(|anchor| anchor.configuration.clone())
    }
}

fn not_allowed(id: &EntityId, found: &str) -> TrustFault {
    TrustFault::new(
        Step::Anchor,
        id,
        "sub",
        "an entity that the operator has allowed",
        found,
    )
}
