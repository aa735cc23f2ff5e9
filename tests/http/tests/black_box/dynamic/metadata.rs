//! What a system may be registered with.

use super::{asking, with};
use serde_json::{Value, json};
use yimen_http_tests::{Answer, Host, Key, TestApp};

#[tokio::test]
async fn what_a_system_may_not_be_registered_with_is_refused() {
    let app = TestApp::start().await;
    let token = app.invite(&[]);
    let redirects = |uris: &[&str]| with("redirect_uris", json!(uris));
    for asked in [
        redirects(&["https://evil.example/cb"]),
        redirects(&["https://hrss.city.example/cb", "https://evil.example/cb"]),
        redirects(&["https://hrss.city.example.evil.example/cb"]),
        redirects(&["https://hrss.city.example@evil.example/cb"]),
        redirects(&["https://hrss.city.example:8443/cb"]),
        redirects(&["http://hrss.city.example/cb"]),
        redirects(&["https://hrss.city.example/cb#x"]),
        redirects(&["https://*.hrss.city.example/cb"]),
        redirects(&["https:/hrss.city.example/cb"]),
        redirects(&["javascript:alert(1)"]),
        redirects(&[]),
        with("redirect_uris", json!(null)),
    ] {
        let answer = app.ask_to_register(Some(&token), &asked).await;
        answer.assert_error(400, "invalid_redirect_uri");
    }
    for (name, value) in [
        ("redirect_uris", json!("https://hrss.city.example/cb")),
        ("redirect_uris", json!([1])),
        ("subject_type", json!("public")),
        ("response_types", json!(["code id_token"])),
        ("grant_types", json!(["implicit"])),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        ("token_endpoint_auth_method", json!("none")),
        ("token_endpoint_auth_method", json!(1)),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("token_endpoint_auth_signing_alg", json!("none")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
        ("userinfo_signed_response_alg", json!("ES256")),
        ("request_object_signing_alg", json!("none")),
        ("request_object_signing_alg", json!("ES256")),
        ("dpop_bound_access_tokens", json!(true)),
        ("application_type", json!("native")),
        ("jwks", json!({"keys": []})),
        ("jwks", json!("none")),
        ("jwks_uri", json!("https://evil.example/jwks")),
        ("backchannel_logout_uri", json!("https://evil.example/logout")),
        ("post_logout_redirect_uris", json!(["https://evil.example/bye"])),
        ("policy_uri", json!("javascript:alert(1)")),
        ("sector_identifier_uri", json!("https://evil.example/sector")),
        ("scope", json!("profile")),
        ("scope", json!(["openid"])),
        ("default_max_age", json!(-1)),
        ("registration_access_token", json!("mine")),
        ("client_id_issued_at", json!(0)),
    ] {
        let answer = app
            .ask_to_register(Some(&token), &with(name, value.clone()))
            .await;
        assert_eq!(
            (answer.status, answer.field("error").as_str()),
            (400, "invalid_client_metadata"),
            "{name} {value}: {}",
            answer.body
        );
    }
    assert_eq!(app.count("client").await, 0);
    assert_eq!(app.rows("SELECT used FROM initial_access_token").await, 0);
}

#[tokio::test]
async fn names_logos_and_ids_are_not_the_systems_to_choose() {
    let app = TestApp::start().await;
    let token = app.invite(&["--name-en", "Pensions", "--scope", "openid"]);
    let mut asked = asking();
    for (name, value) in [
        ("client_id", json!("https://bank.example")),
        ("client_secret", json!("mine")),
        ("client_name", json!("云川市公安局")),
        ("client_name#en", json!("Police")),
        ("client_name#zh-CN", json!("公安")),
        ("logo_uri", json!("https://evil.example/police.png")),
        ("organisation", json!("公安局")),
        ("purposes", json!({"phone": {"zh": "x", "en": "x"}})),
        ("origin", json!("static")),
        ("sector", json!("bank.example")),
        ("scope", json!("openid phone profile offline_access")),
        ("records", json!({"x": {"zh": "x", "en": "x"}})),
        ("contacts", json!(["a@evil.example"])),
        ("unheard_of", json!({"a": [1, 2, {"b": null}]})),
    ] {
        asked[name] = value;
    }
    let answer = app.ask_to_register(Some(&token), &asked).await;
    let said = answer.json();
    let client = app.registered(&answer);
    assert_ne!(client.id, "https://bank.example");
    assert_ne!(answer.field("client_secret"), "mine");
    assert_eq!(said["client_name"], "养老金查询");
    assert_eq!(said["client_name#en"], "Pensions");
    assert_eq!(said["scope"], "openid");
    for left_out in [
        "logo_uri",
        "contacts",
        "unheard_of",
        "organisation",
        "client_name#zh-CN",
    ] {
        assert!(said.get(left_out).is_none(), "{left_out}");
    }
    let shown = app.command_json(&["client", "show", &client.id]);
    assert_eq!(shown["organisation"], "人社局");
    assert_eq!(shown["sector"], "hrss.city.example");
    assert_eq!(shown["purposes"], json!({}));
}

#[tokio::test]
async fn a_system_that_signs_registers_its_keys() {
    let app = TestApp::start().await;
    let token = app.invite(&[]);
    let key = Key::new();
    let mut asked = with("token_endpoint_auth_method", json!("private_key_jwt"));
    asked["jwks"] = key.jwks();
    asked["require_signed_request_object"] = json!(true);
    asked["require_pushed_authorization_requests"] = json!(true);
    asked["default_max_age"] = json!(900);
    asked["software_id"] = json!("pension");
    asked["software_version"] = json!("2.1");
    let answer = app.ask_to_register(Some(&token), &asked).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    for (name, value) in asked.as_object().unwrap() {
        if name != "client_name" {
            assert_eq!(answer.json()[name], *value, "{name}");
        }
    }
    assert!(answer.json().get("client_secret").is_none());
    let mut client = app.registered(&answer);
    client.auth = yimen_http_tests::Auth::Assertion(std::sync::Arc::new(key));
    let request = client.sign_in();
    let signed = client.signed(request.clone(), &client.object(&request));
    assert_eq!(client.push(&signed).await.status, 201);
}

#[tokio::test]
async fn several_hosts_are_one_sector_where_its_document_names_each() {
    let app = TestApp::start().await;
    let (here, there, foreign) = (Host::start(), Host::start(), Host::start());
    let token = app.invite(&[
        "--redirect-host",
        here.pattern(),
        "--redirect-host",
        there.pattern(),
        "--redirect-host",
        "hrss.city.example",
        "--uses",
        "3",
    ]);
    let uris = [format!("{}/cb", here.url), format!("{}/cb", there.url)];
    let mut asked = with("redirect_uris", json!(uris));
    let plain = app.ask_to_register(Some(&token), &asked).await;
    // Two ports of one machine: one host, and yet no sector that could be told by it.
    assert_eq!(plain.status, 201, "{}", plain.body);
    asked["redirect_uris"] = json!([uris[0], "https://hrss.city.example/cb"]);
    let plain = app.ask_to_register(Some(&token), &asked).await;
    plain.assert_error(400, "invalid_client_metadata");
    assert!(plain.body.contains("sector_identifier_uri"), "{}", plain.body);

    asked["redirect_uris"] = json!(uris);
    let sector = format!("{}/sector.json", here.url);
    asked["sector_identifier_uri"] = json!(sector);
    let ask = async |document: Option<Value>| -> Answer {
        if let Some(document) = document {
            here.serve("/sector.json", "application/json", &document.to_string());
        }
        // What could not be had is remembered for a few seconds.
        app.advance("30s").await;
        app.ask_to_register(Some(&token), &asked).await
    };
    for document in [
        None,
        Some(json!({"redirect_uris": uris})),
        Some(json!([uris[0]])),
        Some(json!([uris[0], format!("{}/", uris[1])])),
        Some(json!([uris[0], 1])),
    ] {
        ask(document).await.assert_error(400, "invalid_client_metadata");
    }
    let answer = ask(Some(json!([uris[1], "https://other.example/cb", uris[0]]))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["sector_identifier_uri"], sector);
    let shown = app.command_json(&["client", "show", &answer.field("client_id")]);
    assert_eq!(shown["sector"], here.pattern());

    // Not by a document that somebody else serves.
    let mut elsewhere = asked.clone();
    elsewhere["sector_identifier_uri"] = json!(format!("{}/sector.json", foreign.url));
    let answer = app.ask_to_register(Some(&token), &elsewhere).await;
    answer.assert_error(400, "invalid_client_metadata");
    assert!(
        foreign.asked().is_empty(),
        "nobody is asked whom the operator has not named"
    );
}
