use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::entity_id::{self, EntityId, Relaxation};
use super::fault::{Step, TrustFault, Whose};
use super::statement::{AttachedMark, MarkOwner};
use crate::keys::jose::{JwkSet, Unverified};

/// In which statements a claim of the standard may stand (§3.1.1 to §3.1.5).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    Configuration,
    Subordinate,
    /// Requests for explicit registration, which are configurations for one reader, and answers.
    Registration,
    RegistrationAnswer,
}

const CLAIMS: &[(&str, Place)] = &[
    ("iss", Place::Anywhere),
    ("sub", Place::Anywhere),
    ("iat", Place::Anywhere),
    ("exp", Place::Anywhere),
    ("jwks", Place::Anywhere),
    ("metadata", Place::Anywhere),
    ("crit", Place::Anywhere),
    ("authority_hints", Place::Configuration),
    ("trust_anchor_hints", Place::Configuration),
    ("trust_marks", Place::Configuration),
    ("trust_mark_issuers", Place::Configuration),
    ("trust_mark_owners", Place::Configuration),
    ("constraints", Place::Subordinate),
    ("metadata_policy", Place::Subordinate),
    ("metadata_policy_crit", Place::Subordinate),
    ("source_endpoint", Place::Subordinate),
    ("aud", Place::Registration),
    ("trust_anchor", Place::RegistrationAnswer),
];

/// The statements that are read here.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Configuration,
    Subordinate,
    RegistrationRequest,
}

pub(super) fn is_standard(claim: &str) -> bool {
    CLAIMS.iter().any(|(name, _)| *name == claim)
}

/// A claim of another form of statement is refused: whoever wrote it means something that we would not do.
pub(super) fn check_places(
    claims: &Map<String, Value>,
    form: Form,
    whose: Whose<'_>,
) -> Result<(), TrustFault> {
    let may_have = |place| match form {
        Form::Configuration => place == Place::Configuration,
        Form::Subordinate => place == Place::Subordinate,
        Form::RegistrationRequest => place == Place::Configuration || place == Place::Registration,
    };
    let written = CLAIMS.iter().filter(|(name, _)| claims.contains_key(*name));
    for (name, place) in written {
        if *place != Place::Anywhere && !may_have(*place) {
            let expected = match form {
                Form::Configuration => "no such claim in an entity configuration",
                Form::Subordinate => "no such claim in a subordinate statement",
                Form::RegistrationRequest => "no such claim in a registration request",
            };
            let found = claims.get(*name).unwrap_or(&Value::Null);
            return Err(whose.fault(Step::Misplaced, name, expected, found));
        }
    }
    Ok(())
}

/// Reads the claims of one statement.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) whose: Whose<'a>,
    pub(super) relaxation: Relaxation,
}

impl Reader<'_> {
    fn fault(self, claim: &'static str, expected: &str, found: &Value) -> TrustFault {
        self.whose.fault(Step::Syntax, claim, expected, found)
    }

    fn id(self, claim: &'static str, value: &Value) -> Result<EntityId, TrustFault> {
        let text = value
            .as_str()
            .ok_or_else(|| self.fault(claim, "an entity identifier", value))?;
        EntityId::parse(text, self.relaxation)
            .map_err(|fault| self.whose.fault(Step::Syntax, claim, fault, text))
    }

    fn ids(self, claim: &'static str, value: &Value) -> Result<Vec<EntityId>, TrustFault> {
        let list = value
            .as_array()
            .ok_or_else(|| self.fault(claim, "a list of entity identifiers", value))?;
        list.iter().map(|one| self.id(claim, one)).collect()
    }

    /// `authority_hints` and `trust_anchor_hints`: a list that is there is not empty.
    pub(super) fn hints(self, claim: &'static str, value: &Value) -> Result<Vec<EntityId>, TrustFault> {
        let hints = self.ids(claim, value)?;
        if hints.is_empty() {
            return Err(self.fault(claim, "at least one entity identifier", value));
        }
        Ok(hints)
    }

    /// `trust_marks`: only what the entity says of each and what the mark says must agree here (§3.2).
    pub(super) fn trust_marks(self, value: &Value) -> Result<Vec<AttachedMark>, TrustFault> {
        let fault = |expected: &str, found: &Value| self.fault("trust_marks", expected, found);
        let list = value
            .as_array()
            .ok_or_else(|| fault("a list of trust marks", value))?;
        let read = |one: &Value| {
            let text = |name| one.get(name).and_then(Value::as_str);
            let (Some(trust_mark_type), Some(jwt)) = (text("trust_mark_type"), text("trust_mark")) else {
                return Err(fault("an object with trust_mark_type and trust_mark", one));
            };
            let claimed = Unverified::parse_long(jwt).and_then(|mark| mark.unproven_claims());
            let claimed = claimed
                .ok()
                .and_then(|mut claims| claims.remove("trust_mark_type"));
            if claimed.as_ref().and_then(Value::as_str) != Some(trust_mark_type) {
                let expected = format!("a mark of the type {trust_mark_type}");
                return Err(fault(&expected, &claimed.unwrap_or_default()));
            }
            Ok(AttachedMark {
                trust_mark_type: trust_mark_type.to_owned(),
                jwt: jwt.to_owned(),
            })
        };
        list.iter().map(read).collect()
    }

    pub(super) fn trust_mark_issuers(
        self,
        value: &Value,
    ) -> Result<BTreeMap<String, Vec<EntityId>>, TrustFault> {
        const CLAIM: &str = "trust_mark_issuers";
        let types = value
            .as_object()
            .ok_or_else(|| self.fault(CLAIM, "an object of lists of entity identifiers", value))?;
        let read = |(name, issuers): (&String, &Value)| Ok((name.clone(), self.ids(CLAIM, issuers)?));
        types.iter().map(read).collect()
    }

    pub(super) fn trust_mark_owners(self, value: &Value) -> Result<BTreeMap<String, MarkOwner>, TrustFault> {
        const CLAIM: &str = "trust_mark_owners";
        let fault = |found: &Value| self.fault(CLAIM, "an object of objects with sub and jwks", found);
        let types = value.as_object().ok_or_else(|| fault(value))?;
        let read = |(name, owner): (&String, &Value)| {
            let (Some(id), Some(jwks)) = (owner.get("sub"), owner.get("jwks")) else {
                return Err(fault(owner));
            };
            let id = self.id(CLAIM, id)?;
            let keys = JwkSet::parse_federation(jwks).map_err(|reason| {
                let expected = "public keys, each with a kid of its own";
                self.whose.fault(Step::Keys, CLAIM, expected, reason)
            })?;
            Ok((name.clone(), MarkOwner { id, keys }))
        };
        types.iter().map(read).collect()
    }

    pub(super) fn source_endpoint(self, value: &Value) -> Result<String, TrustFault> {
        let url = value.as_str().and_then(|text| Url::parse(text).ok());
        match url {
            Some(url) if entity_id::check_scheme(&url, self.relaxation).is_ok() => Ok(url.into()),
            _ => Err(self.fault("source_endpoint", "an https URL", value)),
        }
    }
}
