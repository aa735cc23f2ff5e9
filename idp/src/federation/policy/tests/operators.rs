use serde_json::json;

use super::check;

#[test]
fn value_sets_or_removes_whatever_was_there() {
    for value in [
        json!("a"),
        json!(1),
        json!(false),
        json!(["a"]),
        json!([]),
        json!({"a": 1}),
    ] {
        for metadata in [json!({}), json!({"p": "b"}), json!({"p": [1]}), json!({"p": {}})] {
            check(&[(&[json!({"value": value})], metadata, Ok(json!({"p": value})))]);
        }
    }
    check(&[
        (
            &[json!({"value": null})],
            json!({"p": "b", "q": 1}),
            Ok(json!({"q": 1})),
        ),
        (&[json!({"value": null})], json!({}), Ok(json!({}))),
    ]);
}

#[test]
fn add_adds_what_is_missing() {
    let add = [json!({"add": ["a", "b"]})];
    check(&[
        (&add, json!({}), Ok(json!({"p": ["a", "b"]}))),
        (&add, json!({"p": []}), Ok(json!({"p": ["a", "b"]}))),
        (&add, json!({"p": ["c", "b"]}), Ok(json!({"p": ["c", "b", "a"]}))),
        // What was doubled before is not ours to mend.
        (
            &add,
            json!({"p": ["c", "c"]}),
            Ok(json!({"p": ["c", "c", "a", "b"]})),
        ),
        (&[json!({"add": ["a", "a"]})], json!({}), Ok(json!({"p": ["a"]}))),
        (&[json!({"add": []})], json!({}), Ok(json!({"p": []}))),
        (
            &[json!({"add": []})],
            json!({"p": ["a"]}),
            Ok(json!({"p": ["a"]})),
        ),
        (
            &[json!({"add": [2]})],
            json!({"p": [1]}),
            Ok(json!({"p": [1, 2]})),
        ),
        (
            &[json!({"add": [{"a": 1, "b": 2}]})],
            json!({"p": [{"b": 2, "a": 1}]}),
            Ok(json!({"p": [{"a": 1, "b": 2}]})),
        ),
        (&add, json!({"p": "a"}), Err("Application add Type")),
        (&add, json!({"p": null}), Err("Application add Type")),
        (&add, json!({"p": {}}), Err("Application add Type")),
        (&add, json!({"p": [1]}), Err("Application add Type")),
        (&add, json!({"p": [true]}), Err("Application add Type")),
        (&add, json!({"p": [["a"]]}), Err("Application add Type")),
        (&add, json!({"p": ["a", null]}), Err("Application add Type")),
    ]);
}

#[test]
fn default_is_for_what_is_absent() {
    for default in [
        json!("a"),
        json!(1),
        json!(false),
        json!(["a"]),
        json!([]),
        json!({"a": 1}),
    ] {
        let policy = [json!({"default": default})];
        check(&[
            (&policy, json!({}), Ok(json!({"p": default}))),
            (&policy, json!({"p": "b"}), Ok(json!({"p": "b"}))),
            (&policy, json!({"p": []}), Ok(json!({"p": []}))),
            (&policy, json!({"p": ""}), Ok(json!({"p": ""}))),
            (&policy, json!({"p": null}), Err("Application default Type")),
        ]);
    }
}

