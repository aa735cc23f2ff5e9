use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::constraints::Constraints;
use super::critical;
use super::entity_id::{EntityId, Relaxation};
use super::fault::{Step, TrustFault, Whose};
use super::metadata::Metadata;
use super::policy::Policy;
use super::statement::{Configuration, Kind, Statement, Subordinate};
use super::syntax::{self, Form, Reader};
use crate::clock::Timestamp;
use crate::keys::jose::{
    Accept, Algorithm, Audience, JoseError, JwkSet, LEEWAY, Typ, Unverified, numeric_date,
};

const TYP: Typ<'static> = Typ::Is("entity-statement+jwt");

/// Which statement was asked for: another than that is refused, however well it is signed.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// What an entity says about itself.
    Configuration(&'a EntityId),
    /// What one says about another.
    Subordinate {
        issuer: &'a EntityId,
        subject: &'a EntityId,
    },
    /// The next statement of a chain: about this entity, by a superior or, at an anchor, by itself.
    About(&'a EntityId),
    /// A configuration that somebody sends to be registered, made for this provider alone (§12.2.1).
    Registration { provider: &'a EntityId },
}

/// A statement that is well formed, of the kind that was asked for, and in time. Who signed it is open: it tells whose
/// keys to look for, and nothing of what it says can be read.
#[derive(Clone)]
pub struct Unproven(Statement);

impl fmt::Debug for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unproven").field(&self.0).finish()
    }
}

/// All checks of OpenID Federation 1.0 §3.2 that need no other statement, the cheap ones first.
pub fn read(
    jwt: &str,
    asked: Asked<'_>,
    relaxation: Relaxation,
    now: Timestamp,
) -> Result<Unproven, TrustFault> {
    let whose = asked.whose();
    let (kid, claims) = open(jwt, asked, whose)?;
    let (issuer, subject) = check_parties(&claims, asked, relaxation)?;
    let whose = Whose(issuer.as_str());
    let (issued_at, expires_at) = check_times(&claims, whose, now)?;
    let keys_as_written = claims.get("jwks").cloned().unwrap_or_default();
    let keys = JwkSet::parse_federation(&keys_as_written).map_err(|reason| {
        let expected = "public keys, each with a kid of its own";
        whose.fault(Step::Keys, "jwks", expected, reason)
    })?;
    critical::check(&claims, whose)?;
    let form = match asked {
        Asked::Registration { .. } => Form::RegistrationRequest,
        _ if issuer == subject => Form::Configuration,
        _ => Form::Subordinate,
    };
    syntax::check_places(&claims, form, whose)?;
    if let Asked::Registration { provider } = asked {
        Audience::Alone(provider.as_str())
            .check(&claims)
            .map_err(|fault| whose.fault(Step::Subject, "aud", provider, fault))?;
    }
    let reader = Reader { whose, relaxation };
    let kind = match form {
        Form::Subordinate => Kind::Subordinate(subordinate(&claims, reader)?),
        Form::Configuration | Form::RegistrationRequest => {
            Kind::Configuration(configuration(&claims, reader)?)
        }
    };
    let metadata = optional(&claims, "metadata", |claim| Metadata::read(claim, whose))?;
    Ok(Unproven(Statement {
        metadata,
        issuer,
        subject,
        issued_at,
        expires_at,
        keys,
        keys_as_written,
        kind,
        kid,
        jwt: Arc::from(jwt),
    }))
}

impl Unproven {
    #[must_use]
    pub const fn issuer(&self) -> &EntityId {
        &self.0.issuer
    }

    #[must_use]
    pub const fn subject(&self) -> &EntityId {
        &self.0.subject
    }

    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// The keys that it names as its subject's.
    #[must_use]
    pub const fn keys(&self) -> &JwkSet {
        &self.0.keys
    }

