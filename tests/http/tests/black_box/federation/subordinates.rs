use super::{SYSTEM, configuration, member, pension};
use serde_json::json;
use yimen_http_tests::{Key, TestApp, decode, verify};

async fn listed(app: &TestApp, query: &str) -> Vec<String> {
    let answer = app.get(&format!("/federation/list{query}")).await;
    assert!(answer.header("content-type").starts_with("application/json"));
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn of_a_system_that_has_joined_its_keys_and_its_limits_are_stated() {
    let app = TestApp::start().await;
    let key = pension(&app).await;
    let answer = app.get(&format!("/federation/fetch?sub={SYSTEM}")).await;
    assert_eq!(answer.header("content-type"), "application/entity-statement+jwt");
    assert_eq!(decode(&answer.body).0["typ"], "entity-statement+jwt");
    let claims = verify(&answer.body, &configuration(&app).await["jwks"]);
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!(app.url("")), &json!(SYSTEM))
    );
    assert_eq!(claims["source_endpoint"], app.url("/federation/fetch"));
    assert_eq!(claims["jwks"]["keys"][0]["kid"], key.kid);
    assert_eq!(claims["jwks"]["keys"].as_array().unwrap().len(), 1);
    let policy = &claims["metadata_policy"]["openid_relying_party"];
    assert_eq!(policy["scope"]["subset_of"], json!(["openid", "phone"]));
    assert_eq!(
        policy["token_endpoint_auth_method"]["one_of"],
        json!(["private_key_jwt"])
    );
    assert_eq!(claims["constraints"]["max_path_length"], 0);
}

#[tokio::test]
async fn a_suspended_system_is_stated_of_no_more_within_seconds() {
    let app = TestApp::start().await;
    pension(&app).await;
    let fetch = format!("/federation/fetch?sub={SYSTEM}");
    for (suspend, resume) in [
        (
            "UPDATE allowed_department SET status = 'suspended'",
            "UPDATE allowed_department SET status = 'active'",
        ),
        (
            "UPDATE federation_entity SET status = 'suspended'",
            "UPDATE federation_entity SET status = 'joined'",
        ),
    ] {
        assert_eq!(app.get(&fetch).await.status, 200);
        assert_eq!(listed(&app, "").await, [SYSTEM]);
        app.change_records(suspend).await;
        app.advance("4s").await;
        app.get(&fetch).await.assert_error(404, "not_found");
        assert!(listed(&app, "").await.is_empty());
        app.change_records(resume).await;
        app.advance("4s").await;
    }
}

#[tokio::test]
async fn a_system_that_never_joined_or_comes_by_another_alone_is_none_of_ours() {
    let app = TestApp::start().await;
    let key = Key::new();
    let through = json!({"scope": "openid", "through": "https://bureau.city.example"});
    member(
        &app,
        "1",
        "below.city.example",
        "https://below.city.example",
        &key,
        &through,
    )
    .await;
    member(
        &app,
        "2",
        "new.city.example",
        "https://new.city.example",
        &key,
        &json!({"scope": "openid"}),
    )
    .await;
    app.change_records("UPDATE federation_entity SET status = 'refused' WHERE entity_id LIKE '%new%'")
        .await;
    assert!(listed(&app, "").await.is_empty());
    for id in [
        "https://below.city.example",
        "https://new.city.example",
        "https://other.new.city.example",
    ] {
        app.get(&format!("/federation/fetch?sub={id}"))
            .await
            .assert_error(404, "not_found");
    }
}

#[tokio::test]
async fn the_list_is_filtered_as_the_standard_has_it() {
    const BUREAU: &str = "https://bureau.city.example";
    const WILD: &str = "https://a.wild.example";
    let app = TestApp::start().await;
    pension(&app).await;
    let superior = json!({"scope": "openid", "superior": {}});
    member(&app, "2", BUREAU, BUREAU, &Key::new(), &superior).await;
    let marked = json!({"scope": "openid phone", "marks": ["identity-number"]});
    member(&app, "3", "*.wild.example", WILD, &Key::new(), &marked).await;
    assert_eq!(listed(&app, "").await, [WILD, BUREAU, SYSTEM]);
    assert_eq!(listed(&app, "?intermediate=true").await, [BUREAU]);
    assert_eq!(listed(&app, "?intermediate=false").await.len(), 3);
    assert_eq!(
        listed(&app, "?entity_type=openid_relying_party").await,
        [WILD, SYSTEM]
    );
    assert_eq!(
        listed(
            &app,
            "?entity_type=openid_relying_party&entity_type=federation_entity"
        )
        .await
        .len(),
        3
    );
    assert!(listed(&app, "?entity_type=openid_provider").await.is_empty());
    // Nobody has looked at what came by the wildcard yet.
    assert_eq!(listed(&app, "?trust_marked=true").await, [SYSTEM]);
    let mark = |name: &str| format!("?trust_mark_type={}", app.url(&format!("/trust-marks/{name}")));
    assert_eq!(listed(&app, &mark("identity-number")).await, [SYSTEM]);
    assert!(listed(&app, &mark("acts-for-enterprises")).await.is_empty());
    let wild = app.get(&format!("/federation/fetch?sub={WILD}")).await.body;
    let policy = &decode(&wild).1["metadata_policy"]["openid_relying_party"];
    assert_eq!(policy["scope"]["subset_of"], json!(["openid"]));
}
