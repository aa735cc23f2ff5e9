use serde_json::Value;

use super::{RP, apply, resolve, written};
use crate::federation::policy::Stage;

/// Connect2id's vectors, of which no copy is kept here; run by
/// `CONNECT2ID_VECTORS=/path/metadata-policy-test-vectors-2025-02-13.json cargo test -- --ignored policy_vectors`.
#[test]
#[ignore = "reads a file that CONNECT2ID_VECTORS names"]
fn policy_vectors() {
    let path = std::env::var("CONNECT2ID_VECTORS").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!vectors.is_empty());
    let different: Vec<String> = vectors.iter().filter_map(difference).collect();
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        vectors.len(),
        different.join("\n")
    );
}

fn difference(vector: &Value) -> Option<String> {
    let levels = [vector["TA"].clone(), vector["INT"].clone()];
    let merged = resolve(&levels);
    let found_merged = merged.as_ref().ok().map(|policy| written(policy)[RP].clone());
    let found = merged.and_then(|policy| apply(&policy, &vector["metadata"]));
    let error = found.as_ref().err().map(|fault| match fault.stage {
        Stage::Resolution => "invalid_policy",
        Stage::Application => "invalid_metadata",
    });
    let is_same = found_merged.map(sorted) == vector.get("merged").cloned().map(sorted)
        && found.as_ref().ok().cloned().map(sorted) == vector.get("resolved").cloned().map(sorted)
        && error == vector["error"].as_str();
    (!is_same).then(|| format!("{found:?}, expected {vector}"))
}

/// The order in which operators leave values is not defined (§6.1.3).
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut items) => {
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, sorted(value)));
            Value::Object(members.collect())
        }
        other => other,
    }
}
