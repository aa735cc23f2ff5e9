use super::{Stumble, below, bureau, sign_in};
use serde_json::{Value, json};
use yimen_http_tests::{Entity, TestApp, decode};

/// What the bureau demands of a system beside what the city does.
fn demand(bureau: &Entity, system: &Entity, policy: &Value) {
    bureau.state_with(system, |claims| {
        claims["metadata_policy"] = json!({"openid_relying_party": policy});
    });
}

#[tokio::test]
async fn a_bureau_narrows_what_its_systems_get() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let policy = json!({
        "scope": {"subset_of": ["openid", "offline_access", "email"]},
        "id_token_signed_response_alg": {"value": "RS256"},
    });
    demand(&bureau, &system, &policy);
    let tokens = sign_in(&app.resident("13800000001"), &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid offline_access");
    assert_eq!(decode(&tokens.id).0["alg"], "RS256");
}

#[tokio::test]
async fn a_bureau_completes_what_its_systems_leave_out() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    system.publish_with(|claims| {
        let own = claims["metadata"]["openid_relying_party"]
            .as_object_mut()
            .unwrap();
        own.remove("id_token_signed_response_alg");
        own.remove("scope");
    });
    let policy =
        json!({"id_token_signed_response_alg": {"default": "ES256"}, "scope": {"default": "openid"}});
    demand(&bureau, &system, &policy);
    let tokens = sign_in(&app.resident("13800000001"), &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid");
    assert_eq!(decode(&tokens.id).0["alg"], "ES256");
}

#[tokio::test]
async fn nobody_gets_more_by_a_bureaus_word_than_the_city_gives() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    bureau.state_with(&system, |claims| {
        claims["metadata"] = json!({"openid_relying_party": {"scope": "openid profile phone"}});
    });
    let tokens = sign_in(&app.resident("13800000001"), &system.client()).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone");
}

#[tokio::test]
async fn what_does_not_fit_a_policy_is_named() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    for (policy, step, claim) in [
        (
            json!({"token_endpoint_auth_signing_alg": {"one_of": ["RS256", "PS256"]}}),
            "policy_apply",
            "metadata_policy",
        ),
        (
            json!({"contacts": {"essential": true}}),
            "policy_apply",
            "metadata_policy",
        ),
        // Against what the city says itself.
        (
            json!({"token_endpoint_auth_method": {"value": "client_secret_basic"}}),
            "policy_merge",
            "metadata_policy",
        ),
        (
            json!({"id_token_signed_response_alg": {"one_of": ["HS256"]}}),
            "policy_merge",
            "metadata_policy",
        ),
        // It leaves openid to nobody.
        (json!({"scope": {"subset_of": ["phone"]}}), "our_rules", "scope"),
    ] {
        let system = below(&app, &bureau).await;
        demand(&bureau, &system, &policy);
        let stumble = Stumble::of(&app, &system).await;
        assert_eq!(
            (&stumble.0["step"], &stumble.0["claim"]),
            (&json!(step), &json!(claim)),
            "{policy}: {}",
            stumble.0
        );
    }
}

#[tokio::test]
async fn an_operator_that_must_be_understood_and_is_not_stops_it() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    let policy = json!({"openid_relying_party": {"scope": {"regexp": "^openid"}}});
    bureau.state_with(&system, |claims| {
        claims["metadata_policy"] = policy.clone();
        claims["metadata_policy_crit"] = json!(["regexp"]);
    });
    Stumble::of(&app, &system)
        .await
        .is("critical", &bureau, "metadata_policy_crit");
    bureau.state_with(&system, |claims| claims["metadata_policy"] = policy);
    sign_in(&app.resident("13800000001"), &system.client()).await;
}