#[test]
fn one_of_names_what_may_be_chosen() {
    let one_of = [json!({"one_of": ["a", "b"]})];
    check(&[
        (&one_of, json!({"p": "b"}), Ok(json!({"p": "b"}))),
        (&one_of, json!({}), Ok(json!({}))),
        (&one_of, json!({"p": "c"}), Err("Application one_of Metadata")),
        (&one_of, json!({"p": "A"}), Err("Application one_of Metadata")),
        // Code point by code point (§16): the same letter written as two is another.
        (
            &[json!({"one_of": ["\u{e9}"]})],
            json!({"p": "e\u{301}"}),
            Err("Application one_of Metadata"),
        ),
        (&one_of, json!({"p": ["a"]}), Err("Application one_of Type")),
        (&one_of, json!({"p": true}), Err("Application one_of Type")),
        (&one_of, json!({"p": null}), Err("Application one_of Type")),
        (&[json!({"one_of": [1, 2]})], json!({"p": 2}), Ok(json!({"p": 2}))),
        (
            &[json!({"one_of": [1, 2]})],
            json!({"p": "2"}),
            Err("Application one_of Metadata"),
        ),
        (
            &[json!({"one_of": [{"a": 1}]})],
            json!({"p": {"a": 1}}),
            Ok(json!({"p": {"a": 1}})),
        ),
        (
            &[json!({"one_of": [{"a": 1}]})],
            json!({"p": {"a": 1, "b": 1}}),
            Err("Application one_of Metadata"),
        ),
        (&[json!({"one_of": []})], json!({}), Ok(json!({}))),
        (
            &[json!({"one_of": []})],
            json!({"p": "a"}),
            Err("Application one_of Metadata"),
        ),
    ]);
}

#[test]
fn subset_of_leaves_the_intersection() {
    let subset_of = [json!({"subset_of": ["a", "b", "c"]})];
    check(&[
        (
            &subset_of,
            json!({"p": ["c", "d", "a"]}),
            Ok(json!({"p": ["c", "a"]})),
        ),
        (&subset_of, json!({"p": ["a", "a"]}), Ok(json!({"p": ["a"]}))),
        (&subset_of, json!({"p": ["d"]}), Ok(json!({"p": []}))),
        (&subset_of, json!({"p": []}), Ok(json!({"p": []}))),
        (&subset_of, json!({}), Ok(json!({}))),
        (&subset_of, json!({"p": [1]}), Ok(json!({"p": []}))),
        (
            &[json!({"subset_of": []})],
            json!({"p": ["a"]}),
            Ok(json!({"p": []})),
        ),
        (
            &[json!({"subset_of": [1, 2]})],
            json!({"p": [2, 3]}),
            Ok(json!({"p": [2]})),
        ),
        (
            &[json!({"subset_of": [{"a": 1}]})],
            json!({"p": [{"a": 2}, {"a": 1}]}),
            Ok(json!({"p": [{"a": 1}]})),
        ),
        (&subset_of, json!({"p": "a"}), Err("Application subset_of Type")),
        (&subset_of, json!({"p": null}), Err("Application subset_of Type")),
        (
            &subset_of,
            json!({"p": ["a", 1]}),
            Err("Application subset_of Type"),
        ),
        (
            &subset_of,
            json!({"p": [null]}),
            Err("Application subset_of Type"),
        ),
    ]);
}

#[test]
fn superset_of_demands_all() {
    let superset_of = [json!({"superset_of": ["a", "b"]})];
    check(&[
        (
            &superset_of,
            json!({"p": ["b", "a"]}),
            Ok(json!({"p": ["b", "a"]})),
        ),
        (
            &superset_of,
            json!({"p": ["a", "c", "b"]}),
            Ok(json!({"p": ["a", "c", "b"]})),
        ),
        (&superset_of, json!({}), Ok(json!({}))),
        (
            &superset_of,
            json!({"p": ["a"]}),
            Err("Application superset_of Metadata"),
        ),
        (
            &superset_of,
            json!({"p": []}),
            Err("Application superset_of Metadata"),
        ),
        (
            &superset_of,
            json!({"p": "a"}),
            Err("Application superset_of Type"),
        ),
        (
            &superset_of,
            json!({"p": null}),
            Err("Application superset_of Type"),
        ),
        (
            &superset_of,
            json!({"p": [false]}),
            Err("Application superset_of Type"),
        ),
        (
            &[json!({"superset_of": []})],
            json!({"p": []}),
            Ok(json!({"p": []})),
        ),
        (
            &[json!({"superset_of": [1]})],
            json!({"p": [2, 1]}),
            Ok(json!({"p": [2, 1]})),
        ),
    ]);
}

