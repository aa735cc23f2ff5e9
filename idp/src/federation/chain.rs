use super::constraints::Constraints;
use super::entity_id::{EntityId, Relaxation};
use super::fault::{Step, TrustFault, Whose};
use super::metadata::Metadata;
use super::policy::Policy;
use super::read::{Asked, Unproven, read};
use super::statement::{Configuration, Statement};
use crate::clock::Timestamp;
use crate::keys::jose::JwkSet;

/// An entity that is trusted by configuration: with these keys, whatever keys it publishes.
#[derive(Clone, Debug)]
pub struct Anchor {
    pub id: EntityId,
    pub keys: JwkSet,
    /// What it says about itself, where the caller has that: arrays of statements may leave it out (OpenID
    /// Federation 1.0 §4).
    pub configuration: Option<String>,
}

/// How far a chain may reach.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entities between the subject and the anchor.
    pub intermediates: usize,
    pub relaxation: Relaxation,
}

/// Statements from an entity to an anchor, each proven by the next (§4).
#[derive(Clone, Debug)]
pub struct Chain {
    subject: Statement,
    /// About the subject first, the anchor's last. None where the subject is the anchor.
    subordinate: Vec<Statement>,
    anchor: Statement,
}

/// Its statements before anything is proven, in the order of the chain.
struct Links {
    statements: Vec<Unproven>,
    /// The subject and everyone above it.
    entities: Vec<EntityId>,
}

impl Chain {
    /// Checks a chain by itself (§10.2): everything in it may come from whoever gains by it.
    pub fn verify(
        jwts: &[impl AsRef<str>],
        subject: &EntityId,
        anchors: &[Anchor],
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Self, TrustFault> {
        let mut links = Links::read(jwts, subject, limits, now)?;
        let whose = Whose(subject.as_str());
        let top = links.entities.last().unwrap_or(subject);
        let Some(anchor) = anchors.iter().find(|anchor| anchor.id == *top) else {
            let known: Vec<&str> = anchors.iter().map(|anchor| anchor.id.as_str()).collect();
            let expected = format!("a chain to {}", known.join(" or "));
            return Err(whose.fault(Step::Anchor, "iss", expected, top));
        };
        links.complete(anchor, limits, now)?;
        let mut proven = links.prove(&anchor.keys)?;
        let anchor = proven.pop().ok_or_else(|| no_statement(whose))?;
        let mut proven = proven.into_iter();
        let subject = proven.next().unwrap_or_else(|| anchor.clone());
        let chain = Self {
            subject,
            subordinate: proven.collect(),
            anchor,
        };
        chain.check_hint()?;
        chain.check_constraints()?;
        Ok(chain)
    }

    /// The same chain, with what its subject says to one provider alone instead of to everybody (§12.2.2): signed by a key
    /// that its superior vouches for, or anybody could have made it; and by one that it says to everybody is its own, or
    /// its superior could have.
    pub fn with_request(mut self, request: Unproven) -> Result<Self, TrustFault> {
        let sent = request.keys().clone();
        let whose = Whose(self.subject.subject().as_str());
        let vouched = match self.subordinate.first() {
            Some(superior) if superior.subject() == request.subject() => superior.keys().clone(),
            _ => return Err(whose.fault(Step::Subject, "sub", whose.0, request.subject())),
        };
        let own = self.subject.keys().clone();
        if !own.has_all(&sent) {
            let (expected, found) = ("keys that its entity configuration has", "others");
            return Err(whose.fault(Step::Keys, "jwks", expected, found));
        }
        self.subject = request.prove_by_each(&[&sent, &vouched, &own])?;
        self.check_hint()?;
        Ok(self)
    }

    /// What the subject says about itself.
    #[must_use]
    pub const fn subject(&self) -> &Statement {
        &self.subject
    }

    /// What its immediate superior says about it.
    #[must_use]
    pub fn superior(&self) -> Option<&Statement> {
        self.subordinate.first()
    }

    /// What each superior says about the one below it, the immediate superior first; the anchor's is the last.
    #[must_use]
    pub fn superiors(&self) -> &[Statement] {
        &self.subordinate
    }

    /// What the anchor says about itself.
    #[must_use]
    pub const fn anchor(&self) -> &Statement {
        &self.anchor
    }

    /// When the first of its statements expires (§10.4).
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.statements()
            .map(Statement::expires_at)
            .min()
            .unwrap_or(self.subject.expires_at())
    }

