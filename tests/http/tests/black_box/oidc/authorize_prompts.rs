//! How a request says what it wants of the sign-in (OpenID Connect Core 1.0 §3.1.2.1, §5.5).

use serde_json::json;
use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn prompt_none_shows_nothing() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let silently = async || {
        let request = client.sign_in().with("prompt", "none");
        request.read(&resident.follow(&request).await)
    };
    assert_eq!(silently().await.error(), "login_required");
    resident.sign_in().await;
    assert_eq!(silently().await.error(), "consent_required");
    app.advance("1s").await;
    resident.go_through(&client.sign_in()).await;
    assert!(!silently().await.code().is_empty());
    app.advance("31m").await;
    assert_eq!(silently().await.error(), "login_required");
}

#[tokio::test]
async fn prompt_login_asks_again_for_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    for prompt in ["login", "select_account"] {
        let first = resident.sign_in_to(&client).await;
        app.advance("61s").await;
        let request = client.sign_in().with("prompt", prompt);
        let page = resident.follow(&request).await;
        assert!(page.has("#phone"), "{prompt}");
        let response = request.read(&resident.go_on(page).await);
        let again = client.tokens(&request, &response).await;
        assert!(again.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
        app.advance("61s").await;
    }
}

#[tokio::test]
async fn max_age_asks_again_when_the_sign_in_is_older() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    app.advance("10m").await;
    let young = client.sign_in().with("max_age", "3600");
    let tokens = client
        .tokens(&young, &young.read(&resident.follow(&young).await))
        .await;
    assert!(
        tokens.claims["auth_time"].is_i64(),
        "auth_time is told to those who set max_age"
    );
    let old = client.sign_in().with("max_age", "300");
    let page = resident.follow(&old).await;
    assert!(page.has("#phone"));
    let tokens = client.tokens(&old, &old.read(&resident.go_on(page).await)).await;
    let (now, at) = (tokens.claims["iat"].as_i64(), tokens.claims["auth_time"].as_i64());
    assert!(now.unwrap() - at.unwrap() < 300);
    let zero = client.sign_in().with("max_age", "0").with("prompt", "none");
    app.advance("1s").await;
    assert_eq!(zero.read(&resident.follow(&zero).await).error(), "login_required");
}

#[tokio::test]
async fn a_hint_for_another_person_is_not_answered_with_this_one() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (first, second) = (app.resident("13800000001"), app.resident("13800000002"));
    let of_first = first.sign_in_to(&client).await;
    let of_second = second.sign_in_to(&client).await;

    let silent = client
        .sign_in()
        .with("prompt", "none")
        .with("id_token_hint", &of_first.id);
    assert!(!silent.read(&first.follow(&silent).await).code().is_empty());
    let mismatch = client
        .sign_in()
        .with("prompt", "none")
        .with("id_token_hint", &of_second.id);
    assert_eq!(
        mismatch.read(&first.follow(&mismatch).await).error(),
        "login_required"
    );

    // With pages allowed the right person may sign in; when another does, the department learns so.
    let shown = client.sign_in().with("id_token_hint", &of_second.id);
    let page = first.follow(&shown).await;
    assert!(page.has("#phone"));
    app.advance("61s").await;
    let response = shown.read(&first.go_on(page).await);
    assert_eq!(response.error(), "login_required");

    // A hint that has expired is still a hint.
    app.advance("10m").await;
    let old = client
        .sign_in()
        .with("prompt", "none")
        .with("id_token_hint", &of_first.id);
    assert!(!old.read(&first.follow(&old).await).code().is_empty());
}

#[tokio::test]
async fn a_sub_asked_for_by_value_is_answered_with_that_person_alone() {
    let app = TestApp::start().await;
    let (hrss, tax) = (app.client("hrss").await, app.client("tax").await);
    let (first, second) = (app.resident("13800000001"), app.resident("13800000002"));
    let of_first = first.sign_in_to(&hrss).await;
    let of_second = second.sign_in_to(&hrss).await;
    let at_tax = first.sign_in_to(&tax).await;
    let asking = |sub: &str| {
        let claims = json!({ "id_token": { "sub": { "value": sub } } });
        let request = hrss.sign_in().with("prompt", "none");
        request.with("claims", &claims.to_string())
    };
    let own = asking(of_first.sub());
    assert!(!own.read(&first.follow(&own).await).code().is_empty());
    let other = asking(of_second.sub());
    assert_eq!(other.read(&first.follow(&other).await).error(), "login_required");
    // What another department calls the same person tells this one nothing.
    let foreign = asking(at_tax.sub());
    assert_eq!(
        foreign.read(&first.follow(&foreign).await).error(),
        "login_required"
    );
    let torn = asking(of_second.sub()).with("id_token_hint", &of_first.id);
    assert_eq!(torn.read(&first.follow(&torn).await).error(), "invalid_request");
}

