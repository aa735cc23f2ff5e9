use serde_json::{Value, json};

use super::{RP, check, outcome, resolve, short, written};

/// An operator, its value above and below, and what becomes of the two.
const MERGED: &[(&str, &str, &str, &str)] = &[
    ("value", r#"["a"]"#, r#"["a"]"#, r#"["a"]"#),
    ("value", "null", "null", "null"),
    (
        "value",
        r#"{"a": 1, "b": 2}"#,
        r#"{"b": 2, "a": 1}"#,
        r#"{"a": 1, "b": 2}"#,
    ),
    ("value", r#""a""#, r#""b""#, "Merge"),
    ("value", r#""a""#, "null", "Merge"),
    ("value", "null", r#""a""#, "Merge"),
    ("value", r#""1""#, "1", "Merge"),
    ("value", "1", "1.0", "Merge"),
    // Strict: an order may mean something.
    ("value", r#"["a", "b"]"#, r#"["b", "a"]"#, "Merge"),
    ("value", r#"["a"]"#, r#""a""#, "Merge"),
    ("add", r#"["a", "b"]"#, r#"["b", "c"]"#, r#"["a", "b", "c"]"#),
    ("add", r#"["a"]"#, "[]", r#"["a"]"#),
    ("add", r#"["a"]"#, "[1]", "Merge"),
    ("default", "1", "1", "1"),
    ("default", "true", "false", "Merge"),
    ("default", r#"["a", "b"]"#, r#"["b", "a"]"#, "Merge"),
    (
        "one_of",
        r#"["a", "b", "c"]"#,
        r#"["d", "c", "b"]"#,
        r#"["b", "c"]"#,
    ),
    ("one_of", r#"["a", "b"]"#, r#"["c"]"#, "Merge"),
    ("one_of", r#"["a"]"#, "[1]", "Merge"),
    ("one_of", "[]", "[]", "Merge"),
    (
        "subset_of",
        r#"["a", "b", "c"]"#,
        r#"["d", "c", "b"]"#,
        r#"["b", "c"]"#,
    ),
    ("subset_of", r#"["a", "b"]"#, r#"["c"]"#, "[]"),
    ("subset_of", r#"["a"]"#, "[1]", "[]"),
    ("superset_of", r#"["a"]"#, r#"["b", "a"]"#, r#"["a", "b"]"#),
    ("superset_of", r#"["a"]"#, "[1]", "Merge"),
    ("essential", "false", "false", "false"),
    ("essential", "false", "true", "true"),
    ("essential", "true", "false", "true"),
    ("essential", "true", "true", "true"),
];

#[test]
fn an_operators_values_merge() {
    for (operator, above, below, expected) in MERGED {
        let level = |text| json!({"p": { *operator: serde_json::from_str::<Value>(text).unwrap() }});
        let expected = match *expected {
            "Merge" => Err(format!("Resolution {operator} Merge")),
            merged => Ok(level(merged)),
        };
        let found = resolve(&[level(above), level(below)]);
        let found = found.map(|policy| written(&policy)[RP].clone());
        assert_eq!(
            found.map_err(|fault| short(&fault)),
            expected,
            "{operator}: {above} over {below}"
        );
    }
}

#[test]
fn operators_of_one_level_alone_are_copied() {
    let policy = resolve(&[json!({"p": {"one_of": ["a"]}}), json!({"p": {"default": "a"}})]).unwrap();
    assert_eq!(
        written(&policy)[RP],
        json!({"p": {"default": "a", "one_of": ["a"]}})
    );
}

#[test]
fn two_levels_can_conflict_where_neither_does_alone() {
    check(&[
        (
            &[json!({"subset_of": ["a"]}), json!({"superset_of": ["b"]})],
            json!({}),
            Err("Resolution subset_of beside superset_of"),
        ),
        (
            &[json!({"value": ["a"]}), json!({"add": ["b"]})],
            json!({}),
            Err("Resolution value beside add"),
        ),
        (
            &[
                json!({"subset_of": ["a", "b"], "add": ["b"]}),
                json!({"subset_of": ["a"]}),
            ],
            json!({}),
            Err("Resolution subset_of beside add"),
        ),
        (
            &[
                json!({"value": "b", "one_of": ["a", "b"]}),
                json!({"one_of": ["a"]}),
            ],
            json!({}),
            Err("Resolution value beside one_of"),
        ),
        (
            &[
                json!({"value": ["a"], "superset_of": ["a"]}),
                json!({"superset_of": ["b"]}),
            ],
            json!({}),
            Err("Resolution value beside superset_of"),
        ),
        (
            &[
                json!({"value": null, "essential": false}),
                json!({"essential": true}),
            ],
            json!({}),
            Err("Resolution value beside essential"),
        ),
        // Nothing is left to be chosen, which a value above cannot mend.
        (
            &[
                json!({"subset_of": ["a"]}),
                json!({"subset_of": ["b"], "superset_of": ["b"]}),
            ],
            json!({}),
            Err("Resolution subset_of beside superset_of"),
        ),
    ]);
}

#[test]
fn a_middle_level_binds_the_one_below() {
    let three = |below| {
        vec![
            json!({"subset_of": ["a", "b", "c"], "default": ["a"]}),
            json!({"subset_of": ["b", "c"], "essential": true}),
            below,
        ]
    };
    check(&[
        (
            &three(json!({"add": ["c"]})),
            json!({"p": ["a", "b"]}),
            Ok(json!({"p": ["b", "c"]})),
        ),
        (
            &three(json!({"add": ["a"]})),
            json!({}),
            Err("Resolution subset_of beside add"),
        ),
        (
            &three(json!({"value": ["a"]})),
            json!({}),
            Err("Resolution value beside subset_of"),
        ),
        (
            &three(json!({"essential": false})),
            json!({}),
            Ok(json!({"p": []})),
        ),
        (
            &three(json!({"default": ["b"]})),
            json!({}),
            Err("Resolution default Merge"),
        ),
        (
            &[
                json!({"add": ["a"]}),
                json!({"essential": false}),
                json!({"add": ["b"]}),
            ],
            json!({"p": ["z"]}),
            Ok(json!({"p": ["z", "a", "b"]})),
        ),
    ]);
}

#[test]
fn parameters_and_types_of_one_level_alone_are_copied() {
    let levels = [
        json!({"p": {"value": 1}}),
        json!({"q": {"value": 2}, "r": {"default": 3}}),
    ];
    assert_eq!(
        outcome(&levels, &json!({"r": 4})),
        Ok(json!({"p": 1, "q": 2, "r": 4}))
    );
}
