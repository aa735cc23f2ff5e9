use super::configuration;
use serde_json::{Value, json};
use std::sync::Arc;
use yimen_http_tests::{Answer, Entity, Key, TestApp, decode, verify};

async fn resolve(app: &TestApp, sub: &str, more: &str) -> Answer {
    app.get(&format!(
        "/federation/resolve?sub={sub}&trust_anchor={}{more}",
        app.url("")
    ))
    .await
}

/// A system that has joined, and has the mark that the operator gives it.
async fn joined(app: &TestApp) -> Entity {
    let system = app.system();
    let purpose = ["--purpose", "phone=通知您办理结果", "--marks", "identity-number"];
    app.allow(&system.id, &purpose).await;
    publish(&system, &json!([]));
    let client = system.client();
    client.pushed(client.sign_in()).await;
    system
}

/// For an hour, and so not as long as what the city says.
fn publish(system: &Entity, marks: &Value) {
    system.publish_with(|claims| {
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 3600);
        claims["trust_marks"] = marks.clone();
    });
}

#[tokio::test]
async fn what_a_system_is_by_its_chain_is_told_to_whoever_asks() {
    let app = TestApp::start().await;
    let system = joined(&app).await;
    let mark_type = app.url("/trust-marks/identity-number");
    let mark = app
        .get(&format!(
            "/federation/trust-mark?trust_mark_type={mark_type}&sub={}",
            system.id
        ))
        .await
        .body;
    // One of ours, and one that anybody might have made.
    let made_up = Key::new().sign_with(&decode(&mark).0, &decode(&mark).1);
    let shown = |jwt: &str| json!({"trust_mark_type": mark_type, "trust_mark": jwt});
    publish(&system, &json!([shown(&made_up), shown(&mark)]));

    let answer = resolve(&app, &system.id, "").await;
    assert_eq!(
        answer.header("content-type"),
        "application/resolve-response+jwt",
        "{}",
        answer.body
    );
    assert_eq!(decode(&answer.body).0["typ"], "resolve-response+jwt");
    let claims = verify(&answer.body, &configuration(&app).await["jwks"]);
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&json!(app.url("")), &json!(system.id))
    );
    let party = &claims["metadata"]["openid_relying_party"];
    assert_eq!(party["scope"], "openid phone offline_access");
    assert_eq!(party["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(claims["trust_chain"].as_array().unwrap().len(), 3);
    assert_eq!(claims["trust_marks"], json!([shown(&mark)]));
    let own = decode(claims["trust_chain"][0].as_str().unwrap()).1;
    assert_eq!(claims["exp"], own["exp"], "the first that expires");

    let other = resolve(&app, &system.id, "&entity_type=openid_provider").await;
    assert_eq!(decode(&other.body).1["metadata"], json!({}));
    let asked = system.host.asked().len();
    assert_eq!(asked, 2, "whoever asks often does not make us ask often");
}

#[tokio::test]
async fn a_stranger_cannot_make_us_ask_anyone() {
    let app = TestApp::start().await;
    let system = app.system();
    system.publish();
    resolve(&app, &system.id, "").await.assert_error(404, "not_found");
    app.allow(&system.id, &[]).await;
    resolve(&app, &system.id, "").await.assert_error(404, "not_found");
    assert!(
        system.host.asked().is_empty(),
        "it is allowed, and has not joined"
    );
}

#[tokio::test]
async fn what_is_no_chain_to_the_anchor_is_an_error_of_the_standard() {
    let app = TestApp::start().await;
    let system = joined(&app).await;
    let path = format!("/federation/resolve?sub={}", system.id);
    app.get(&path).await.assert_error(400, "invalid_request");
    let foreign = app
        .get(&format!("{path}&trust_anchor=https://other.example"))
        .await;
    foreign.assert_error(404, "invalid_trust_anchor");
    assert_eq!(system.host.asked().len(), 1);
    // Other keys than those that are pinned, which nobody vouches for.
    let mut other = system.clone();
    other.federation = vec![Arc::default()];
    other.publish();
    resolve(&app, &system.id, "")
        .await
        .assert_error(400, "invalid_trust_chain");
    system.publish();
    resolve(&app, &system.id, "")
        .await
        .assert_error(400, "invalid_trust_chain");
    app.advance("61s").await;
    assert_eq!(resolve(&app, &system.id, "").await.status, 200);
}

#[tokio::test]
async fn the_city_resolves_itself() {
    let app = TestApp::start().await;
    let claims = decode(
        &resolve(&app, &app.url(""), "&entity_type=openid_provider")
            .await
            .body,
    )
    .1;
    let provider = &claims["metadata"]["openid_provider"];
    assert_eq!(provider["issuer"], app.url(""));
    assert!(claims["metadata"]["federation_entity"].is_null());
    assert_eq!(claims["trust_chain"].as_array().unwrap().len(), 1);
}
