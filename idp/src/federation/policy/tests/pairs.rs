use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{check, outcome, resolve};
use crate::federation::policy::Operator;

/// Every two operators: with values that go together, and with values that do not, by the fault's other operator.
fn pairs() -> Vec<(Value, Vec<Value>)> {
    vec![
        (
            json!({"value": ["a", "b"], "add": ["b"]}),
            vec![
                json!({"value": ["a"], "add": ["b"]}),
                json!({"value": "a", "add": ["a"]}),
                json!({"value": null, "add": []}),
            ],
        ),
        (
            json!({"value": "a", "default": "b"}),
            vec![json!({"value": null, "default": "b"})],
        ),
        (
            json!({"value": "a", "one_of": ["a", "b"]}),
            vec![
                json!({"value": "c", "one_of": ["a", "b"]}),
                json!({"value": ["a"], "one_of": ["a", "b"]}),
                json!({"value": null, "one_of": ["a", "b"]}),
                json!({"value": "a", "one_of": []}),
            ],
        ),
        (
            json!({"value": ["a"], "subset_of": ["a", "b"]}),
            vec![
                json!({"value": ["a", "c"], "subset_of": ["a", "b"]}),
                json!({"value": "a", "subset_of": ["a", "b"]}),
                json!({"value": null, "subset_of": ["a", "b"]}),
            ],
        ),
        (
            json!({"value": ["a", "b"], "superset_of": ["b"]}),
            vec![
                json!({"value": ["a"], "superset_of": ["a", "b"]}),
                json!({"value": "a", "superset_of": ["a"]}),
                json!({"value": null, "superset_of": []}),
            ],
        ),
        (
            json!({"value": "a", "essential": true}),
            vec![json!({"value": null, "essential": true})],
        ),
        (json!({"add": ["a"], "default": ["b"]}), vec![]),
        (
            json!({"add": ["a"], "subset_of": ["a", "b"]}),
            vec![json!({"add": ["a", "c"], "subset_of": ["a", "b"]})],
        ),
        (json!({"add": ["a"], "superset_of": ["b"]}), vec![]),
        (json!({"add": ["a"], "essential": true}), vec![]),
        (json!({"default": "c", "one_of": ["a"]}), vec![]),
        (json!({"default": ["c"], "subset_of": ["a"]}), vec![]),
        (json!({"default": ["c"], "superset_of": ["a"]}), vec![]),
        (json!({"default": "a", "essential": true}), vec![]),
        (json!({"one_of": ["a"], "essential": true}), vec![]),
        (
            json!({"subset_of": ["a", "b"], "superset_of": ["a"]}),
            vec![json!({"subset_of": ["a"], "superset_of": ["a", "b"]})],
        ),
        (json!({"subset_of": ["a"], "essential": true}), vec![]),
        (json!({"superset_of": ["a"], "essential": true}), vec![]),
        (Value::Null, vec![json!({"one_of": ["a"], "add": ["a"]})]),
        (Value::Null, vec![json!({"one_of": ["a"], "subset_of": ["a"]})]),
        (Value::Null, vec![json!({"one_of": ["a"], "superset_of": ["a"]})]),
    ]
}

fn operators(policy: &Value) -> Vec<Operator> {
    let names = policy.as_object().unwrap().keys();
    let mut operators: Vec<_> = names.map(|name| Operator::named(name).unwrap()).collect();
    operators.sort();
    operators
}

/// Each of the two alone, the one at one level and the other below it.
fn parted(policy: &Value) -> Vec<Value> {
    let members = policy.as_object().unwrap().iter();
    members.map(|(name, value)| json!({"p": {name: value}})).collect()
}

#[test]
fn two_operators_go_together_or_not_in_one_statement_and_over_two() {
    let mut seen = BTreeSet::new();
    for (good, bad) in pairs() {
        if good.is_object() {
            let operators = operators(&good);
            seen.insert((operators[0], operators[1]));
            resolve(&[json!({"p": good})]).unwrap();
            let mut parted = parted(&good);
            resolve(&parted).unwrap();
            parted.reverse();
            resolve(&parted).unwrap();
        }
        for bad in bad {
            let operators = operators(&bad);
            let pair = (operators[0], operators[1]);
            seen.insert(pair);
            let mut turned = parted(&bad);
            turned.reverse();
            for levels in [vec![json!({"p": bad})], parted(&bad), turned] {
                let fault = resolve(&levels).unwrap_err();
                let found = match fault.problem {
                    super::Problem::Beside(other) => (fault.operator.unwrap(), other),
                    problem => panic!("{problem:?} for {levels:?}"),
                };
                let found = (found.0.min(found.1), found.0.max(found.1));
                assert_eq!(found, pair, "{levels:?}");
            }
        }
    }
    assert_eq!(seen.len(), 21);
}

/// A `value` that removes goes with `essential` that demands nothing.
#[test]
fn what_is_removed_may_be_voluntary() {
    let policy = [json!({"p": {"value": null, "essential": false}})];
    assert_eq!(outcome(&policy, &json!({"p": "a"})), Ok(json!({})));
}

#[test]
fn three_operators_are_judged_two_by_two() {
    check(&[
        (
            &[json!({"value": ["a"], "default": ["b"], "superset_of": ["c"]})],
            json!({}),
            Err("Resolution value beside superset_of"),
        ),
        (
            &[json!({"subset_of": ["a", "b"], "add": ["a"], "superset_of": ["c"]})],
            json!({}),
            Err("Resolution subset_of beside superset_of"),
        ),
        (
            &[json!({"default": "a", "essential": true, "one_of": ["a"], "value": "a"})],
            json!({"p": "z"}),
            Ok(json!({"p": "a"})),
        ),
        (
            &[
                json!({"value": ["a", "b"], "add": ["a"], "default": ["z"], "subset_of": ["b", "a", "c"],
                     "superset_of": ["b"], "essential": true}),
            ],
            json!({}),
            Ok(json!({"p": ["a", "b"]})),
        ),
    ]);
}