    /// The name of the key that it says it is signed by.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        matches!(self.0.kind, Kind::Configuration(_))
    }

    /// Proven by keys that the caller knows to be the issuer's.
    pub fn prove(self, keys: &JwkSet) -> Result<Statement, TrustFault> {
        self.prove_by_each(&[keys])
    }

    /// A configuration that one of its own keys signed: whoever published it has that key, and no more is proven.
    pub fn prove_by_itself(self) -> Result<Statement, TrustFault> {
        if !self.is_configuration() {
            let whose = Whose(self.0.issuer.as_str());
            return Err(whose.fault(Step::Subject, "sub", &self.0.issuer, &self.0.subject));
        }
        let own = self.0.keys.clone();
        self.prove(&own)
    }

    /// Proven by a key that stands in each of these sets.
    pub(super) fn prove_by_each(self, sets: &[&JwkSet]) -> Result<Statement, TrustFault> {
        let whose = Whose(self.0.issuer.as_str());
        for keys in sets {
            let accept = Accept {
                algorithms: Algorithm::ALL,
                typ: TYP,
            };
            Unverified::parse_long(&self.0.jwt)
                .and_then(|token| token.verify(keys, &accept))
                .map_err(|fault| unproven_signature(&fault, &self.0.kid, keys, whose))?;
        }
        if sets.is_empty() {
            return Err(whose.fault(Step::Signature, "kid", "a key to prove it by", "none"));
        }
        Ok(self.0)
    }
}

fn unproven_signature(fault: &JoseError, kid: &str, keys: &JwkSet, whose: Whose<'_>) -> TrustFault {
    match fault {
        JoseError::UnknownKey => {
            let known: Vec<&str> = keys.keys().iter().filter_map(|key| key.kid()).collect();
            whose.fault(Step::Signature, "kid", known.join(" or "), kid)
        }
        other => whose.fault(Step::Signature, "kid", format!("a signature by {kid}"), other),
    }
}

impl Asked<'_> {
    const fn is_registration(&self) -> bool {
        matches!(self, Self::Registration { .. })
    }

    /// Whom to name before the statement itself says who wrote it.
    fn whose(&self) -> Whose<'_> {
        match self {
            Self::Configuration(id) | Self::About(id) => Whose(id.as_str()),
            Self::Subordinate { issuer, .. } => Whose(issuer.as_str()),
            Self::Registration { .. } => Whose("a registration request"),
        }
    }
}

/// The framing and the header: the claims, and the name of the key.
fn open(jwt: &str, asked: Asked<'_>, whose: Whose<'_>) -> Result<(String, Map<String, Value>), TrustFault> {
    let malformed = |fault| unreadable(&fault, whose);
    let token = Unverified::parse_long(jwt).map_err(malformed)?;
    let header = token.header();
    if !header.has_type(TYP) {
        let found = header.typ.as_deref().unwrap_or("nothing");
        return Err(whose.fault(Step::Type, "typ", "entity-statement+jwt", found));
    }
    let Some(kid) = header.kid.clone().filter(|kid| !kid.is_empty()) else {
        return Err(whose.fault(Step::Keys, "kid", "the name of the key that signed it", "nothing"));
    };
    // §4.3 and §4.4: chains lead to a statement, and do not stand in one. A request to be registered is the exception.
    for name in ["trust_chain", "peer_trust_chain"] {
        let member = token.header_member(name).map_err(malformed)?;
        if let Some(found) = member.filter(|_| !asked.is_registration()) {
            return Err(whose.fault(Step::Misplaced, name, "no such header parameter", found));
        }
    }
    let claims = token.unproven_claims().map_err(malformed)?;
    Ok((kid, claims))
}

fn unreadable(fault: &JoseError, whose: Whose<'_>) -> TrustFault {
    let (step, claim, expected) = match fault {
        JoseError::AlgorithmMissing | JoseError::AlgorithmUnknown { .. } => {
            let names = Algorithm::ALL.iter().map(|one| one.name()).collect::<Vec<_>>();
            (Step::Algorithm, "alg", names.join(" or "))
        }
        JoseError::Critical => (Step::Critical, "crit", "no critical header parameter".to_owned()),
        JoseError::HeaderMember(name) => (Step::Form, *name, "a text".to_owned()),
        _ => (Step::Form, "jwt", "a signed JWT in compact form".to_owned()),
    };
    whose.fault(step, claim, expected, fault)
}

