use super::{Stumble, allowed, sign_in};
use serde_json::{Value, json};
use std::sync::Arc;
use yimen_http_tests::{Answer, Entity, TestApp, assertion_claims};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn push(app: &TestApp, system: &Entity, assertion: &str) -> Answer {
    let request = system.client().sign_in();
    let mut form = request.form();
    form.extend([("client_assertion_type", KIND), ("client_assertion", assertion)]);
    app.post("/oauth2/par", &form).await
}

#[tokio::test]
async fn a_federation_key_proves_no_client() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let mut confused = system.clone();
    confused.protocol = Arc::clone(&system.federation[0]);
    let client = confused.client();
    for _ in 0..2 {
        client
            .push(&client.sign_in())
            .await
            .assert_error(401, "invalid_client");
    }
    let request = client.sign_in();
    let object = client.object(&request);
    let page = app.browser().get(&client.signed(request, &object).url()).await;
    page.assert_error(400, "faulty_request");
    // Its statement is no assertion, and no request.
    let statement = system.sign(&system.claims());
    push(&app, &system, &statement)
        .await
        .assert_error(401, "invalid_client");
    let request = system.client().sign_in().with("request", &statement);
    let page = app.browser().get(&request.url()).await;
    page.assert_error(400, "faulty_request");
    sign_in(&app.resident("13800000001"), &system.client()).await;
}

#[tokio::test]
async fn a_protocol_key_proves_no_statement() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    sign_in(&app.resident("13800000001"), &system.client()).await;
    app.advance("25h").await;
    // Neither as it stands in the metadata, nor named among the federation keys.
    let mut confused = system.clone();
    confused.federation = vec![Arc::clone(&system.protocol)];
    confused.protocol = Arc::default();
    confused.publish();
    Stumble::of(&app, &system).await.is("keys", &system, "jwks");
    let assertion = system.protocol.sign(&assertion_claims(&system.id, &app.url("")));
    system.publish_jwt(&assertion);
    assert_eq!(Stumble::of(&app, &system).await.0["step"], "type");
}

#[tokio::test]
async fn an_assertion_is_for_the_city_alone() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let (client, issuer) = (system.client(), app.url(""));
    let with = |name: &str, value: Value| {
        let mut claims = client.assertion_claims();
        claims[name] = value;
        system.protocol.sign(&claims)
    };
    for refused in [
        with("aud", json!([issuer])),
        with("aud", json!([issuer, "https://other.example"])),
        with("aud", json!("https://other.example")),
        with("aud", json!(app.url("/oauth2/token"))),
        with("aud", json!(app.url("/oauth2/par"))),
        with("aud", json!(format!("{issuer}/"))),
        with("iss", json!("http://localhost:1")),
        with("sub", json!("http://localhost:1")),
        with("jti", Value::Null),
    ] {
        push(&app, &system, &refused)
            .await
            .assert_error(401, "invalid_client");
    }
    let good = system.protocol.sign(&client.assertion_claims());
    assert_eq!(push(&app, &system, &good).await.status, 201);
    push(&app, &system, &good)
        .await
        .assert_error(401, "invalid_client");
}

/// RFC 8725 §3.11: what it signs to another end authenticates nobody.
#[tokio::test]
async fn an_assertion_is_typed_as_one_or_not_at_all() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let client = system.client();
    let typed = |typ: Value| {
        let mut header = json!({"alg": "ES256", "kid": system.protocol.kid});
        if !typ.is_null() {
            header["typ"] = typ;
        }
        system.protocol.sign_with(&header, &client.assertion_claims())
    };
    for good in [Value::Null, json!("JWT"), json!("client-authentication+jwt")] {
        assert_eq!(push(&app, &system, &typed(good)).await.status, 201);
    }
    for other in ["oauth-authz-req+jwt", "jwk-set+jwt", "dpop+jwt", "at+jwt"] {
        push(&app, &system, &typed(json!(other)))
            .await
            .assert_error(401, "invalid_client");
    }
}

#[tokio::test]
async fn a_request_object_is_for_the_city_alone_and_good_once() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let (client, issuer) = (system.client(), app.url(""));
    for (name, value) in [
        ("aud", json!([issuer])),
        ("aud", json!([issuer, "https://other.example"])),
        ("aud", json!("https://other.example")),
        ("aud", Value::Null),
        ("sub", json!(system.id)),
        ("iss", json!("http://localhost:1")),
        ("client_id", json!("http://localhost:1")),
        ("exp", Value::Null),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
    ] {
        let request = client.sign_in();
        let mut claims = client.object(&request);
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
        let page = app.browser().get(&client.signed(request, &claims).url()).await;
        page.assert_error(400, "faulty_request");
        assert!(
            page.text("#dev").contains("invalid_request_object"),
            "{name} {value}"
        );
    }
    let request = client.sign_in();
    let object = client.object(&request);
    let request = client.signed(request, &object);
    assert!(app.browser().get(&request.url()).await.has("#phone"));
    app.browser()
        .get(&request.url())
        .await
        .assert_error(400, "faulty_request");
    // Another with the same jti is the same.
    let mut again = client.object(&client.sign_in());
    again["jti"] = object["jti"].clone();
    let page = app
        .browser()
        .get(&client.signed(client.sign_in(), &again).url())
        .await;
    page.assert_error(400, "faulty_request");
}

#[tokio::test]
async fn what_one_system_signs_serves_no_other() {
    let app = TestApp::start().await;
    let [pension, housing] = [allowed(&app).await, allowed(&app).await];
    let (client, thief) = (pension.client(), housing.client());
    let resident = app.resident("13800000001");
    sign_in(&resident, &client).await;
    sign_in(&resident, &thief).await;
    let request = client.sign_in();
    let object = pension.protocol.sign_with(
        &json!({"alg": "ES256", "kid": pension.protocol.kid, "typ": "oauth-authz-req+jwt"}),
        &client.object(&request),
    );
    // Handed on under the other's name.
    let brought = request
        .clone()
        .bringing(&[("client_id", &housing.id), ("request", &object)]);
    let page = app.browser().get(&brought.url()).await;
    page.assert_error(400, "faulty_request");
    let pushed = thief.push(&thief.sign_in().with("request", &object)).await;
    pushed.assert_error(400, "invalid_request_object");
    let assertion = pension.protocol.sign(&client.assertion_claims());
    push(&app, &housing, &assertion)
        .await
        .assert_error(401, "invalid_client");
    // A request that the one has pushed is not the other's to use.
    let pushed = client.pushed(client.sign_in()).await;
    let uri = pushed.form()[1].1.to_owned();
    let stolen = thief
        .sign_in()
        .bringing(&[("client_id", &housing.id), ("request_uri", &uri)]);
    let page = app.browser().get(&stolen.url()).await;
    page.assert_error(410, "interaction_expired");
}
