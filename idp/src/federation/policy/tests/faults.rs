use serde_json::{Value, json};

use super::{ISSUERS, RP, outcome, resolve};
use crate::federation::policy::{Operator, Policy, PolicyFault, Problem, Stage};

fn issuer(levels: &[Value], metadata: &Value) -> String {
    let levels: Vec<Value> = levels.iter().map(|operators| json!({ "p": operators })).collect();
    outcome(&levels, metadata).unwrap_err().issuer.to_string()
}

#[test]
fn a_fault_says_who_where_and_what() {
    let levels = [
        json!({"token_endpoint_auth_method": {"one_of": ["private_key_jwt"]}}),
        json!({"token_endpoint_auth_method": {"one_of": ["client_secret_basic"]}}),
    ];
    let fault = resolve(&levels).unwrap_err();
    assert_eq!(
        fault,
        PolicyFault {
            stage: Stage::Resolution,
            issuer: ISSUERS[1].into(),
            entity_type: RP.to_owned(),
            parameter: "token_endpoint_auth_method".to_owned(),
            operator: Some(Operator::OneOf),
            problem: Problem::Merge,
            expected: r#"some of those above: ["private_key_jwt"]"#.to_owned(),
            found: r#"["client_secret_basic"]"#.to_owned(),
        }
    );
    assert_eq!(
        fault.to_string(),
        "metadata_policy of https://bureau.example, openid_relying_party, token_endpoint_auth_method, one_of: \
         expected some of those above: [\"private_key_jwt\"], found [\"client_secret_basic\"]"
    );
    let fault = Policy::read(ISSUERS[0], None, Some(&json!(["regexp"]))).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "metadata_policy_crit of https://city.example: expected an operator that we understand, found \"regexp\""
    );
}

#[test]
fn a_conflict_is_the_lower_statements_fault() {
    let above = json!({"subset_of": ["a"]});
    let below = json!({"superset_of": ["b"]});
    assert_eq!(issuer(&[above.clone(), below.clone()], &json!({})), ISSUERS[1]);
    assert_eq!(
        issuer(&[below, json!({"essential": true}), above], &json!({})),
        ISSUERS[2]
    );
    assert_eq!(
        issuer(&[json!({"value": null, "default": 1})], &json!({})),
        ISSUERS[0]
    );
}

#[test]
fn who_made_an_operator_so_strict_is_named_when_it_refuses() {
    let wide = json!({"one_of": ["a", "b"]});
    let same = json!({"one_of": ["b", "c", "a"]});
    let narrow = json!({"one_of": ["a"]});
    let none = json!({"default": "a"});
    let c = json!({"p": "c"});
    assert_eq!(
        issuer(&[wide.clone(), none.clone(), none.clone()], &c),
        ISSUERS[0]
    );
    assert_eq!(issuer(&[wide.clone(), same, none.clone()], &c), ISSUERS[0]);
    assert_eq!(issuer(&[wide, narrow, none.clone()], &c), ISSUERS[1]);
    assert_eq!(
        issuer(
            &[
                json!({"essential": false}),
                json!({"one_of": ["a"]}),
                json!({"essential": true})
            ],
            &json!({})
        ),
        ISSUERS[2]
    );
    assert_eq!(
        issuer(&[none, json!({"essential": true})], &json!({"p": null})),
        ISSUERS[0]
    );
    assert_eq!(
        issuer(
            &[json!({"essential": true}), json!({"one_of": ["a"]})],
            &json!({})
        ),
        ISSUERS[0]
    );
    // No operator refuses what is no scope at all: the nearest policy for it does.
    let levels = [
        json!({"scope": {"subset_of": "a"}}),
        json!({"scope": {"add": "a"}}),
    ];
    let fault = outcome(&levels, &json!({"scope": ["a"]})).unwrap_err();
    assert_eq!(&*fault.issuer, ISSUERS[1]);
}
