use serde_json::{Value, json};

use super::{ISSUERS, RP, outcome, short};
use crate::federation::policy::Policy;

fn scope(levels: &[Value], scope: Option<&str>) -> Result<Value, String> {
    let levels: Vec<Value> = levels
        .iter()
        .map(|operators| json!({ "scope": operators }))
        .collect();
    let metadata = scope.map_or(json!({}), |scope| json!({ "scope": scope }));
    let found = outcome(&levels, &metadata).map_err(|fault| short(&fault))?;
    Ok(found.get("scope").cloned().unwrap_or_default())
}

type Row = (
    &'static str,
    Option<&'static str>,
    Result<Option<&'static str>, &'static str>,
);

/// Operators, the subject's scope, and what becomes of it.
const ALONE: &[Row] = &[
    (
        r#"{"value": ["openid", "phone"]}"#,
        Some("x"),
        Ok(Some("openid phone")),
    ),
    (r#"{"value": "openid  phone"}"#, None, Ok(Some("openid phone"))),
    (r#"{"value": null}"#, Some("openid"), Ok(None)),
    (r#"{"value": []}"#, Some("openid"), Ok(Some(""))),
    (r#"{"add": ["openid"]}"#, Some("phone"), Ok(Some("phone openid"))),
    (
        r#"{"add": "openid phone"}"#,
        Some("phone"),
        Ok(Some("phone openid")),
    ),
    (r#"{"add": "openid"}"#, None, Ok(Some("openid"))),
    (r#"{"default": ["openid"]}"#, None, Ok(Some("openid"))),
    (r#"{"default": "openid phone"}"#, None, Ok(Some("openid phone"))),
    (r#"{"default": "openid"}"#, Some("phone"), Ok(Some("phone"))),
    (
        r#"{"subset_of": ["openid", "phone"]}"#,
        Some("phone address openid"),
        Ok(Some("phone openid")),
    ),
    (
        r#"{"subset_of": "openid phone"}"#,
        Some("  phone   address openid "),
        Ok(Some("phone openid")),
    ),
    (r#"{"subset_of": ["openid"]}"#, Some("phone"), Ok(Some(""))),
    (r#"{"subset_of": ["openid"]}"#, Some(""), Ok(Some(""))),
    (r#"{"subset_of": ["openid"]}"#, None, Ok(None)),
    (
        r#"{"superset_of": ["openid"]}"#,
        Some("phone openid"),
        Ok(Some("phone openid")),
    ),
    (
        r#"{"superset_of": "openid phone"}"#,
        Some("phone"),
        Err("Application superset_of Metadata"),
    ),
    // Part of a scope value is none.
    (
        r#"{"superset_of": ["openid"]}"#,
        Some("openid2 xopenid"),
        Err("Application superset_of Metadata"),
    ),
    (
        r#"{"subset_of": ["openid"]}"#,
        Some("OPENID openid\tphone"),
        Ok(Some("")),
    ),
    (
        r#"{"essential": true}"#,
        Some("openid  phone"),
        Ok(Some("openid phone")),
    ),
    (r#"{"essential": true}"#, Some(""), Ok(Some(""))),
    (
        r#"{"essential": true}"#,
        None,
        Err("Application essential Metadata"),
    ),
    // `one_of` compares what is one value, which an array is not, whatever stands in it.
    (
        r#"{"one_of": ["openid", "phone"]}"#,
        Some("openid"),
        Err("Application one_of Type"),
    ),
    (r#"{"one_of": "openid phone"}"#, None, Ok(None)),
    (
        r#"{"one_of": ["openid"], "value": "openid"}"#,
        None,
        Err("Resolution value beside one_of"),
    ),
    // An operator that we do not know.
    (
        r#"{"regexp": "^openid"}"#,
        Some("openid  phone"),
        Ok(Some("openid  phone")),
    ),
];

#[test]
fn scope_counts_as_an_array_for_every_operator() {
    for (operators, written, expected) in ALONE {
        let operators: Value = serde_json::from_str(operators).unwrap();
        let expected = expected.map(Value::from).map_err(str::to_owned);
        let found = scope(std::slice::from_ref(&operators), *written);
        assert_eq!(found, expected, "{operators} on {written:?}");
    }
}

#[test]
fn both_ways_of_writing_merge() {
    let ours =
        json!({"subset_of": ["openid", "profile", "phone"], "superset_of": "openid", "default": ["openid"]});
    let rows = [
        (
            json!({"subset_of": "phone openid"}),
            Some("profile phone openid"),
            Ok(json!("phone openid")),
        ),
        (json!({"default": "openid"}), None, Ok(json!("openid"))),
        (
            json!({"superset_of": ["phone"]}),
            Some("openid"),
            Err("Application superset_of Metadata"),
        ),
        (
            json!({"add": "address"}),
            None,
            Err("Resolution subset_of beside add"),
        ),
        (
            json!({"value": "openid address"}),
            None,
            Err("Resolution value beside subset_of"),
        ),
        (
            json!({"value": "profile"}),
            None,
            Err("Resolution value beside superset_of"),
        ),
        (
            json!({"subset_of": "profile"}),
            None,
            Err("Resolution subset_of beside superset_of"),
        ),
    ];
    for (below, written, expected) in rows {
        let found = scope(&[ours.clone(), below.clone()], written);
        assert_eq!(found, expected.map_err(str::to_owned), "{below} on {written:?}");
    }
}

#[test]
fn what_is_no_scope_is_refused() {
    let bad = [
        json!(1),
        json!(true),
        json!({}),
        json!(["openid phone"]),
        json!([""]),
        json!(["a", 1]),
        json!([null]),
    ];
    for operator in ["value", "add", "default", "one_of", "subset_of", "superset_of"] {
        for bad in &bad {
            let policy = json!({ RP: { "scope": { operator: bad } } });
            let fault = Policy::read(ISSUERS[0], Some(&policy), None).unwrap_err();
            assert_eq!(short(&fault), format!("Resolution {operator} Type"), "{bad}");
        }
    }
    for bad in [json!(["openid"]), json!(1), json!(null), json!({})] {
        let levels = [json!({"scope": {"subset_of": ["openid"]}})];
        let fault = outcome(&levels, &json!({ "scope": bad })).unwrap_err();
        assert_eq!(short(&fault), "Application - Type", "{bad}");
    }
}