#[test]
fn essential_demands_that_it_is_there() {
    for there in [
        json!("a"),
        json!(1),
        json!(false),
        json!([]),
        json!({}),
        json!([true, "a"]),
    ] {
        let metadata = json!({"p": there});
        check(&[
            (
                &[json!({"essential": true})],
                metadata.clone(),
                Ok(metadata.clone()),
            ),
            (&[json!({"essential": false})], metadata.clone(), Ok(metadata)),
        ]);
    }
    check(&[
        (
            &[json!({"essential": true})],
            json!({}),
            Err("Application essential Metadata"),
        ),
        (
            &[json!({"essential": true})],
            json!({"p": null}),
            Err("Application essential Type"),
        ),
        (
            &[json!({"essential": false})],
            json!({"p": null}),
            Err("Application essential Type"),
        ),
        (&[json!({"essential": false})], json!({}), Ok(json!({}))),
    ]);
}

/// The table of §6.1.3.1.8.
#[test]
fn a_subset_may_be_essential_and_empty() {
    let policy = |essential: bool| [json!({"essential": essential, "subset_of": ["a", "b", "c"]})];
    check(&[
        (&policy(true), json!({"p": ["a", "e"]}), Ok(json!({"p": ["a"]}))),
        (&policy(false), json!({"p": ["a", "e"]}), Ok(json!({"p": ["a"]}))),
        (&policy(true), json!({"p": ["d", "e"]}), Ok(json!({"p": []}))),
        (&policy(false), json!({"p": ["d", "e"]}), Ok(json!({"p": []}))),
        (&policy(true), json!({}), Err("Application essential Metadata")),
        (&policy(false), json!({}), Ok(json!({}))),
    ]);
}

#[test]
fn operators_work_in_their_order_and_not_in_the_written_one() {
    check(&[
        // value, then default
        (
            &[json!({"default": "a", "value": "b"})],
            json!({}),
            Ok(json!({"p": "b"})),
        ),
        // add, then default
        (
            &[json!({"default": ["a"], "add": ["b"]})],
            json!({}),
            Ok(json!({"p": ["b"]})),
        ),
        // add, then subset_of
        (
            &[json!({"subset_of": ["a", "b"], "add": ["a"]})],
            json!({"p": ["c", "b"]}),
            Ok(json!({"p": ["b", "a"]})),
        ),
        // add, then superset_of
        (
            &[json!({"superset_of": ["a"], "add": ["a"]})],
            json!({"p": ["c"]}),
            Ok(json!({"p": ["c", "a"]})),
        ),
        // default, then one_of
        (
            &[json!({"one_of": ["a"], "default": "b"})],
            json!({}),
            Err("Application one_of Metadata"),
        ),
        // default, then subset_of
        (
            &[json!({"subset_of": ["a"], "default": ["a", "b"]})],
            json!({}),
            Ok(json!({"p": ["a"]})),
        ),
        // subset_of, then superset_of
        (
            &[json!({"subset_of": ["a", "b"], "superset_of": ["a"]})],
            json!({"p": ["c", "b"]}),
            Err("Application superset_of Metadata"),
        ),
        // default, then essential
        (
            &[json!({"default": "a", "essential": true})],
            json!({}),
            Ok(json!({"p": "a"})),
        ),
        // "Set equals" (§6.1.3.1.8).
        (
            &[json!({"subset_of": ["a", "b"], "superset_of": ["a", "b"]})],
            json!({"p": ["b", "c", "a"]}),
            Ok(json!({"p": ["b", "a"]})),
        ),
        // A default that a set cannot be compared with.
        (
            &[json!({"default": "a", "subset_of": ["a"]})],
            json!({}),
            Err("Application subset_of Type"),
        ),
    ]);
}
