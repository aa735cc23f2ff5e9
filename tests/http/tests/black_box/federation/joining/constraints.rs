use super::{Stumble, below, bureau, sign_in};
use serde_json::json;
use yimen_http_tests::{Entity, TestApp};

/// A second superior below a first one.
async fn office(app: &TestApp, district: &Entity) -> Entity {
    let mut office = app.system();
    office.superiors = vec![district.id.clone()];
    app.allow(&office.id, &["--superior"]).await;
    office.publish();
    district.state(&office);
    office
}

#[tokio::test]
async fn a_bureau_reaches_as_far_as_the_operator_says() {
    let app = TestApp::start().await;
    let district = bureau(&app, &["--max-path-length", "0"]).await;
    let (own, office) = (below(&app, &district).await, office(&app, &district).await);
    sign_in(&app.resident("13800000001"), &own.client()).await;
    let system = below(&app, &office).await;
    let stumble = Stumble::of(&app, &system).await;
    assert_eq!(
        (&stumble.0["step"], &stumble.0["claim"]),
        (&json!("path_length"), &json!("constraints"))
    );
    app.department(&["allow", &district.id, "--max-path-length", "1"])
        .await;
    sign_in(&app.resident("13800000002"), &system.client()).await;
}

#[tokio::test]
async fn what_a_bureau_constrains_itself_counts_too() {
    let app = TestApp::start().await;
    let district = bureau(&app, &[]).await;
    let office = office(&app, &district).await;
    let system = below(&app, &office).await;
    for (constraints, step) in [
        (json!({"max_path_length": 0}), "path_length"),
        (
            json!({"naming_constraints": {"permitted": ["hrss.city.example", ".localhost"]}}),
            "naming",
        ),
        (
            json!({"naming_constraints": {"excluded": ["localhost"]}}),
            "naming",
        ),
    ] {
        district.state_with(&office, |claims| claims["constraints"] = constraints);
        Stumble::of(&app, &system)
            .await
            .is(step, &district, "constraints");
    }
    district.state_with(&office, |claims| {
        claims["constraints"] = json!({
            "max_path_length": 1,
            "naming_constraints": {"permitted": ["localhost"], "excluded": [".localhost"]},
            "allowed_entity_types": ["openid_relying_party"],
        });
    });
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn names_that_a_bureau_may_not_vouch_for_are_the_operators_word() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &["--permit", ".hrss.city.example"]).await;
    let system = below(&app, &bureau).await;
    let stumble = Stumble::of(&app, &system).await;
    assert_eq!(
        (&stumble.0["step"], &stumble.0["entity"]),
        (&json!("naming"), &json!(app.url("")))
    );
    app.department(&["allow", &bureau.id, "--permit", "localhost"])
        .await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn who_may_not_be_a_relying_party_is_none() {
    let app = TestApp::start().await;
    let bureau = bureau(&app, &[]).await;
    let system = below(&app, &bureau).await;
    bureau.state_with(&system, |claims| {
        claims["constraints"] = json!({"allowed_entity_types": ["openid_provider"]});
    });
    let stumble = Stumble::of(&app, &system).await;
    stumble.is("our_rules", &system, "metadata");
    stumble.expected("openid_relying_party");
}

#[tokio::test]
async fn a_chain_is_no_longer_than_the_configuration_says() {
    let app = yimen_http_tests::Setup::new()
        .set("federation.max_intermediates", 1)
        .start()
        .await;
    let district = bureau(&app, &[]).await;
    let office = office(&app, &district).await;
    let (near, far) = (below(&app, &district).await, below(&app, &office).await);
    sign_in(&app.resident("13800000001"), &near.client()).await;
    let stumble = Stumble::of(&app, &far).await;
    assert_eq!(
        (&stumble.0["step"], &stumble.0["claim"]),
        (&json!("path_length"), &json!("authority_hints"))
    );
}
