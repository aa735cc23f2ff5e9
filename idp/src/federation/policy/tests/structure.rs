use serde_json::{Map, Value, json};

use super::{ISSUERS, RP, of_relying_party, outcome, short};
use crate::federation::policy::Policy;

fn read(policy: &Value) -> Result<Policy, String> {
    Policy::read(ISSUERS[0], Some(policy), None).map_err(|fault| short(&fault))
}

fn of_parameter(operators: &Value) -> Value {
    json!({ RP: { "p": operators } })
}

#[test]
fn a_policy_is_three_levels_of_members() {
    let none = [json!({}), json!(null), json!([]), json!("a"), json!(true)];
    for bad in none {
        for policy in [bad.clone(), json!({ RP: bad }), of_parameter(&bad)] {
            let fault = read(&policy).unwrap_err();
            assert_eq!(fault, "Resolution - Structure", "{policy}");
        }
    }
}

#[test]
fn an_operator_takes_its_types_alone() {
    let no_array = [json!("a"), json!(1), json!(true), json!(null), json!({})];
    let no_set = [
        json!([true]),
        json!([null]),
        json!([["a"]]),
        json!(["a", 1]),
        json!([{}, "a"]),
    ];
    for operator in ["add", "one_of", "subset_of", "superset_of"] {
        for bad in no_array.iter().chain(&no_set) {
            let fault = read(&of_parameter(&json!({ operator: bad }))).unwrap_err();
            assert_eq!(fault, format!("Resolution {operator} Type"), "{bad}");
        }
        for good in [json!([]), json!(["a"]), json!([1, 2.5]), json!([{}, {"a": []}])] {
            read(&of_parameter(&json!({ operator: good }))).unwrap();
        }
    }
    for bad in [json!("true"), json!(1), json!(null), json!([true]), json!({})] {
        let fault = read(&of_parameter(&json!({ "essential": bad }))).unwrap_err();
        assert_eq!(fault, "Resolution essential Type", "{bad}");
    }
    let fault = read(&of_parameter(&json!({"default": null}))).unwrap_err();
    assert_eq!(fault, "Resolution default Type");
    for good in [json!("a"), json!(1), json!(true), json!([null]), json!({})] {
        read(&of_parameter(&json!({ "default": good, "value": good }))).unwrap();
    }
}

#[test]
fn an_operator_that_nobody_calls_critical_is_ignored() {
    let unknown = json!({"p": {"regexp": "^a$", "one_of": ["b"]}, "q": {"regexp": "^a$"}});
    assert_eq!(
        outcome(std::slice::from_ref(&unknown), &json!({"p": "b", "q": "z"})),
        Ok(json!({"p": "b", "q": "z"}))
    );
    // A name is the same only letter by letter.
    let other_case = json!({"p": {"Essential": true, "ESSENTIAL": true, "essential ": true}});
    assert_eq!(outcome(&[other_case], &json!({})), Ok(json!({})));
}

#[test]
fn an_operator_that_is_critical_must_be_known() {
    let policy = of_parameter(&json!({"regexp": "^a$"}));
    let other = of_parameter(&json!({"essential": true}));
    let not_understood = "an operator that we understand";
    for (bad, expected) in [
        (json!(["regexp"]), not_understood),
        // Used or not.
        (json!(["other"]), not_understood),
        (json!(["value"]), "no standard operator"),
        (json!(["essential", "regexp"]), "no standard operator"),
        (json!([]), "an array that is not empty"),
        (json!([1]), "the name of an operator"),
        (json!("regexp"), "an array that is not empty"),
        (json!({"regexp": true}), "an array that is not empty"),
        (json!(null), "an array that is not empty"),
    ] {
        for policy in [Some(&policy), Some(&other), None] {
            let fault = Policy::read(ISSUERS[1], policy, Some(&bad)).unwrap_err();
            assert_eq!(short(&fault), "Resolution - Critical", "{bad}");
            assert_eq!(fault.expected, expected, "{bad}");
        }
    }
}

#[test]
fn a_type_that_the_subject_has_not_is_left_alone() {
    let policy = json!({
        "openid_provider": {"p": {"essential": true, "value": "a"}},
        RP: {"p": {"value": "b"}},
    });
    let policy = read(&policy).unwrap();
    let mut metadata = of_relying_party(&json!({"p": "z"}));
    metadata.insert("federation_entity".to_owned(), Map::new());
    let mut expected = of_relying_party(&json!({"p": "b"}));
    expected.insert("federation_entity".to_owned(), Map::new());
    assert_eq!(policy.apply(metadata), Ok(expected));
}

#[test]
fn a_name_with_a_language_is_another_name() {
    let levels = [json!({"client_name#zh": {"value": "一"}, "client_name": {"essential": true}})];
    let fault = outcome(&levels, &json!({"client_name#en": "One"})).unwrap_err();
    assert_eq!(short(&fault), "Application essential Metadata");
    assert_eq!(
        outcome(&levels, &json!({"client_name": "x", "client_name#en": "One"})),
        Ok(json!({"client_name": "x", "client_name#en": "One", "client_name#zh": "一"}))
    );
}

#[test]
fn without_any_policy_nothing_changes() {
    assert!(Policy::resolve([]).unwrap().is_none());
    let none = Policy::read(ISSUERS[0], None, None).unwrap();
    let metadata = of_relying_party(&json!({"scope": "a  b", "p": null}));
    assert_eq!(none.apply(metadata.clone()), Ok(metadata));
}

#[test]
fn what_is_endless_is_refused() {
    let many = |amount: usize| -> Value {
        let names = (0..amount).map(|number| (number.to_string(), json!({"essential": false})));
        Value::Object(names.collect())
    };
    read(&json!({ RP: many(200) })).unwrap();
    for policy in [
        json!({ RP: many(201) }),
        json!({ RP: many(150), "openid_provider": many(51) }),
    ] {
        let fault = read(&policy).unwrap_err();
        assert_eq!(fault, "Resolution - TooMuch");
    }
    let values = |amount: usize| of_parameter(&json!({"add": (0..amount).collect::<Vec<_>>()}));
    read(&values(64)).unwrap();
    assert_eq!(read(&values(65)).unwrap_err(), "Resolution add TooMuch");
}
