use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::constraints::{Constraints, NameSubtree};
use super::entity_id::EntityId;
use super::metadata::Metadata;
use super::statement::{AttachedMark, Configuration, Kind, MarkOwner, Subordinate};
use crate::clock::Timestamp;
use crate::keys::jose::PublicKey;

/// A statement of ours before it is signed, as `entity-statement+jwt`.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub issuer: &'a EntityId,
    pub subject: &'a EntityId,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// The subject's federation keys; each needs a `kid`.
    pub keys: &'a [PublicKey],
    pub metadata: &'a Metadata,
    pub kind: &'a Kind,
}

impl Draft<'_> {
    /// The claims (OpenID Federation 1.0 §3.1). What is empty is left out: the standard forbids most empty lists.
    #[must_use]
    pub fn claims(&self) -> Value {
        let mut claims = match self.kind {
            Kind::Configuration(configuration) => of_configuration(configuration),
            Kind::Subordinate(subordinate) => of_subordinate(subordinate),
        };
        claims.retain(|_, value| !is_empty(value));
        if !self.metadata.types().is_empty() {
            claims.insert("metadata".to_owned(), json!(self.metadata.types()));
        }
        claims.insert("jwks".to_owned(), jwks(self.keys));
        claims.insert("iss".to_owned(), json!(self.issuer.as_str()));
        claims.insert("sub".to_owned(), json!(self.subject.as_str()));
        claims.insert("iat".to_owned(), json!(self.issued_at.seconds()));
        claims.insert("exp".to_owned(), json!(self.expires_at.seconds()));
        Value::Object(claims)
    }
}

fn of_configuration(configuration: &Configuration) -> Map<String, Value> {
    let mark = |mark: &AttachedMark| json!({"trust_mark_type": mark.trust_mark_type, "trust_mark": mark.jwt});
    let owner = |(name, owner): (&String, &MarkOwner)| {
        let owner = json!({"sub": owner.id.as_str(), "jwks": jwks(owner.keys.keys())});
        (name.clone(), owner)
    };
    let issuers = configuration.trust_mark_issuers.iter();
    Map::from_iter([
        ("authority_hints".to_owned(), ids(&configuration.authority_hints)),
        (
            "trust_anchor_hints".to_owned(),
            ids(&configuration.trust_anchor_hints),
        ),
        (
            "trust_marks".to_owned(),
            configuration.trust_marks.iter().map(mark).collect(),
        ),
        (
            "trust_mark_issuers".to_owned(),
            json!(
                issuers
                    .map(|(name, list)| (name, ids(list)))
                    .collect::<BTreeMap<_, _>>()
            ),
        ),
        (
            "trust_mark_owners".to_owned(),
            configuration.trust_mark_owners.iter().map(owner).collect(),
        ),
    ])
}

fn of_subordinate(subordinate: &Subordinate) -> Map<String, Value> {
    Map::from_iter([
        ("constraints".to_owned(), of_constraints(&subordinate.constraints)),
        ("metadata_policy".to_owned(), json!(subordinate.metadata_policy)),
        ("source_endpoint".to_owned(), json!(subordinate.source_endpoint)),
    ])
}

/// An empty list of what is permitted or allowed says a lot, and stays.
fn of_constraints(constraints: &Constraints) -> Value {
    let texts = |subtrees: &[NameSubtree]| -> Value { subtrees.iter().map(NameSubtree::to_string).collect() };
    let mut naming = Map::new();
    if let Some(permitted) = &constraints.permitted {
        naming.insert("permitted".to_owned(), texts(permitted));
    }
    if !constraints.excluded.is_empty() {
        naming.insert("excluded".to_owned(), texts(&constraints.excluded));
    }
    let mut claim = Map::new();
    if !naming.is_empty() {
        claim.insert("naming_constraints".to_owned(), Value::Object(naming));
    }
    if let Some(most) = constraints.max_path_length {
        claim.insert("max_path_length".to_owned(), json!(most));
    }
    if let Some(types) = &constraints.allowed_entity_types {
        claim.insert("allowed_entity_types".to_owned(), json!(types));
    }
    Value::Object(claim)
}

fn ids(ids: &[EntityId]) -> Value {
    ids.iter().map(EntityId::as_str).collect()
}

fn jwks(keys: &[PublicKey]) -> Value {
    json!({"keys": keys.iter().map(PublicKey::to_jwk).collect::<Vec<_>>()})
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}
