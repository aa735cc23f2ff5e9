//! The UserInfo endpoint (OpenID Connect Core 1.0 §5.3, RFC 6750).

use yimen_http_tests::TestApp;

#[tokio::test]
async fn a_token_comes_by_header_or_by_form() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let by_get = client.userinfo(&tokens.access).await;
    assert_eq!(by_get.status, 200);
    assert_eq!(by_get.header("cache-control"), "no-store");
    let info = by_get.json();
    assert_eq!(info["sub"], tokens.claims["sub"]);
    assert_eq!(info["phone_number"], "+8613800000001");
    assert_eq!(info["phone_number_verified"], true);

    let form = app
        .post("/oauth2/userinfo", &[("access_token", &tokens.access)])
        .await;
    assert_eq!(form.json(), info);
    let request = app
        .request("POST", "/oauth2/userinfo")
        .bearer_auth(&tokens.access);
    let posted: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(posted, info);
    let request = app
        .request("GET", "/oauth2/userinfo")
        .header("authorization", format!("bearer {}", tokens.access));
    assert_eq!(
        request.send().await.unwrap().status(),
        200,
        "the scheme has no case"
    );
}

#[tokio::test]
async fn a_request_without_a_token_is_told_how() {
    let app = TestApp::start().await;
    let answer = app.get("/oauth2/userinfo").await;
    assert_eq!(answer.status, 401);
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer") && !challenge.contains("error"),
        "RFC 6750 §3.1: {challenge}"
    );
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let (start, signature) = tokens.access.rsplit_once('.').unwrap();
    let flipped = format!(
        "{start}.{}{}",
        if signature.starts_with('A') { 'B' } else { 'A' },
        &signature[1..]
    );
    for token in [
        "nonsense",
        "a.b.c",
        tokens.id.as_str(),
        tokens.refresh.as_str(),
        flipped.as_str(),
    ] {
        let answer = client.userinfo(token).await;
        assert_eq!(answer.status, 401, "{token}");
        assert!(
            answer
                .header("www-authenticate")
                .contains("error=\"invalid_token\"")
        );
    }
    app.advance("5m").await;
    app.advance("61s").await;
    assert_eq!(
        client.userinfo(&tokens.access).await.status,
        401,
        "it has expired"
    );
}

#[tokio::test]
async fn a_token_in_the_address_is_not_looked_at() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let path = format!("/oauth2/userinfo?access_token={}", tokens.access);
    assert_eq!(app.get(&path).await.status, 401);
    let request = app
        .request("POST", "/oauth2/userinfo")
        .bearer_auth(&tokens.access)
        .form(&[("access_token", &tokens.access)]);
    assert_eq!(request.send().await.unwrap().status(), 400, "one way at a time");
}
