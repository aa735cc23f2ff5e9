use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Actor, NOW, SECONDS, id};
use crate::clock::Timestamp;
use crate::federation::{
    Asked, AttachedMark, Configuration, Constraints, Draft, Kind, MarkOwner, Metadata, NameSubtree,
    Relaxation, Subordinate, read,
};

/// Signs a draft, reads it as a stranger would, and writes what was read once more.
fn claims_there_and_back(issuer: &Actor, subject: &Actor, metadata: &Metadata, kind: &Kind) -> [Value; 2] {
    let keys = subject.keys();
    let draft = |kind, metadata| Draft {
        issuer: &issuer.id,
        subject: &subject.id,
        issued_at: NOW,
        expires_at: Timestamp::from_seconds(SECONDS + 60),
        keys: keys.keys(),
        metadata,
        kind,
    };
    let claims = draft(kind, metadata).claims();
    let jwt = issuer.states(&claims);
    let statement = read(&jwt, Asked::About(&subject.id), Relaxation::Nothing, NOW)
        .and_then(|statement| statement.prove(&issuer.keys()))
        .unwrap();
    assert_eq!(statement.expires_at(), Timestamp::from_seconds(SECONDS + 60));
    let again = draft(statement.kind(), statement.metadata()).claims();
    [claims, again]
}

fn metadata(types: Value) -> Metadata {
    Metadata::from(serde_json::from_value::<BTreeMap<_, _>>(types).unwrap())
}

#[test]
fn what_we_state_of_ourselves_is_read_as_it_is_meant() {
    let [anchor, owner] = ["anchor", "owner"].map(Actor::new);
    let mark = anchor
        .key
        .sign(&json!({"alg": "ES256"}), &json!({"trust_mark_type": "m"}));
    let kind = Kind::Configuration(Configuration {
        authority_hints: vec![id("https://province.example")],
        trust_anchor_hints: vec![id("https://province.example")],
        trust_marks: vec![AttachedMark {
            trust_mark_type: "m".to_owned(),
            jwt: mark.clone(),
        }],
        trust_mark_issuers: [
            ("m".to_owned(), vec![anchor.id.clone()]),
            ("n".to_owned(), Vec::new()),
        ]
        .into(),
        trust_mark_owners: [(
            "m".to_owned(),
            MarkOwner {
                id: owner.id.clone(),
                keys: owner.keys(),
            },
        )]
        .into(),
    });
    let types = json!({"federation_entity": {"organization_name": "市政务服务"}, "openid_provider": {}});
    let [claims, again] = claims_there_and_back(&anchor, &anchor, &metadata(types.clone()), &kind);
    assert_eq!(claims, again);
    assert_eq!(claims["metadata"], types);
    assert_eq!(claims["authority_hints"], json!(["https://province.example"]));
    assert_eq!(
        claims["trust_marks"],
        json!([{"trust_mark_type": "m", "trust_mark": mark}])
    );
    assert_eq!(
        claims["trust_mark_issuers"],
        json!({"m": ["https://anchor.example"], "n": []})
    );
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(SECONDS), &json!(SECONDS + 60))
    );
}

#[test]
fn what_we_state_of_others_is_read_as_it_is_meant() {
    let [anchor, system] = ["anchor", "system"].map(Actor::new);
    let policy = json!({"openid_relying_party": {"scope": {"subset_of": ["openid"]}}});
    let subordinate = Subordinate {
        constraints: Constraints {
            max_path_length: Some(0),
            permitted: Some(vec![NameSubtree::parse(".Gov.example").unwrap()]),
            excluded: vec![NameSubtree::parse("x.gov.example").unwrap()],
            allowed_entity_types: Some(Vec::new()),
        },
        metadata_policy: Some(policy.clone()),
        source_endpoint: Some("https://anchor.example/fetch".to_owned()),
    };
    let kind = Kind::Subordinate(subordinate);
    let [claims, again] = claims_there_and_back(&anchor, &system, &Metadata::default(), &kind);
    assert_eq!(claims, again);
    assert_eq!(
        claims["constraints"],
        json!({
            "max_path_length": 0, "allowed_entity_types": [],
            "naming_constraints": {"permitted": [".gov.example"], "excluded": ["x.gov.example"]},
        })
    );
    assert_eq!(claims["metadata_policy"], policy);
}

/// §3.1: a list of hints, of critical operators, is not there or not empty.
#[test]
fn what_is_empty_is_not_stated() {
    let [anchor, system] = ["anchor", "system"].map(Actor::new);
    let names = |claims: &Value| claims.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for kind in [
        Kind::Configuration(Configuration::default()),
        Kind::Subordinate(Subordinate::default()),
    ] {
        let subject = if matches!(kind, Kind::Configuration(_)) {
            &anchor
        } else {
            &system
        };
        let [claims, _] = claims_there_and_back(&anchor, subject, &Metadata::default(), &kind);
        assert_eq!(names(&claims), ["exp", "iat", "iss", "jwks", "sub"]);
    }
}
