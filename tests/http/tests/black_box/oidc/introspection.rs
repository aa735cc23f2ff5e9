//! Introspection (RFC 7662).

use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn a_client_learns_of_its_own_tokens() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let access = client.introspect(&tokens.access).await;
    assert_eq!(access.header("cache-control"), "no-store");
    let access = access.json();
    assert_eq!(access["active"], true);
    assert_eq!(access["client_id"], "hrss");
    assert_eq!(access["sub"], tokens.claims["sub"]);
    assert_eq!(access["iss"], app.url(""));
    assert!(access["exp"].as_i64() > access["iat"].as_i64());
    let refresh = client.introspect(&tokens.refresh).await.json();
    assert_eq!(
        (&refresh["active"], &refresh["sub"]),
        (&true.into(), &tokens.claims["sub"])
    );
    let form = [
        ("token", tokens.access.as_str()),
        ("token_type_hint", "refresh_token"),
    ];
    let hinted = client.call("/oauth2/introspect", &form).await.json();
    assert_eq!(hinted["active"], true, "a wrong hint is only a hint");
}

#[tokio::test]
async fn every_other_token_is_inactive_without_a_reason() {
    let app = TestApp::start().await;
    let (client, other) = (app.client("hrss").await, app.client("amr").await);
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    let inactive = serde_json::json!({"active": false});
    for token in [&tokens.access, &tokens.refresh, &tokens.id, "nonsense", "a.b.c"] {
        assert_eq!(other.introspect(token).await.json(), inactive);
    }
    assert_eq!(
        client.introspect(&tokens.id).await.json(),
        inactive,
        "an ID token is no access token"
    );
    app.advance("10m").await;
    assert_eq!(
        client.introspect(&tokens.access).await.json(),
        inactive,
        "it has expired"
    );
}

#[tokio::test]
async fn only_clients_that_prove_themselves_may_ask() {
    let app = TestApp::start().await;
    let public = app.register(Registration::new("app").public()).await;
    let tokens = app.resident("13800000001").sign_in_to(&public).await;
    public
        .introspect(&tokens.access)
        .await
        .assert_error(401, "invalid_client");
    let bare = app.post("/oauth2/introspect", &[("token", &tokens.access)]).await;
    bare.assert_error(401, "invalid_client");
    let client = app.client("hrss").await;
    client
        .call("/oauth2/introspect", &[])
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn signing_out_ends_what_needs_the_session() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("hrss").scope("openid")).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    assert_eq!(client.introspect(&tokens.access).await.json()["active"], false);
    assert_eq!(client.introspect(&tokens.refresh).await.json()["active"], false);
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
}