#[tokio::test]
async fn an_answer_may_be_a_form() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in().with("response_mode", "form_post");
    let page = resident.go_on(resident.follow(&request).await).await;
    assert_eq!(
        (page.status(), page.answer.header("cache-control")),
        (200, "no-store")
    );
    let form = page.form("#continue");
    assert_eq!(form.action.as_str(), request.parameter("redirect_uri"));
    let csp = page.answer.header("content-security-policy");
    assert!(
        csp.contains(&format!("form-action 'self' {}", request.origin())),
        "{csp}"
    );
    let field = |name: &str| {
        let found = form.fields.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(field("state"), request.parameter("state"));
    assert_eq!(field("iss"), app.url(""));
    let answer = client.exchange(&request, &field("code")).await;
    client.checked(answer, request.parameter("nonce")).await;

    let refused = client
        .sign_in()
        .with("response_mode", "form_post")
        .with("scope", "phone");
    let page = resident.follow(&refused).await;
    assert!(page.answer.body.contains("invalid_scope"));
    assert_eq!(
        page.form("#continue").action.as_str(),
        refused.parameter("redirect_uri")
    );
}

#[tokio::test]
async fn claims_asked_for_one_by_one() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").scope("openid profile phone"))
        .await;
    let resident = app.resident("13800000001");
    let claims = r#"{"id_token":{"auth_time":{"essential":true},"acr":null},"userinfo":{"phone_number":{"essential":true}}}"#;
    let request = client.sign_in_for("openid").with("claims", claims);
    let response = resident.go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    assert!(tokens.claims["auth_time"].is_i64());
    assert_eq!(tokens.claims["acr"], app.url("/acr/1"));
    assert!(tokens.claims["phone_number"].is_null(), "not in the ID token");
    let info = client.userinfo(&tokens.access).await.json();
    assert_eq!(info["phone_number"], "+8613800000001");

    let essential = r#"{"id_token":{"acr":{"essential":true,"value":"urn:unreachable"}}}"#;
    let request = client.sign_in_for("openid").with("claims", essential);
    let response = request.read(&resident.follow(&request).await);
    assert_eq!(response.error(), "unmet_authentication_requirements");
}

#[tokio::test]
async fn claims_asked_for_by_name_need_the_registration_of_their_scope() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("hrss").scope("openid")).await;
    let resident = app.resident("13800000001");
    let claims =
        r#"{"id_token":{"phone_number":{"essential":true}},"userinfo":{"phone_number":null,"name":null}}"#;
    let request = client.sign_in_for("openid").with("claims", claims);
    let response = resident.go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    assert!(tokens.claims["phone_number"].is_null(), "{}", tokens.claims);
    let info = client.userinfo(&tokens.access).await.json();
    assert!(info["phone_number"].is_null() && info["name"].is_null(), "{info}");
}

#[tokio::test]
async fn what_a_scope_stands_for_is_not_in_the_id_token() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    for name in ["phone_number", "name", "phone_number_verified"] {
        assert!(tokens.claims[name].is_null(), "{name}: {}", tokens.claims);
    }
    for name in ["sub", "sid", "amr", "acr", "auth_time"] {
        assert!(!tokens.claims[name].is_null(), "{name}: {}", tokens.claims);
    }
    assert!(!tokens.id.contains("13800000001"));
    let page = app.get("/acr/1").await;
    assert_eq!(page.status, 200, "the level is explained in words");
}

#[tokio::test]
async fn a_number_may_be_hinted() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let page = app
        .resident("13800000001")
        .follow(&client.sign_in().with("login_hint", "13800000001"))
        .await;
    assert_eq!(page.attribute("#phone", "value"), "13800000001");
}
