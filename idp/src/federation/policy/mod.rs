//! Metadata policy (OpenID Federation 1.0 §6.1): what superiors set, change and demand in the metadata
//! of all below them.
//!
//! Each subordinate statement's policy is read alone ([`Policy::read`]), all of a trust chain are merged
//! from the most superior down ([`Policy::resolve`]), and the outcome is applied to the subject's metadata
//! ([`Policy::apply`]), after the immediate superior's own `metadata` was laid over it and the entity
//! types that are not allowed were taken out. Any fault makes the chain invalid.
//!
//! JSON objects arrive as values here: that no member stands twice (§6.1.2) is seen by whoever reads the text.

mod apply;
mod combine;
mod critical;
mod fault;
mod merge;
mod operator;
mod parse;
mod place;
mod scope;
mod set;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use fault::{PolicyFault, Problem, Stage};
pub use operator::Operator;
use set::Set;

/// Metadata: entity type → parameter → value.
pub type MetadataOfTypes = BTreeMap<String, Map<String, Value>>;

/// The policy of one subordinate statement, or of several merged: entity type → parameter → operators.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who issued the statement, of merged ones the lowest: a conflict that a merge shows is its.
    issuer: Arc<str>,
    types: BTreeMap<String, BTreeMap<String, ParameterPolicy>>,
}

/// The operators for one parameter, in the order of their application.
#[derive(Clone, Debug, Default)]
struct ParameterPolicy {
    value: Option<Said<Value>>,
    add: Option<Said<Set>>,
    default: Option<Said<Value>>,
    one_of: Option<Said<Set>>,
    subset_of: Option<Said<Set>>,
    superset_of: Option<Said<Set>>,
    essential: Option<Said<bool>>,
}

/// What an operator is set to, and whose statement last changed that.
#[derive(Clone, Debug)]
struct Said<T> {
    what: T,
    by: Arc<str>,
}

impl Policy {
    /// The policies of a chain's subordinate statements, the most superior one's first (§6.1.4.1).
    /// Nothing where there are none.
    pub fn resolve(policies: impl IntoIterator<Item = Self>) -> Result<Option<Self>, PolicyFault> {
        let mut policies = policies.into_iter();
        let Some(first) = policies.next() else {
            return Ok(None);
        };
        policies.try_fold(first, Self::merge).map(Some)
    }
}
