use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use url::Url;

use super::chain::{Anchor, Chain, Limits};
use super::entity_id::{EntityId, check_scheme};
use super::fault::{Step, TrustFault, Whose};
use super::metadata::FEDERATION_ENTITY;
use super::read::{Asked, read};
use super::statement::Statement;
use crate::clock::Timestamp;

/// Superiors of one entity that are looked at (OpenID Federation 1.0 §18.1: a search is a motor that a stranger starts).
const MOST_HINTS: usize = 4;
/// Statements that one search asks for.
const MOST_WANTS: usize = 12;

/// A statement to fetch, or to take from wherever it is held.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Want {
    Configuration(EntityId),
    Subordinate {
        /// The issuer's `federation_fetch_endpoint`.
        endpoint: Url,
        issuer: EntityId,
        subject: EntityId,
    },
}

impl Want {
    /// Where it is (§9, §8.1.1).
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Configuration(id) => id.configuration_url(),
            Self::Subordinate {
                endpoint, subject, ..
            } => {
                let mut url = endpoint.clone();
                url.query_pairs_mut().append_pair("sub", subject.as_str());
                url.into()
            }
        }
    }

    /// Who has it.
    #[must_use]
    pub const fn whose(&self) -> &EntityId {
        match self {
            Self::Configuration(id) | Self::Subordinate { issuer: id, .. } => id,
        }
    }
}

/// Finds a chain from an entity to an anchor, the shortest first (§10.1, §10.3), without fetching anything itself:
///
/// ```text
/// while let Some(want) = search.next_want() { search.got(want, fetch(want.url())) }
/// search.finish()
/// ```
///
/// Asks for nothing twice, never goes round, follows only superiors that the caller knows, and only so many.
pub struct Search<'a> {
    subject: EntityId,
    anchors: &'a [Anchor],
    follows: &'a (dyn Fn(&EntityId) -> bool + Sync),
    limits: Limits,
    now: Timestamp,
    /// Ways up that are still to be gone: the subject first. Breadth first, so a shorter one comes earlier.
    ways: VecDeque<Vec<EntityId>>,
    configurations: BTreeMap<EntityId, Result<Statement, TrustFault>>,
    /// What an issuer says about a subject, as it came.
    subordinate: BTreeMap<(EntityId, EntityId), Result<String, TrustFault>>,
    asked: usize,
    found: Option<Chain>,
    /// The first fault of a way that reached an anchor, else of one that did not: who looks for the reason looks there.
    fault: Option<(Reached, TrustFault)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    Superior,
    Anchor,
}

/// What to do with the first of the ways.
enum Next {
    Ask(Box<Want>),
    Climb(Vec<EntityId>),
    Verify(Vec<String>),
}

impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search")
            .field("subject", &self.subject.as_str())
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl<'a> Search<'a> {
    /// `follows`: which intermediates may be asked. Anchors always are.
    pub fn new(
        subject: EntityId,
        anchors: &'a [Anchor],
        follows: &'a (dyn Fn(&EntityId) -> bool + Sync),
        limits: Limits,
        now: Timestamp,
    ) -> Self {
        Self {
            ways: VecDeque::from([vec![subject.clone()]]),
            subject,
            anchors,
            follows,
            limits,
            now,
            configurations: BTreeMap::new(),
            subordinate: BTreeMap::new(),
            asked: 0,
            found: None,
            fault: None,
        }
    }

    /// The next statement that is needed; nothing once a chain is found, or none can be.
    pub fn next_want(&mut self) -> Option<Want> {
        while self.found.is_none() {
            let way = self.ways.front()?.clone();
            match self.look(&way) {
                Ok(Next::Ask(want)) if self.asked < MOST_WANTS => return Some(*want),
                Ok(Next::Ask(want)) => {
                    let expected = format!("a chain within {MOST_WANTS} statements");
                    let whose = Whose(self.subject.as_str());
                    let fault = whose.fault(Step::PathLength, "authority_hints", expected, want.whose());
                    self.give_up(Reached::Superior, fault);
                    self.ways.clear();
                }
                Ok(Next::Climb(superiors)) => {
                    self.ways.pop_front();
                    let ways = superiors.into_iter().map(|superior| {
                        let mut way = way.clone();
                        way.push(superior);
                        way
                    });
                    self.ways.extend(ways);
                }
                Ok(Next::Verify(jwts)) => {
                    self.ways.pop_front();
                    match Chain::verify(&jwts, &self.subject, self.anchors, &self.limits, self.now) {
                        Ok(chain) => self.found = Some(chain),
                        Err(fault) => self.give_up(Reached::Anchor, fault),
                    }
                }
                Err(fault) => {
                    self.ways.pop_front();
                    let reached = if way.len() > 1 {
                        Reached::Superior
                    } else {
                        Reached::Nothing
                    };
                    self.give_up(reached, fault);
                }
            }
        }
        None
    }

    /// The answer to a want: the statement, or why it could not be had.
    pub fn got(&mut self, want: Want, answer: Result<String, String>) {
        let answer = answer
            .map_err(|reason| Whose(want.whose().as_str()).fault(Step::Reach, "url", want.url(), reason));
        self.take(want, answer);
    }

    /// The answer to a want that the caller does not go by.
    pub fn refused(&mut self, want: Want, fault: TrustFault) {
        self.take(want, Err(fault));
    }

    fn take(&mut self, want: Want, answer: Result<String, TrustFault>) {
        self.asked += 1;
        match want {
            Want::Configuration(id) => {
                let proven = answer.and_then(|jwt| {
                    read(&jwt, Asked::Configuration(&id), self.limits.relaxation, self.now)?.prove_by_itself()
                });
                self.configurations.insert(id, proven);
            }
            Want::Subordinate { issuer, subject, .. } => {
                self.subordinate.insert((issuer, subject), answer);
            }
        }
    }

    pub fn finish(self) -> Result<Chain, TrustFault> {
        let nothing = || {
            let known: Vec<&str> = self.anchors.iter().map(|anchor| anchor.id.as_str()).collect();
            let whose = Whose(self.subject.as_str());
            whose.fault(
                Step::Anchor,
                "authority_hints",
                known.join(" or "),
                "no way there",
            )
        };
        match (self.found, self.fault) {
            (Some(chain), _) => Ok(chain),
            (None, Some((_, fault))) => Err(fault),
            (None, None) => Err(nothing()),
        }
    }

    fn give_up(&mut self, reached: Reached, fault: TrustFault) {
        if self.fault.as_ref().is_none_or(|(before, _)| *before < reached) {
            self.fault = Some((reached, fault));
        }
    }

    fn is_anchor(&self, id: &EntityId) -> bool {
        self.anchors.iter().any(|anchor| anchor.id == *id)
    }

    /// What a way needs next: the configuration of its top and, once that is an anchor, what each superior says.
    fn look(&self, way: &[EntityId]) -> Result<Next, TrustFault> {
        let top = way.last().unwrap_or(&self.subject);
        let configuration = match self.configurations.get(top) {
            None => return Ok(Next::Ask(Box::new(Want::Configuration(top.clone())))),
            Some(known) => known.as_ref().map_err(Clone::clone)?,
        };
        if !self.is_anchor(top) {
            return self.superiors(way, configuration).map(Next::Climb);
        }
        let mut jwts = vec![self.configuration(&self.subject)?.as_jwt().to_owned()];
        for pair in way.windows(2) {
            let [subject, issuer] = pair else { continue };
            match self.subordinate.get(&(issuer.clone(), subject.clone())) {
                None => return self.want_subordinate(issuer, subject).map(Next::Ask),
                Some(known) => jwts.push(known.clone()?),
            }
        }
        if way.len() > 1 {
            jwts.push(configuration.as_jwt().to_owned());
        }
        Ok(Next::Verify(jwts))
    }

    fn configuration(&self, id: &EntityId) -> Result<&Statement, TrustFault> {
        match self.configurations.get(id) {
            Some(known) => known.as_ref().map_err(Clone::clone),
            None => Err(Whose(id.as_str()).fault(Step::Reach, "url", id.configuration_url(), "nothing")),
        }
    }

    fn superiors(&self, way: &[EntityId], top: &Statement) -> Result<Vec<EntityId>, TrustFault> {
        let whose = Whose(top.subject().as_str());
        let hints = top.configuration().map_or(&[][..], |own| &own.authority_hints);
        // The subject, the intermediates, the anchor.
        let is_long = way.len() > self.limits.intermediates;
        let may_follow = |hint: &&EntityId| {
            !way.contains(*hint) && (self.is_anchor(hint) || (!is_long && (self.follows)(hint)))
        };
        let mut superiors: Vec<EntityId> = Vec::new();
        for hint in hints.iter().filter(may_follow) {
            if !superiors.contains(hint) && superiors.len() < MOST_HINTS {
                superiors.push(hint.clone());
            }
        }
        if !superiors.is_empty() {
            return Ok(superiors);
        }
        let named: Vec<&str> = hints.iter().map(EntityId::as_str).collect();
        if hints.iter().any(|hint| way.contains(hint)) {
            let expected = "a superior that is not below it";
            return Err(whose.fault(Step::Loop, "authority_hints", expected, named.join(" ")));
        }
        if is_long {
            let expected = format!("at most {} intermediates", self.limits.intermediates);
            return Err(whose.fault(Step::PathLength, "authority_hints", expected, named.join(" ")));
        }
        let anchors: Vec<&str> = self.anchors.iter().map(|anchor| anchor.id.as_str()).collect();
        let expected = format!("{}, or an intermediate that is known here", anchors.join(" or "));
        Err(whose.fault(Step::Hint, "authority_hints", expected, named.join(" ")))
    }

    /// An endpoint elsewhere than at its owner's own host would let an intermediate choose whom we ask.
    fn want_subordinate(&self, issuer: &EntityId, subject: &EntityId) -> Result<Box<Want>, TrustFault> {
        const CLAIM: &str = "federation_fetch_endpoint";
        let own = self.configuration(issuer)?.metadata().of(FEDERATION_ENTITY);
        let found = own.and_then(|own| own.get(CLAIM)).cloned().unwrap_or_default();
        let endpoint = found.as_str().and_then(|text| Url::parse(text).ok());
        match endpoint {
            Some(endpoint)
                if check_scheme(&endpoint, self.limits.relaxation).is_ok()
                    && issuer.shares_origin(&endpoint)
                    && endpoint.fragment().is_none() =>
            {
                Ok(Box::new(Want::Subordinate {
                    endpoint,
                    issuer: issuer.clone(),
                    subject: subject.clone(),
                }))
            }
            _ => {
                let expected = format!("an address at the host of {issuer}");
                Err(Whose(issuer.as_str()).fault(Step::Syntax, CLAIM, expected, found))
            }
        }
    }
}