    /// As the standard writes it, complete.
    #[must_use]
    pub fn as_jwts(&self) -> Vec<&str> {
        self.statements().map(Statement::as_jwt).collect()
    }

    /// The subject's metadata with what its superiors give, take and demand: the immediate superior's word first, then
    /// the types that each allows, then the policy of all (§3.1.1, §6.2.3, §6.1.4).
    pub fn resolve(&self) -> Result<Metadata, TrustFault> {
        self.resolve_instead(self.subject.metadata().clone())
    }

    /// As [`Self::resolve`], of other metadata of the subject than it states.
    pub fn resolve_instead(&self, own: Metadata) -> Result<Metadata, TrustFault> {
        let stated = match self.superior() {
            Some(superior) => own.overlay(superior.metadata()),
            None => own,
        };
        let allowed = self
            .subordinate
            .iter()
            .filter_map(|statement| {
                statement
                    .subordinate()?
                    .constraints
                    .allowed_entity_types
                    .as_deref()
            })
            .fold(stated, Metadata::restrict);
        Ok(match Policy::resolve(self.policies()?)? {
            Some(policy) => Metadata::from(policy.apply(allowed.into_types())?),
            None => allowed,
        })
    }

    /// The most superior first: the order in which they are merged.
    fn policies(&self) -> Result<Vec<Policy>, TrustFault> {
        let claim = |statement: &Statement| statement.subordinate()?.metadata_policy.clone();
        let written = self
            .subordinate
            .iter()
            .rev()
            .filter_map(|statement| Some((statement.issuer(), claim(statement)?)));
        written
            .map(|(issuer, claim)| Ok(Policy::read(issuer.as_str(), Some(&claim), None)?))
            .collect()
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        // An anchor's chain about itself is one statement.
        let above = (!self.subordinate.is_empty()).then_some(&self.anchor);
        [&self.subject].into_iter().chain(&self.subordinate).chain(above)
    }

    /// A superior that its subordinate does not name is none (§3.2). The configurations of intermediates are no part of
    /// a chain; whoever searches sees them.
    fn check_hint(&self) -> Result<(), TrustFault> {
        let Some(superior) = self.superior().map(Statement::issuer) else {
            return Ok(());
        };
        let hints = match self.subject.configuration() {
            Some(Configuration { authority_hints, .. }) => authority_hints.as_slice(),
            None => &[],
        };
        if hints.contains(superior) {
            return Ok(());
        }
        let found: Vec<&str> = hints.iter().map(EntityId::as_str).collect();
        let whose = Whose(self.subject.subject().as_str());
        Err(whose.fault(Step::Hint, "authority_hints", superior, found.join(" ")))
    }

    fn check_constraints(&self) -> Result<(), TrustFault> {
        self.constrain(|statement| Some(statement.subordinate()?.constraints.clone()))
    }

    /// Holds what each superior states to constraints of the caller's, as if it stated them itself.
    pub fn constrain(&self, by: impl Fn(&Statement) -> Option<Constraints>) -> Result<(), TrustFault> {
        let below: Vec<&EntityId> = self.subordinate.iter().map(Statement::subject).collect();
        for (place, statement) in self.subordinate.iter().enumerate() {
            let whose = Whose(statement.issuer().as_str());
            if let Some(constraints) = by(statement) {
                constraints.check(below.get(..=place).unwrap_or_default(), whose)?;
            }
        }
        Ok(())
    }
}

