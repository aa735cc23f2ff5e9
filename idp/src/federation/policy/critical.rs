use std::sync::Arc;

use serde_json::Value;

use super::place::Place;
use super::{Operator, PolicyFault, Problem};

/// `metadata_policy_crit`: additional operators that must be understood (§3.1.3, §6.1.3.2).
///
/// The names of all statements count for the whole chain. As we know no additional operator, any name is a fault
/// where it stands, whether a policy uses it or not, and there is nothing to gather.
pub(super) fn refuse(issuer: &Arc<str>, critical: &Value) -> PolicyFault {
    let first = critical.as_array().and_then(|names| names.first());
    let expected = match first.map(|name| name.as_str().map(Operator::named)) {
        None => "an array that is not empty",
        Some(None) => "the name of an operator",
        Some(Some(Some(_))) => "no standard operator",
        Some(Some(None)) => "an operator that we understand",
    };
    Place::statement(issuer).fault(Problem::Critical, expected, first.unwrap_or(critical))
}
