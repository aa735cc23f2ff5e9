use super::{allowed, sign_in};
use serde_json::json;
use yimen_http_tests::{Host, TestApp, wait_for};

#[tokio::test]
async fn a_resident_who_signs_out_is_signed_out_there_and_brought_back() {
    let app = TestApp::start().await;
    let system = allowed(&app).await;
    let (goodbye, logout) = (format!("{}/goodbye", system.id), format!("{}/logout", system.id));
    system.publish_as(&[
        ("post_logout_redirect_uris", json!([goodbye])),
        ("backchannel_logout_uri", json!(logout)),
    ]);
    system.host.serve("/logout", "text/plain", "");
    let (client, resident) = (system.client(), app.resident("13800000001"));
    let tokens = sign_in(&resident, &client).await;
    let end = format!(
        "/oauth2/logout?id_token_hint={}&post_logout_redirect_uri={goodbye}&state=x",
        tokens.id
    );
    let page = resident.browser.follow_from(&system.id, &end).await;
    let back = page.left_for().expect("the way back");
    assert_eq!(back.as_str(), format!("{goodbye}?state=x"));
    let told = async || {
        let asked = system.host.asked();
        let is_told = asked.iter().any(|place| place == "/logout");
        is_told.then_some(()).ok_or_else(|| format!("{asked:?}"))
    };
    wait_for("the logout token", told).await;
}

#[tokio::test]
async fn a_kiosk_of_a_system_that_joined_asks_by_its_key() {
    let app = TestApp::start().await;
    let system = app.system();
    app.allow(&system.id, &[]).await;
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    system.publish_as(&[("grant_types", json!(["authorization_code", grant]))]);
    let client = system.client();
    let begun = client
        .call("/oauth2/device_authorization", &[("scope", "openid phone")])
        .await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let form = [
        ("grant_type", grant),
        ("device_code", &begun.field("device_code")),
    ];
    let pending = client.call("/oauth2/token", &form).await;
    pending.assert_error(400, "authorization_pending");
    app.department(&["suspend", &system.id]).await;
    let stopped = client.call("/oauth2/token", &form).await;
    stopped.assert_error(401, "invalid_client");
}

/// Whoever has taken over one host of a domain must not send its letters to residents: nobody has looked at it.
#[tokio::test]
async fn a_system_that_nobody_has_named_gets_no_letters_for_a_device() {
    let app = TestApp::start().await;
    let host = Host::start();
    app.allow(host.pattern(), &[]).await;
    let system = app.entity(&host, "/kiosk");
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    system.publish_as(&[("grant_types", json!(["authorization_code", grant]))]);
    let begin = async || {
        let client = system.client();
        client
            .call("/oauth2/device_authorization", &[("scope", "openid")])
            .await
    };
    begin().await.assert_error(400, "unauthorized_client");
    app.allow(&system.id, &[]).await;
    assert_eq!(begin().await.status, 200);
}

/// A client that the operator has written down stays what it is, whatever stands at its address.
#[tokio::test]
async fn a_client_that_is_written_down_is_not_overwritten() {
    let app = TestApp::start().await;
    let system = app.system();
    let redirect = format!("{}/callback", system.id);
    let said = app.command_json(&[
        "client",
        "add",
        "--id",
        &system.id,
        "--name",
        "旧系统",
        "--department",
        "某局",
        "--redirect-uri",
        &redirect,
        "--scope",
        "openid",
        "--auth-method",
        "client_secret_post",
    ]);
    let mut written = system.client();
    let secret = said["client_secret"].as_str().expect("a secret").to_owned();
    app.keep_secret(&secret);
    written.auth = yimen_http_tests::Auth::Post(secret);
    "openid".clone_into(&mut written.scope);
    app.allow(&system.id, &[]).await;
    system.publish();
    let client = system.client();
    client
        .push(&client.sign_in())
        .await
        .assert_error(401, "invalid_client");
    app.resident("13800000001").sign_in_to(&written).await;
    assert!(system.host.asked().is_empty());
}