impl Links {
    fn read(
        jwts: &[impl AsRef<str>],
        subject: &EntityId,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Self, TrustFault> {
        let whose = Whose(subject.as_str());
        if jwts.is_empty() {
            return Err(no_statement(whose));
        }
        // The subject's and the anchor's configuration, and a statement by each superior.
        let most = limits.intermediates.saturating_add(3);
        if jwts.len() > most {
            let expected = format!("a chain of at most {most} statements");
            return Err(whose.fault(Step::PathLength, "trust_chain", expected, jwts.len()));
        }
        let mut links = Self {
            statements: Vec::new(),
            entities: vec![subject.clone()],
        };
        for (place, jwt) in jwts.iter().enumerate() {
            let top = links.entities.last().unwrap_or(subject);
            let asked = if place == 0 {
                Asked::Configuration(subject)
            } else {
                Asked::About(top)
            };
            let statement = read(jwt.as_ref(), asked, limits.relaxation, now)?;
            if place > 0 {
                links.check_next(&statement, place + 1 == jwts.len())?;
            }
            if !statement.is_configuration() {
                links.entities.push(statement.issuer().clone());
            }
            links.statements.push(statement);
        }
        if links.superiors() > limits.intermediates.saturating_add(1) {
            let expected = format!("at most {} intermediates", limits.intermediates);
            return Err(whose.fault(Step::PathLength, "trust_chain", expected, links.superiors() - 1));
        }
        Ok(links)
    }

    /// Above the subject's configuration stand statements of superiors, nobody twice, and the anchor's configuration.
    fn check_next(&self, next: &Unproven, is_last: bool) -> Result<(), TrustFault> {
        let whose = Whose(next.issuer().as_str());
        let is_known = self.entities.contains(next.issuer());
        let is_anchors = next.is_configuration() && is_last && self.superiors() > 0;
        if next.is_configuration() && !is_anchors {
            let expected = "a subordinate statement, or the anchor's configuration at the end";
            return Err(whose.fault(Step::Loop, "sub", expected, next.subject()));
        }
        if !next.is_configuration() && is_known {
            return Err(whose.fault(Step::Loop, "iss", "each entity once", next.issuer()));
        }
        Ok(())
    }

    const fn superiors(&self) -> usize {
        self.entities.len().saturating_sub(1)
    }

    /// Adds what the anchor says about itself, where the array leaves it out.
    fn complete(&mut self, anchor: &Anchor, limits: &Limits, now: Timestamp) -> Result<(), TrustFault> {
        let whose = Whose(anchor.id.as_str());
        if self.statements.last().is_some_and(Unproven::is_configuration) {
            return Ok(());
        }
        let Some(jwt) = &anchor.configuration else {
            let expected = "the anchor's configuration at the end";
            return Err(whose.fault(Step::Anchor, "trust_chain", expected, "nothing"));
        };
        let asked = Asked::Configuration(&anchor.id);
        self.statements.push(read(jwt, asked, limits.relaxation, now)?);
        Ok(())
    }

    /// Each by a key in the next one; the first and the last also by their own; what the anchor signed by the keys that
    /// are configured, since what it publishes could be anybody's (§4).
    fn prove(self, configured: &JwkSet) -> Result<Vec<Statement>, TrustFault> {
        let keys: Vec<JwkSet> = self.statements.iter().map(|one| one.keys().clone()).collect();
        let count = self.statements.len();
        let prove = |(place, statement): (usize, Unproven)| {
            let mut sets: Vec<&JwkSet> = Vec::new();
            if place + 2 >= count {
                sets.push(configured);
            }
            if statement.is_configuration() {
                sets.extend(keys.get(place));
            }
            sets.extend(keys.get(place + 1));
            statement.prove_by_each(&sets)
        };
        self.statements.into_iter().enumerate().map(prove).collect()
    }
}

fn no_statement(whose: Whose<'_>) -> TrustFault {
    whose.fault(Step::Form, "trust_chain", "statements up to an anchor", "none")
}
