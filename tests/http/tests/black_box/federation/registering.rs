//! Explicit registration (§12.2): a system asks to be registered, and is told as what.

use super::configuration;
use serde_json::{Value, json};
use yimen_http_tests::{Answer, Entity, Key, TestApp, decode, sign, verify};

pub(super) const REQUEST: &str = "application/entity-statement+jwt";

/// What a system says of itself to the city alone.
fn asking(app: &TestApp, system: &Entity) -> Value {
    let mut claims = system.claims();
    claims["aud"] = json!(app.url(""));
    claims["metadata"]["openid_relying_party"]["client_registration_types"] = json!(["explicit"]);
    claims
}

pub(super) async fn register(app: &TestApp, kind: &str, body: String) -> Answer {
    let request = app.request("POST", "/federation/register");
    Answer::of(request.header("content-type", kind).body(body)).await
}

async fn asked(app: &TestApp) -> Entity {
    let system = app.system();
    app.allow(&system.id, &[]).await;
    system.publish_as(&[("client_registration_types", json!(["explicit"]))]);
    system
}

#[tokio::test]
async fn a_system_registers_itself_and_signs_residents_in_by_plain_requests() {
    let app = TestApp::start().await;
    let system = asked(&app).await;
    let claims = asking(&app, &system);
    let answer = register(&app, REQUEST, system.sign(&claims)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let kind = "explicit-registration-response+jwt";
    assert_eq!(answer.header("content-type"), format!("application/{kind}"));
    assert_eq!(decode(&answer.body).0["typ"], kind);
    let own = configuration(&app).await;
    let said = verify(&answer.body, &own["jwks"]);
    for (name, value) in [
        ("iss", json!(app.url(""))),
        ("sub", json!(system.id)),
        ("aud", json!(system.id)),
        ("trust_anchor", json!(app.url(""))),
        ("authority_hints", json!([app.url("")])),
        ("jwks", claims["jwks"].clone()),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    assert!(said["exp"].as_u64().unwrap() <= claims["exp"].as_u64().unwrap());
    let registered = &said["metadata"]["openid_relying_party"];
    assert_eq!(registered["client_id"], system.id);
    assert_eq!(
        registered["client_name"], "养老金查询",
        "the operator's name for it"
    );
    assert_eq!(registered["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(registered["client_registration_types"], json!(["explicit"]));
    assert!(registered["client_secret"].is_null());

    let client = system.client();
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    client.tokens(&request, &response).await;

    // When it is over, it is renewed by another request, and by nothing else.
    app.advance("25h").await;
    let page = app.browser().get(&client.sign_in().url()).await;
    page.assert_error(400, "not_connected");
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    system.publish_as(&[("client_registration_types", json!(["explicit"]))]);
    let body = json!([system.sign(&asking(&app, &system))]).to_string();
    let again = register(&app, "application/trust-chain+json", body).await;
    assert_eq!(again.status, 200, "{}", again.body);
    client.pushed(client.sign_in()).await;
}

#[tokio::test]
async fn what_is_no_request_of_its_own_is_refused_by_name() {
    let app = TestApp::start().await;
    let system = asked(&app).await;
    let good = asking(&app, &system);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        system.sign(&claims)
    };
    let thief = Key::new();
    let mut stolen = good.clone();
    stolen["jwks"] = thief.jwks();
    let mut elsewhere = good.clone();
    elsewhere["metadata"]["openid_relying_party"]["redirect_uris"] = json!(["https://evil.example/cb"]);
    let mut automatic = good.clone();
    automatic["metadata"]["openid_relying_party"]["client_registration_types"] = json!(["automatic"]);
    let stranger = app.system();
    for (what, status, error, jwt) in [
        (
            "published",
            400,
            "invalid_trust_chain",
            system.sign(&system.claims()),
        ),
        (
            "for two",
            400,
            "invalid_trust_chain",
            with("aud", json!([app.url(""), "https://b.example"])),
        ),
        (
            "old",
            400,
            "invalid_trust_chain",
            with("iat", json!(good["iat"].as_u64().unwrap() - 700)),
        ),
        ("forged", 400, "invalid_trust_chain", sign(&thief, &good)),
        ("by other keys", 400, "invalid_trust_chain", sign(&thief, &stolen)),
        (
            "by its protocol key",
            400,
            "invalid_trust_chain",
            sign(&system.protocol, &good),
        ),
        (
            "of another host",
            400,
            "invalid_metadata",
            system.sign(&elsewhere),
        ),
        ("not explicit", 400, "invalid_metadata", system.sign(&automatic)),
        (
            "of a stranger",
            401,
            "invalid_client",
            stranger.sign(&asking(&app, &stranger)),
        ),
        ("nothing", 400, "invalid_trust_chain", String::new()),
    ] {
        let answer = register(&app, REQUEST, jwt).await;
        assert_eq!(
            (answer.status, answer.field("error").as_str()),
            (status, error),
            "{what}: {}",
            answer.body
        );
    }
    for (kind, body) in [
        ("application/json", "{}".to_owned()),
        ("application/trust-chain+json", "[]".to_owned()),
        (REQUEST, "x".repeat(2_000_000)),
    ] {
        register(&app, kind, body)
            .await
            .assert_error(400, "invalid_request");
    }
    assert_eq!((app.count("client").await, stranger.host.asked().len()), (0, 0));
}

#[tokio::test]
async fn a_suspended_department_registers_nothing() {
    let app = TestApp::start().await;
    let system = asked(&app).await;
    app.department(&["suspend", &system.id]).await;
    let answer = register(&app, REQUEST, system.sign(&asking(&app, &system))).await;
    answer.assert_error(401, "invalid_client");
    assert_eq!(app.count("client").await, 0);
}
