//! The authorization code at the token endpoint (RFC 6749 §4.1.3, RFC 7636, OpenID Connect Core 1.0 §3.1.3).

use yimen_http_tests::{Registration, TestApp, decode};

#[tokio::test]
async fn a_code_gives_an_id_token_an_access_token_and_a_refresh_token() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let json = tokens.answer.json();
    assert_eq!(tokens.answer.header("pragma"), "no-cache");
    assert_eq!(json["expires_in"], 300);
    assert_eq!(json["scope"], "openid profile phone offline_access");
    assert!(!tokens.refresh.is_empty());
    let (header, claims) = decode(&tokens.access);
    assert_eq!(header["typ"], "at+jwt", "RFC 9068");
    assert_eq!(claims["client_id"], "hrss");
    assert_eq!(
        decode(&tokens.id).0["alg"],
        "RS256",
        "what a client that registers nothing gets"
    );
}

#[tokio::test]
async fn a_redirect_uri_may_be_written_in_any_of_its_forms() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    for (id, uri) in [
        ("bare", "https://department.example"),
        ("capital", "https://Department.example/callback"),
        ("port", "https://department.example:443/callback"),
    ] {
        let client = app.register(Registration::new(id).redirect_uri(uri)).await;
        let tokens = resident.sign_in_to(&client).await;
        assert_eq!(tokens.answer.status, 200, "{uri}: {}", tokens.answer.body);
    }
}

#[tokio::test]
async fn a_client_chooses_the_algorithm() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").option("--id-token-alg", "ES256"))
        .await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    assert_eq!(decode(&tokens.id).0["alg"], "ES256");
}

/// The form with one field changed, or left out when `value` is empty.
fn changed<'a>(form: &[(&'a str, &'a str)], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut form = form.to_vec();
    form.retain(|(other, _)| *other != name);
    form.extend((!value.is_empty()).then_some((name, value)));
    form
}

#[tokio::test]
async fn a_code_must_fit_its_request() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let request = client.sign_in();
    let code = request.read(&resident.follow(&request).await).code().to_owned();
    let good = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", request.parameter("redirect_uri")),
        ("code_verifier", request.verifier.as_str()),
    ];
    let with = |name, value| changed(&good, name, value);
    let wrong = "wrongwrongwrongwrongwrongwrongwrongwrongwrong";
    for (form, error) in [
        (with("code_verifier", wrong), "invalid_grant"),
        (with("code_verifier", "short"), "invalid_grant"),
        (with("code_verifier", ""), "invalid_grant"),
        (
            with("redirect_uri", "https://hrss.yunchuan.example/other"),
            "invalid_grant",
        ),
        (with("redirect_uri", ""), "invalid_request"),
        (with("code", wrong), "invalid_grant"),
        (with("code", ""), "invalid_request"),
        (with("grant_type", "password"), "unsupported_grant_type"),
        (
            with("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"),
            "unsupported_grant_type",
        ),
        (with("grant_type", "client_credentials"), "unauthorized_client"),
        (with("grant_type", ""), "invalid_request"),
    ] {
        let answer = client.call("/oauth2/token", &form).await;
        answer.assert_error(400, error);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    // None of that has spent it.
    assert_eq!(client.call("/oauth2/token", &good).await.status, 200);
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    app.advance("61s").await;
    client
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_of_someone_who_has_signed_out_is_void() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let response = resident.go_through(&request).await;
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    client
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_of_someone_who_has_taken_their_permission_back_is_void() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let response = resident.go_through(&request).await;
    let account = resident.browser.get("/account").await;
    let asked = account.press("#services button[value=all]", &[]).await;
    asked.press("#confirm", &[]).await;
    client
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(app.count("oauth_grant").await, 0);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client
        .sign_in()
        .without("code_challenge")
        .without("code_challenge_method");
    let response = app.resident("13800000001").go_through(&request).await;
    client
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn client_credentials_speak_for_the_client_alone() {
    let app = TestApp::start().await;
    let registration = Registration::new("batch").option("--grant-type", "client_credentials");
    let client = app.register(registration).await;
    let grant = [("grant_type", "client_credentials")];
    let answer = client.call("/oauth2/token", &grant).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.json()["id_token"].is_null() && answer.json()["refresh_token"].is_null());
    let token = answer.field("access_token");
    assert_eq!(client.introspect(&token).await.json()["active"], true);
    assert_eq!(
        client.userinfo(&token).await.status,
        401,
        "there is no resident behind it"
    );
    let form = [grant[0], ("scope", "openid phone")];
    client
        .call("/oauth2/token", &form)
        .await
        .assert_error(400, "invalid_scope");
}
