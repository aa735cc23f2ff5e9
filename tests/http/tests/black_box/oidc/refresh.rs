//! Refresh tokens (RFC 6749 §6, RFC 9700 §4.14, FAPI 2.0 §5.3.2.1).

use yimen_http_tests::{Client, Registration, TestApp, verify};

async fn refresh(client: &Client, token: &str) -> (String, String) {
    let answer = client.refresh(token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.field("access_token"), answer.field("refresh_token"))
}

#[tokio::test]
async fn an_authenticated_clients_token_is_fixed() {
    let app = TestApp::start().await;
    for (end, registration) in [
        Registration::new("basic"),
        Registration::new("post").post(),
        Registration::new("key").with_key(),
    ]
    .into_iter()
    .enumerate()
    {
        let client = app.register(registration).await;
        let resident = app.resident(&format!("1380000000{end}"));
        let tokens = resident.sign_in_to(&client).await;
        for _ in 0..2 {
            let (access, new) = refresh(&client, &tokens.refresh).await;
            assert!(new.is_empty() || new == tokens.refresh, "it does not rotate");
            assert_eq!(client.userinfo(&access).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_refreshed_id_token_tells_of_the_same_sign_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    app.advance("2m").await;
    let answer = client.refresh(&tokens.refresh).await;
    let claims = verify(&answer.field("id_token"), &app.get("/oauth2/jwks").await.json());
    for name in ["sub", "aud", "iss", "auth_time", "sid", "acr"] {
        assert_eq!(claims[name], tokens.claims[name], "{name}");
    }
    assert!(claims["iat"].as_i64() > tokens.claims["iat"].as_i64());
}

#[tokio::test]
async fn a_public_clients_token_rotates_and_a_lost_answer_is_given_again() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("app").public()).await;
    let first = app.resident("13800000001").sign_in_to(&client).await.refresh;
    let (_, second) = refresh(&client, &first).await;
    assert!(!second.is_empty() && second != first);
    // The answer was lost on its way: the client asks again with what it has.
    let (_, again) = refresh(&client, &first).await;
    assert_eq!(again, second);
    let (access, third) = refresh(&client, &second).await;
    assert!(third != second && third != first);
    assert_eq!(client.userinfo(&access).await.status, 200);
}

#[tokio::test]
async fn many_requests_at_once_get_one_successor() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("app").public()).await;
    let first = app.resident("13800000001").sign_in_to(&client).await.refresh;
    let (a, b, c, d) = tokio::join!(
        refresh(&client, &first),
        refresh(&client, &first),
        refresh(&client, &first),
        refresh(&client, &first)
    );
    assert!(
        [&b.1, &c.1, &d.1].iter().all(|other| **other == a.1),
        "one family, one successor"
    );
    refresh(&client, &a.1).await;
}

#[tokio::test]
async fn a_narrower_scope_may_be_asked_for_and_never_a_wider_one() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in_for("openid phone");
    let response = resident.go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    let ask = async |scope: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh.as_str()),
            ("scope", scope),
        ];
        client.call("/oauth2/token", &form).await
    };
    let narrow = ask("openid").await;
    assert_eq!(narrow.field("scope"), "openid");
    let info = client.userinfo(&narrow.field("access_token")).await.json();
    assert!(info["phone_number"].is_null(), "{info}");
    ask("openid profile").await.assert_error(400, "invalid_scope");
    assert_eq!(
        ask("openid phone").await.field("scope"),
        "openid phone",
        "what was granted stands"
    );
}

#[tokio::test]
async fn without_offline_access_a_token_ends_with_the_session() {
    let app = TestApp::start().await;
    let client = app
        .register(Registration::new("hrss").scope("openid offline_access"))
        .await;
    let resident = app.resident("13800000001");
    let request = client.sign_in_for("openid");
    let online = client
        .tokens(&request, &resident.go_through(&request).await)
        .await;
    let offline = resident.sign_in_to(&client).await;
    refresh(&client, &online.refresh).await;
    resident
        .browser
        .get("/account")
        .await
        .press("#sign-out", &[])
        .await;
    client
        .refresh(&online.refresh)
        .await
        .assert_error(400, "invalid_grant");
    refresh(&client, &offline.refresh).await;

    app.advance("61s").await;
    let account = resident.sign_in().await;
    account
        .press("#sign-out-everywhere", &[])
        .await
        .press("#confirm", &[])
        .await;
    client
        .refresh(&offline.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_is_good_for_ninety_days() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    app.advance("89d").await;
    refresh(&client, &tokens.refresh).await;
    app.advance("2d").await;
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    for token in ["nonsense", tokens.access.as_str(), tokens.id.as_str(), "0"] {
        client.refresh(token).await.assert_error(400, "invalid_grant");
    }
    client.refresh("").await.assert_error(400, "invalid_request");
}
