//! What a proven chain says: until when it is good, what its superiors forbid, give and take.

use serde_json::{Value, json};

use super::chains::Scene;
use super::{SECONDS, place};
use crate::clock::Timestamp;
use crate::federation::{Step, TrustError, TrustFault};

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
        let metadata = scene.verify(&jwts).unwrap().resolve().unwrap();
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

/// Of the system below the bureau below the anchor, whose metadata is of a relying party.
fn resolved(bureau: &Value, anchor: &Value, metadata: &Value) -> Result<Value, TrustFault> {
    let scene = Scene::new();
    let policy = |policy: &Value| json!({"metadata_policy": {"openid_relying_party": policy}});
    let mut own = scene.system.configuration(&[&scene.bureau]);
    own["metadata"] = json!({"openid_relying_party": metadata});
    let mut jwts = scene.jwts();
    jwts[0] = scene.system.states(&own);
    for (at, by, about, added) in [
        (1, &scene.bureau, &scene.system, policy(bureau)),
        (2, &scene.anchor, &scene.bureau, policy(anchor)),
    ] {
        let mut claims = by.about(about);
        claims["metadata_policy"] = added["metadata_policy"].clone();
        jwts[at] = by.states(&claims);
    }
    let metadata = scene.verify(&jwts)?.resolve()?;
    Ok(json!(metadata.relying_party()))
}

#[test]
fn policies_of_all_superiors_are_merged_and_applied() {
    let scope = |operators: Value| json!({"scope": operators});
    let system = scope(json!("openid profile phone"));
    let outcome = |bureau: Value, anchor: Value| resolved(&scope(bureau), &scope(anchor), &system);
    assert_eq!(
        outcome(
            json!({"subset_of": "openid profile"}),
            json!({"subset_of": "openid phone", "essential": true}),
        ),
        Ok(scope(json!("openid")))
    );
    // An intermediate cannot give what the anchor does not, and is told so.
    let fault = outcome(json!({"add": "address"}), json!({"subset_of": "openid"})).unwrap_err();
    assert_eq!((fault.step, fault.claim), (Step::PolicyMerge, "metadata_policy"));
    assert_eq!(fault.entity, "https://bureau.example");
    assert_eq!(fault.step.error(), TrustError::InvalidMetadata);
    let fault = resolved(
        &scope(json!({"superset_of": "openid"})),
        &json!({"contacts": {"essential": true}}),
        &system,
    )
    .unwrap_err();
    assert_eq!((fault.step, fault.claim), (Step::PolicyApply, "metadata_policy"));
    assert!(
        fault
            .expected
            .starts_with("openid_relying_party, contacts, essential: "),
        "{fault}"
    );
}

/// The order matters: a type that is taken out has no metadata that a policy could miss (§6.2.3).
#[test]
fn a_policy_sees_what_the_superior_wrote_and_not_what_is_not_allowed() {
    let scene = Scene::new();
    let policy = json!({"openid_provider": {"issuer": {"essential": true}}});
    let outcome = |metadata: Value, types: &[&str]| {
        let mut jwts = scene.jwts();
        let mut own = scene.system.configuration(&[&scene.bureau]);
        own["metadata"] = json!({"openid_provider": {}});
        jwts[0] = scene.system.states(&own);
        let mut claims = scene.bureau.about(&scene.system);
        claims["metadata"] = metadata;
        claims["metadata_policy"] = policy.clone();
        claims["constraints"] = json!({"allowed_entity_types": types});
        jwts[1] = scene.bureau.states(&claims);
        place(scene.verify(&jwts).unwrap().resolve())
    };
    let provider = &["openid_provider"][..];
    assert_eq!(
        outcome(json!({}), provider),
        Some((Step::PolicyApply, "metadata_policy"))
    );
    assert_eq!(
        outcome(json!({"openid_provider": {"issuer": "x"}}), provider),
        None
    );
    assert_eq!(outcome(json!({}), &["openid_relying_party"]), None);
}
