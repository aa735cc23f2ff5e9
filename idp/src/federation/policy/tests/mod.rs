//! Vectors V3 and V4 of the standard's rules, ours; the last column of a table is what must come of it.

mod example;
mod faults;
mod merging;
mod operators;
mod pairs;
mod properties;
mod scopes;
mod structure;

use serde_json::{Map, Value, json};

use super::{MetadataOfTypes, ParameterPolicy, Policy, PolicyFault, Problem, Said};

const RP: &str = "openid_relying_party";

/// Issuers of a chain's statements, the most superior first.
const ISSUERS: [&str; 3] = [
    "https://city.example",
    "https://bureau.example",
    "https://office.example",
];

/// Policies for the relying party, the most superior first, merged.
fn resolve(levels: &[Value]) -> Result<Policy, PolicyFault> {
    let read = ISSUERS.iter().zip(levels).map(|(issuer, parameters)| {
        let policy = json!({ RP: parameters });
        Policy::read(issuer, Some(&policy), None)
    });
    let policies = read.collect::<Result<Vec<_>, _>>()?;
    Ok(Policy::resolve(policies)?.unwrap())
}

fn of_relying_party(parameters: &Value) -> MetadataOfTypes {
    [(RP.to_owned(), parameters.as_object().unwrap().clone())].into()
}

fn apply(policy: &Policy, parameters: &Value) -> Result<Value, PolicyFault> {
    let mut metadata = policy.apply(of_relying_party(parameters))?;
    Ok(Value::Object(metadata.remove(RP).unwrap()))
}

fn outcome(levels: &[Value], parameters: &Value) -> Result<Value, PolicyFault> {
    apply(&resolve(levels)?, parameters)
}

/// A fault in a word or three: stage, operator, problem.
fn short(fault: &PolicyFault) -> String {
    let operator = fault.operator.map_or("-", |operator| operator.name());
    match fault.problem {
        Problem::Beside(other) => format!("{:?} {operator} beside {other}", fault.stage),
        problem => format!("{:?} {operator} {problem:?}", fault.stage),
    }
}

/// One row of a table: the operators for `p` at each level, the metadata, and what becomes of it.
type Row<'a> = (&'a [Value], Value, Result<Value, &'a str>);

fn check(rows: &[Row<'_>]) {
    for (levels, metadata, expected) in rows {
        let levels: Vec<Value> = levels.iter().map(|operators| json!({ "p": operators })).collect();
        let found = outcome(&levels, metadata).map_err(|fault| short(&fault));
        let expected = expected.clone().map_err(str::to_owned);
        assert_eq!(found, expected, "{levels:?} on {metadata}");
    }
}

/// The policy as it would stand in a statement.
fn written(policy: &Policy) -> Value {
    let types = policy.types.iter().map(|(entity_type, parameters)| {
        let parameters = parameters
            .iter()
            .map(|(name, policy)| (name.clone(), policy_written(policy)));
        (entity_type.clone(), Value::Object(parameters.collect()))
    });
    Value::Object(types.collect())
}

fn policy_written(policy: &ParameterPolicy) -> Value {
    let value = |said: &Said<Value>| said.what.clone();
    let set = |said: &Said<super::Set>| Value::from(said.what.items().to_vec());
    let operators = [
        ("value", policy.value.as_ref().map(value)),
        ("add", policy.add.as_ref().map(set)),
        ("default", policy.default.as_ref().map(value)),
        ("one_of", policy.one_of.as_ref().map(set)),
        ("subset_of", policy.subset_of.as_ref().map(set)),
        ("superset_of", policy.superset_of.as_ref().map(set)),
        (
            "essential",
            policy.essential.as_ref().map(|said| said.what.into()),
        ),
    ];
    let there = operators
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}
