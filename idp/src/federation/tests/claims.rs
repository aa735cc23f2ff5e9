use serde_json::{Value, json};

use super::statements::Change::Claim;
use super::statements::Scene;
use crate::federation::Step;

#[test]
fn a_critical_claim_that_nobody_here_understands_is_refused() {
    let scene = Scene::new();
    let critical = Some((Step::Critical, "crit"));
    scene.check_configurations([
        (Claim("crit", json!([])), critical),
        (Claim("crit", json!("jti")), critical),
        (Claim("crit", json!([5])), critical),
        (Claim("crit", json!(["metadata"])), critical),
        (Claim("crit", json!(["absent"])), critical),
        (Claim("crit", json!(["metadata", "metadata"])), critical),
        // What is not critical is ignored.
        (Claim("jti", json!("x")), None),
    ]);
    let mut claims = scene.configuration();
    (claims["jti"], claims["crit"]) = (json!("x"), json!(["jti"]));
    let fault = scene
        .read_configuration(&scene.system.states(&claims))
        .unwrap_err();
    assert_eq!(fault.step, Step::Critical);
    assert!(fault.expected.contains("understood"), "{fault}");
}

#[test]
fn claims_of_the_other_kind_of_statement_are_refused() {
    let scene = Scene::new();
    let misplaced = |claim| Some((Step::Misplaced, claim));
    let row = |claim, value: Value| (Claim(claim, value), misplaced(claim));
    let registration = [
        row("aud", json!("https://city.example")),
        row("trust_anchor", json!("https://city.example")),
    ];
    scene.check_configurations(
        [
            row("metadata_policy", json!({})),
            row("metadata_policy_crit", json!(["regexp"])),
            row("constraints", json!({})),
            row("source_endpoint", json!("https://city.example/fetch")),
        ]
        .into_iter()
        .chain(registration),
    );
    scene.check_subordinate([
        row("authority_hints", json!(["https://city.example"])),
        row("trust_anchor_hints", json!(["https://city.example"])),
        row("trust_marks", json!([])),
        row("trust_mark_issuers", json!({})),
        row("trust_mark_owners", json!({})),
        row("aud", json!("https://city.example")),
        row("trust_anchor", json!("https://city.example")),
    ]);
}

#[test]
fn claims_of_a_configuration_have_their_syntax() {
    let scene = Scene::new();
    let bad = |claim, value: Value| (Claim(claim, value), Some((Step::Syntax, claim)));
    let good = |claim, value: Value| (Claim(claim, value), None);
    scene.check_configurations([
        bad("authority_hints", json!([])),
        bad("authority_hints", json!("https://city.example")),
        bad("authority_hints", json!(["https://city.example?x"])),
        bad("authority_hints", json!(["https://city.example", 5])),
        bad("trust_anchor_hints", json!([])),
        good("trust_anchor_hints", json!(["https://city.example"])),
        bad("metadata", json!([])),
        bad("metadata", json!({"openid_relying_party": null})),
        bad("metadata", json!({"openid_relying_party": []})),
        bad("metadata", json!({"openid_relying_party": {"scope": null}})),
        good("metadata", json!({"openid_relying_party": {"x": {"y": null}}})),
        (
            Claim("metadata", json!({"federation_entity": {"jwks": {"keys": []}}})),
            Some((Step::Misplaced, "metadata")),
        ),
        (
            Claim(
                "metadata",
                json!({"federation_entity": {"signed_jwks_uri": "https://x.example"}}),
            ),
            Some((Step::Misplaced, "metadata")),
        ),
    ]);
}

#[test]
fn what_a_configuration_says_of_marks_has_its_syntax() {
    let scene = Scene::new();
    let bad = |claim, value: Value| (Claim(claim, value), Some((Step::Syntax, claim)));
    let good = |claim, value: Value| (Claim(claim, value), None);
    let mark = scene.city.key.sign(
        &scene.city.key.header("trust-mark+jwt"),
        &json!({"trust_mark_type": "https://city.example/m"}),
    );
    let owner = json!({"sub": "https://owner.example", "jwks": scene.city.jwks()});
    scene.check_configurations([
        good(
            "trust_marks",
            json!([{"trust_mark_type": "https://city.example/m", "trust_mark": mark}]),
        ),
        bad(
            "trust_marks",
            json!([{"trust_mark_type": "https://city.example/other", "trust_mark": mark}]),
        ),
        bad(
            "trust_marks",
            json!([{"trust_mark_type": "https://city.example/m", "trust_mark": "x"}]),
        ),
        // As drafts before -43 wrote it.
        bad(
            "trust_marks",
            json!([{"id": "https://city.example/m", "trust_mark": mark}]),
        ),
        bad("trust_marks", json!({})),
        good(
            "trust_mark_issuers",
            json!({"m": [], "n": ["https://city.example"]}),
        ),
        bad("trust_mark_issuers", json!({"m": "https://city.example"})),
        bad("trust_mark_issuers", json!({"m": ["city"]})),
        bad("trust_mark_issuers", json!([])),
        good("trust_mark_owners", json!({"m": owner})),
        bad(
            "trust_mark_owners",
            json!({"m": {"sub": "https://owner.example"}}),
        ),
        bad(
            "trust_mark_owners",
            json!({"m": {"sub": "owner", "jwks": scene.city.jwks()}}),
        ),
        (
            Claim(
                "trust_mark_owners",
                json!({"m": {"sub": "https://owner.example", "jwks": {}}}),
            ),
            Some((Step::Keys, "trust_mark_owners")),
        ),
    ]);
}

#[test]
fn claims_of_a_subordinate_statement_have_their_syntax() {
    let scene = Scene::new();
    let bad = |claim, value: Value| (Claim(claim, value), Some((Step::Syntax, claim)));
    let good = |claim, value: Value| (Claim(claim, value), None);
    let policy = Some((Step::PolicyMerge, "metadata_policy"));
    let critical = |value: Value| {
        (
            Claim("metadata_policy_crit", value),
            Some((Step::Critical, "metadata_policy_crit")),
        )
    };
    scene.check_subordinate([
        good(
            "metadata_policy",
            json!({"openid_relying_party": {"scope": {"default": "openid"}}}),
        ),
        (Claim("metadata_policy", json!([])), policy),
        (
            Claim(
                "metadata_policy",
                json!({"openid_relying_party": {"scope": {"value": {}, "add": 5}}}),
            ),
            policy,
        ),
        critical(json!(["regexp"])),
        critical(json!([])),
        critical(json!(["subset_of"])),
        critical(json!("regexp")),
        critical(json!(["regexp", "regexp"])),
        good("source_endpoint", json!("https://city.example/fetch")),
        bad("source_endpoint", json!("http://city.example/fetch")),
        bad("source_endpoint", json!("fetch")),
        bad("source_endpoint", json!(5)),
        bad("constraints", json!([])),
        good("constraints", json!({"something_new": 5})),
    ]);
}