fn check_parties(
    claims: &Map<String, Value>,
    asked: Asked<'_>,
    relaxation: Relaxation,
) -> Result<(EntityId, EntityId), TrustFault> {
    let whose = asked.whose();
    let id = |name: &'static str| {
        let value = claims.get(name).unwrap_or(&Value::Null);
        let text = value
            .as_str()
            .ok_or_else(|| whose.fault(Step::Subject, name, "an entity identifier", value))?;
        EntityId::parse(text, relaxation).map_err(|fault| whose.fault(Step::Subject, name, fault, text))
    };
    let (issuer, subject) = (id("iss")?, id("sub")?);
    let (expected_issuer, expected_subject) = match asked {
        Asked::Configuration(id) => (Some(id), Some(id)),
        Asked::Subordinate { issuer, subject } => (Some(issuer), Some(subject)),
        Asked::About(id) => (None, Some(id)),
        Asked::Registration { .. } => (None, Some(&issuer)),
    };
    for (name, expected, found) in [
        ("iss", expected_issuer, &issuer),
        ("sub", expected_subject, &subject),
    ] {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(whose.fault(Step::Subject, name, expected, found));
        }
    }
    Ok((issuer, subject))
}

fn check_times(
    claims: &Map<String, Value>,
    whose: Whose<'_>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), TrustFault> {
    let time = |name: &'static str| {
        let found = claims.get(name).unwrap_or(&Value::Null);
        numeric_date(claims, name)
            .ok()
            .flatten()
            .ok_or_else(|| whose.fault(Step::Time, name, "seconds since 1970", found))
    };
    let (issued_at, expires_at) = (time("iat")?, time("exp")?);
    if issued_at > now.plus(LEEWAY) {
        let expected = format!("a time that has come; it is {now} here: compare the clocks");
        return Err(whose.fault(Step::Time, "iat", expected, issued_at));
    }
    if expires_at <= now.minus(LEEWAY) {
        let expected = format!("a time to come; it is {now} here");
        return Err(whose.fault(Step::Time, "exp", expected, expires_at));
    }
    if expires_at <= issued_at {
        let expected = format!("a time after iat, {issued_at}");
        return Err(whose.fault(Step::Time, "exp", expected, expires_at));
    }
    Ok((issued_at, expires_at))
}

fn configuration(claims: &Map<String, Value>, reader: Reader<'_>) -> Result<Configuration, TrustFault> {
    let hints = |name| optional(claims, name, |claim| reader.hints(name, claim));
    Ok(Configuration {
        authority_hints: hints("authority_hints")?,
        trust_anchor_hints: hints("trust_anchor_hints")?,
        trust_marks: optional(claims, "trust_marks", |claim| reader.trust_marks(claim))?,
        trust_mark_issuers: optional(claims, "trust_mark_issuers", |claim| {
            reader.trust_mark_issuers(claim)
        })?,
        trust_mark_owners: optional(claims, "trust_mark_owners", |claim| {
            reader.trust_mark_owners(claim)
        })?,
    })
}

fn subordinate(claims: &Map<String, Value>, reader: Reader<'_>) -> Result<Subordinate, TrustFault> {
    let whose = reader.whose;
    let policy = claims.get("metadata_policy");
    Policy::read(whose.0, policy, claims.get("metadata_policy_crit"))?;
    Ok(Subordinate {
        constraints: optional(claims, "constraints", |claim| Constraints::read(claim, whose))?,
        metadata_policy: policy.cloned(),
        source_endpoint: optional(claims, "source_endpoint", |claim| {
            reader.source_endpoint(claim).map(Some)
        })?,
    })
}

/// A claim that may be left out, by its reader.
fn optional<T: Default>(
    claims: &Map<String, Value>,
    name: &str,
    read: impl FnOnce(&Value) -> Result<T, TrustFault>,
) -> Result<T, TrustFault> {
    claims.get(name).map_or_else(|| Ok(T::default()), read)
}
