use std::sync::Arc;

use super::Ourselves;
use super::allowed::{Allowed, Decisions, narrowest};
use super::entity::{Entity, EntityStatus, records};
use super::pins::{Pinned, Pins, fingerprints, judge};
use crate::clock::Timestamp;
use crate::federation::{
    Anchor, Asked, Chain, EntityId, Limits, Search, Statement, Step, TrustFault, Want, read,
};
use crate::fetch::{Fetcher, Kind};
use crate::keys::jose::JwkSet;
use crate::store::{Db, StoreError};

const SENT_NOTHING: &str = "the operator has said that we cannot reach it, and nothing came along that it has sent of \
    itself (the SDK's `.unreachable()`)";

/// What one look for a chain goes by.
#[derive(Debug)]
pub(super) struct Discovery<'a> {
    pub(super) db: &'a Db,
    pub(super) fetcher: &'a Fetcher,
    pub(super) ourselves: &'a Ourselves,
    pub(super) anchors: &'a [Anchor],
    pub(super) decisions: &'a Decisions,
    pub(super) limits: Limits,
    /// What the system has sent of itself, where we cannot reach it.
    pub(super) sent: Option<&'a str>,
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

/// The statement that is wanted; why it could not be had; or why we do not go by it.
enum Answer {
    Statement(String),
    Nothing(String),
    Refused(TrustFault),
}

