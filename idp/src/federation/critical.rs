use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::fault::{Step, TrustFault, Whose};
use super::syntax;

/// `crit` (§13.4): claims that must be understood. We understand no extension, so a list that is well formed is refused
/// as well; what is wrong with it is told apart, since two different people mend it.
pub(super) fn check(claims: &Map<String, Value>, whose: Whose<'_>) -> Result<(), TrustFault> {
    let Some(claim) = claims.get("crit") else {
        return Ok(());
    };
    let fault = |expected| Err(whose.fault(Step::Critical, "crit", expected, claim));
    let Some(names) = names(claim) else {
        return fault("a list of different claim names, not empty");
    };
    if names.iter().any(|name| syntax::is_standard(name)) {
        return fault("no claim that the standard defines");
    }
    if names.iter().any(|name| !claims.contains_key(*name)) {
        return fault("claims that the statement has");
    }
    fault("only claims that are understood here, which are those of the standard")
}

fn names(claim: &Value) -> Option<BTreeSet<&str>> {
    let list = claim.as_array()?;
    let names: BTreeSet<&str> = list.iter().map(Value::as_str).collect::<Option<_>>()?;
    (!list.is_empty() && names.len() == list.len()).then_some(names)
}
