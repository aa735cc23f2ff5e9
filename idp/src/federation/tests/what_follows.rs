//! What a proven chain says: until when it is good, what its superiors forbid, give and take.

use serde_json::{Value, json};

use super::chains::Scene;
use super::{SECONDS, place};
use crate::clock::Timestamp;
use crate::federation::Step;

#[test]
fn a_chain_ends_with_the_first_of_its_statements() {
    let scene = Scene::new();
    let until = |bureau: i64, anchor: i64| {
        let outcome = scene.saying(
            &json!({"exp": SECONDS + bureau}),
            &json!({"exp": SECONDS + anchor}),
        );
        outcome.map(|chain| chain.expires_at())
    };
    assert_eq!(until(3600, 3600), Ok(Timestamp::from_seconds(SECONDS + 3600)));
    assert_eq!(until(3600, 5), Ok(Timestamp::from_seconds(SECONDS + 5)));
    assert_eq!(until(7, 3600), Ok(Timestamp::from_seconds(SECONDS + 7)));
    for (bureau, anchor) in [(-61, 3600), (3600, -61)] {
        assert_eq!(place(until(bureau, anchor)), Some((Step::Time, "exp")));
    }
}

#[test]
fn constraints_of_each_superior_count() {
    let scene = Scene::new();
    let constrained = |bureau: Value, anchor: Value| {
        let of = |constraints| json!({"constraints": constraints});
        place(scene.saying(&of(bureau), &of(anchor))).map(|(step, _)| step)
    };
    let nothing = || json!({});
    assert_eq!(constrained(nothing(), nothing()), None);
    // One intermediate is below the anchor, and none below the bureau.
    assert_eq!(
        constrained(json!({"max_path_length": 0}), json!({"max_path_length": 1})),
        None
    );
    assert_eq!(
        constrained(nothing(), json!({"max_path_length": 0})),
        Some(Step::PathLength)
    );
    let naming = |permitted: &[&str]| json!({"naming_constraints": {"permitted": permitted}});
    assert_eq!(
        constrained(naming(&["system.example"]), naming(&[".example"])),
        None
    );
    assert_eq!(
        constrained(naming(&["other.example"]), nothing()),
        Some(Step::Naming)
    );
    // The anchor's bind the subject too, not the bureau alone.
    assert_eq!(
        constrained(nothing(), naming(&["bureau.example"])),
        Some(Step::Naming)
    );
}

#[test]
fn metadata_is_the_immediate_superiors_word_and_then_what_all_allow() {
    let scene = Scene::new();
    let stated = |bureau: Value, anchor: Value| {
        let mut jwts = scene.jwts();
        let mut own = scene.system.configuration(&[&scene.bureau]);
        own["metadata"] = json!({"openid_relying_party": {"scope": "openid", "x": 1}, "openid_provider": {}});
        jwts[0] = scene.system.states(&own);
        for (at, by, about, added) in [
            (1, &scene.bureau, &scene.system, bureau),
            (2, &scene.anchor, &scene.bureau, anchor),
        ] {
            let mut claims = by.about(about);
            claims
                .as_object_mut()
                .unwrap()
                .extend(added.as_object().unwrap().clone());
            jwts[at] = by.states(&claims);
        }
        let metadata = scene.verify(&jwts).unwrap().metadata_before_policy();
        json!(metadata.types())
    };
    let mine = json!({"openid_relying_party": {"scope": "openid", "x": 1}, "openid_provider": {}});
    assert_eq!(stated(json!({}), json!({})), mine);
    // The superior's goes first, for types that the subject has; the superior's superior has no say (§3.1.1).
    assert_eq!(
        stated(
            json!({"metadata": {"openid_relying_party": {"scope": "openid phone"}, "oauth_client": {"y": 2}}}),
            json!({"metadata": {"openid_relying_party": {"x": 9}}}),
        ),
        json!({"openid_relying_party": {"scope": "openid phone", "x": 1}, "openid_provider": {}})
    );
    // A type that the superior adds metadata to is taken out where one of them does not allow it (§6.2.3).
    let allowed = |types: &[&str]| json!({"constraints": {"allowed_entity_types": types}});
    assert_eq!(
        stated(
            json!({"metadata": {"openid_provider": {"issuer": "x"}}}),
            allowed(&["openid_relying_party"]),
        ),
        json!({"openid_relying_party": {"scope": "openid", "x": 1}})
    );
    assert_eq!(
        stated(allowed(&["openid_provider"]), allowed(&["openid_relying_party"])),
        json!({})
    );
}

#[test]
fn policies_come_from_the_most_superior_down() {
    let scene = Scene::new();
    let policy = |scope: &str| json!({"openid_relying_party": {"scope": {"default": scope}}});
    let chain = scene
        .saying(
            &json!({"metadata_policy": policy("bureau"), "metadata_policy_crit": ["regexp"]}),
            &json!({"metadata_policy": policy("anchor")}),
        )
        .unwrap();
    let policies: Vec<_> = chain
        .policies()
        .map(|(by, policy)| (by.as_str(), json!(policy)))
        .collect();
    assert_eq!(
        policies,
        [
            ("https://anchor.example", policy("anchor")),
            ("https://bureau.example", policy("bureau")),
        ]
    );
    assert_eq!(
        chain.critical_operators().into_iter().collect::<Vec<_>>(),
        ["regexp"]
    );
    assert_eq!(scene.verify(&scene.jwts()).unwrap().policies().count(), 0);
}
