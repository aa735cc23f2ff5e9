use proptest::collection::{SizeRange, btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::{ISSUERS, RP, apply, of_relying_party, resolve, written};
use crate::federation::policy::Policy;

const PARAMETERS: [&str; 2] = ["p", "scope"];

fn some_of(names: &'static str, least: usize) -> impl Strategy<Value = Value> {
    let names: Vec<&str> = names.split(' ').collect();
    let all = names.len();
    subsequence(names, least..=all)
        .prop_shuffle()
        .prop_map(|set| json!(set))
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => some_of("a b c d", 0),
        2 => select(vec!["a", "b"]).prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

type Operators = BoxedStrategy<(&'static str, Value)>;

/// Whatever there is, of few names, so that policies meet, most of them to disagree.
fn any_operator() -> Operators {
    prop_oneof![
        value().prop_map(|value| ("value", value)),
        some_of("a b c", 0).prop_map(|set| ("add", set)),
        value().prop_map(|value| ("default", value)),
        some_of("a b c", 0).prop_map(|set| ("one_of", set)),
        some_of("a b c", 0).prop_map(|set| ("subset_of", set)),
        some_of("a b c", 0).prop_map(|set| ("superset_of", set)),
        any::<bool>().prop_map(|essential| ("essential", json!(essential))),
    ]
    .boxed()
}

/// Such as often agree about an array.
fn operator_for_arrays() -> Operators {
    prop_oneof![
        Just(("value", json!(["b", "a"]))),
        some_of("a b", 1).prop_map(|set| ("add", set)),
        Just(("default", json!(["a", "d", "b"]))),
        some_of("a b c d", 3).prop_map(|set| ("subset_of", set)),
        some_of("a b", 0).prop_map(|set| ("superset_of", set)),
        any::<bool>().prop_map(|essential| ("essential", json!(essential))),
    ]
    .boxed()
}

/// Such as often agree about a string.
fn operator_for_strings() -> Operators {
    prop_oneof![
        Just(("value", json!("a"))),
        Just(("default", json!("b"))),
        some_of("a b c d", 2).prop_map(|set| ("one_of", set)),
        any::<bool>().prop_map(|essential| ("essential", json!(essential))),
    ]
    .boxed()
}

/// What a chain's statements say of both parameters.
fn levels(amount: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Value>> {
    let amount = amount.into();
    let of = move |operator: Operators| {
        let level = vec(operator, 1..4).prop_map(|operators| {
            let operators = operators
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value));
            let operators = Value::Object(operators.collect::<Map<_, _>>());
            json!({"p": operators, "scope": operators})
        });
        vec(level, amount.clone())
    };
    prop_oneof![
        of(any_operator()),
        of(operator_for_arrays()),
        of(operator_for_strings())
    ]
}

fn metadata() -> impl Strategy<Value = Value> {
    let there = prop::option::of(value());
    (
        there,
        prop::option::of(select(vec!["", "a", "b a", "c  b a", "d"])),
    )
        .prop_map(|(p, scope)| {
            let mut metadata = json!({"q": 1});
            if let Some(p) = p {
                metadata["p"] = p;
            }
            if let Some(scope) = scope {
                metadata["scope"] = json!(scope);
            }
            metadata
        })
}

fn read(level: &Value, issuer: &str) -> Option<Policy> {
    Policy::read(issuer, Some(&json!({ RP: level })), None).ok()
}

fn json_of_any_shape() -> impl Strategy<Value = Value> {
    let names = "value|add|default|one_of|subset_of|superset_of|essential|p|scope|openid_relying_party";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        "[a-c ]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(names, inner, 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn merging_in_any_grouping_comes_to_the_same(levels in levels(3)) {
        let read = |number: usize| read(&levels[number], ISSUERS[number]);
        let (Some(a), Some(b), Some(c)) = (read(0), read(1), read(2)) else {
            return Ok(());
        };
        let left = a.clone().merge(b.clone()).and_then(|ab| ab.merge(c.clone()));
        let right = b.merge(c).and_then(|bc| a.merge(bc));
        prop_assert_eq!(left.map(|left| written(&left)).ok(), right.map(|right| written(&right)).ok());
    }

    /// The hierarchy of §6.1.1: no one below makes a superior's policy void. (That metadata refused by the superior
    /// alone is refused by all together does not follow: `add` below can mend what `superset_of` above demands.)
    #[test]
    fn what_comes_out_is_as_each_level_wants_it(
        levels in levels(1..4),
        metadata in metadata(),
    ) {
        let Ok(merged) = resolve(&levels) else {
            return Ok(());
        };
        let Ok(out) = apply(&merged, &metadata) else {
            return Ok(());
        };
        for level in &levels {
            let alone = read(level, ISSUERS[0]).unwrap();
            prop_assert_eq!(apply(&alone, &out), Ok(out.clone()));
        }
        prop_assert_eq!(apply(&merged, &out), Ok(out.clone()));
        for parameter in PARAMETERS {
            prop_assert_ne!(out.get(parameter), Some(&Value::Null));
        }
        prop_assert_eq!(&out["q"], &json!(1));
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(policy in json_of_any_shape(), metadata in json_of_any_shape()) {
        for policy in [policy.clone(), json!({ RP: policy }), json!({ RP: {"p": policy, "scope": policy} })] {
            let Ok(read) = Policy::read(ISSUERS[0], Some(&policy), None) else {
                continue;
            };
            let metadata = of_relying_party(&json!({"p": metadata, "scope": metadata}));
            if let Ok(out) = read.apply(metadata) {
                prop_assert!(read.apply(out).is_ok());
            }
        }
    }
}