impl From<Result<String, TrustFault>> for Answer {
    fn from(outcome: Result<String, TrustFault>) -> Self {
        match outcome {
            Ok(jwt) => Self::Statement(jwt),
            Err(fault) => Self::Refused(fault),
        }
    }
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
            Pins::First(statement)
            | Pins::Same(statement)
            | Pins::Followed(statement)
            | Pins::Older { statement, .. } => Ok(statement),
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
                Answer::Statement(jwt) => search.got(want, Ok(jwt)),
                Answer::Nothing(reason) => search.got(want, Err(reason)),
                Answer::Refused(fault) => search.refused(want, fault),
            }
        }
        let chain = search
            .finish()
            .and_then(|chain| self.check(&chain).map(|()| chain));
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
        let judged = self.judge(subject, &own, &mut seen).await?;
        // At first contact, its own host must answer for it.
        if judged.is_err() || seen.iter().any(|seen| matches!(seen.pins, Pins::First(_))) {
            return Ok(None);
        }
        for statement in given.superiors() {
            let (issuer, about) = (statement.issuer(), statement.subject());
            if self.demand(about, issuer).is_err() || !self.may_vouch(issuer).await? {
                return Ok(None);
            }
            // With keys of its own for the one below it, whoever stands above could say anything in that one's name.
            let known = match seen.iter().find(|seen| seen.id == *about) {
                Some(seen) => seen.vouched().ok().map(|own| own.keys().clone()),
                None => self.pinned(about).await?,
            };
            if !known.is_some_and(|known| known.has_all(statement.keys())) {
                return Ok(None);
            }
        }
        let mut jwts: Vec<String> = given.as_jwts().into_iter().map(str::to_owned).collect();
        if let Some(ours) = given.superiors().last()
            && ours.issuer() == self.ourselves.id()
        {
            let Some(restated) = self.restate(ours.subject(), subject, &seen).await? else {
                return Ok(None);
            };
            jwts.truncate(given.superiors().len());
            jwts.extend(restated);
        }
        let chain = verify(&jwts).ok().filter(|chain| self.check(chain).is_ok());
        Ok(chain.map(|chain| Found {
            chain: Ok(chain),
            seen,
        }))
    }

    async fn answer(
        &self,
        want: &Want,
        subject: &EntityId,
        seen: &mut Vec<Seen>,
    ) -> Result<Answer, StoreError> {
        let ourselves = self.ourselves.id();
        match want {
            Want::Configuration(id) => {
                if let Some(jwt) = self.held_configuration(id) {
                    return Ok(Answer::Statement(jwt));
                }
                let said = if id == subject && self.sends_itself(id) {
                    self.sent
                        .map(str::to_owned)
                        .ok_or_else(|| SENT_NOTHING.to_owned())
                } else {
                    self.fetch(want).await
                };
                let jwt = match said {
                    Ok(jwt) => jwt,
                    Err(reason) => return Ok(Answer::Nothing(reason)),
                };
                if self.is_anchor(id) {
                    return Ok(Answer::Statement(jwt));
                }
                let judged = self.judge(id, &jwt, seen).await?;
                Ok(judged.map(|()| jwt).into())
            }
            Want::Subordinate {
                issuer,
                subject: about,
                ..
            } => {
                if let Err(fault) = self.demand(about, issuer) {
                    return Ok(Answer::Refused(fault));
                }
                if issuer != ourselves {
                    return Ok(match self.fetch(want).await {
                        Ok(jwt) => Answer::Statement(jwt),
                        Err(reason) => Answer::Nothing(reason),
                    });
                }
                let Some(known) = seen.iter().find(|seen| seen.id == *about) else {
                    return Ok(Answer::Nothing("nothing is known of it here".to_owned()));
                };
                let stated = known.vouched();
                Ok(stated
                    .and_then(|own| self.state(about, subject, own.keys()))
                    .into())
            }
        }
    }

    fn sends_itself(&self, id: &EntityId) -> bool {
        narrowest(self.decisions, id).is_some_and(|allowed| allowed.sends_itself())
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
            .and_then(|configuration| judge(configuration, pinned.as_ref()))
            .and_then(|pins| trusted(pins, allowed));
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

    /// What we say today about the one below us, and about ourselves.
    async fn restate(
        &self,
        about: &EntityId,
        subject: &EntityId,
        seen: &[Seen],
    ) -> Result<Option<[String; 2]>, StoreError> {
        let keys = match seen.iter().find(|seen| seen.id == *about) {
            Some(seen) => seen.vouched().ok().map(|own| own.keys().clone()),
            None => self.pinned(about).await?,
        };
        let stated = keys.and_then(|keys| self.state(about, subject, &keys).ok());
        let configuration = self.ourselves.configuration(self.now).ok();
        Ok(stated.zip(configuration).map(|(about, own)| [about, own]))
    }

    async fn may_vouch(&self, id: &EntityId) -> Result<bool, StoreError> {
        let is_superior = self.superior(id).is_some() && self.pinned(id).await?.is_some();
        Ok(is_superior || self.is_anchor(id))
    }

    async fn pinned(&self, id: &EntityId) -> Result<Option<JwkSet>, StoreError> {
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

    /// What the operator has decided of a superior holds wherever it stands in a chain. Where we state nothing about it
    /// ourselves, as below another superior or a province, no statement says so.
    fn check(&self, chain: &Chain) -> Result<(), TrustFault> {
        for statement in chain.superiors() {
            self.demand(statement.subject(), statement.issuer())?;
        }
        chain.constrain(|statement| {
            let superior = self.superior(statement.issuer())?.terms.superior.as_ref()?;
            Some(superior.own_constraints())
        })
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

/// Nobody proves an address by sending something: the first keys of a system that we cannot reach are those that the operator
/// has named, after the department has said them over another way.
fn trusted(pins: Pins, allowed: &Allowed) -> Result<Pins, TrustFault> {
    let Pins::First(statement) = &pins else {
        return Ok(pins);
    };
    let offered = fingerprints(statement.keys());
    if !allowed.sends_itself() || offered.iter().all(|one| allowed.terms.trusted_keys.contains(one)) {
        return Ok(pins);
    }
    let id = statement.subject();
    let expected = format!("keys that the operator trusts, by `yimen department trust-keys {id}`");
    Err(TrustFault::new(
        Step::Keys,
        id,
        "jwks",
        expected,
        offered.join(" "),
    ))
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
