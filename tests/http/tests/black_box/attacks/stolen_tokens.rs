//! Codes and tokens in the wrong hands.

use yimen_http_tests::{Registration, TestApp};

#[tokio::test]
async fn a_code_used_twice_ends_what_it_gave() {
    let app = TestApp::start().await;
    for (end, registration) in [Registration::new("hrss"), Registration::new("app").public()]
        .into_iter()
        .enumerate()
    {
        let client = app.register(registration).await;
        let resident = app.resident(&format!("1380000000{end}"));
        let request = client.sign_in();
        let response = resident.go_through(&request).await;
        let tokens = client.tokens(&request, &response).await;
        client
            .exchange(&request, response.code())
            .await
            .assert_error(400, "invalid_grant");
        assert_eq!(client.userinfo(&tokens.access).await.status, 401);
        client
            .refresh(&tokens.refresh)
            .await
            .assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_used_twice_at_once_is_spent_once() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    let (a, b, c, d) = tokio::join!(
        client.exchange(&request, response.code()),
        client.exchange(&request, response.code()),
        client.exchange(&request, response.code()),
        client.exchange(&request, response.code())
    );
    let good = [&a, &b, &c, &d]
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(good, 1, "of four, so many got tokens");
    for answer in [a, b, c, d] {
        assert!(matches!(answer.status, 200 | 400), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_code_replayed_late_is_noticed_too() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    app.advance("3m").await;
    client
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_no_use_to_another_client() {
    let app = TestApp::start().await;
    let (client, thief) = (app.client("hrss").await, app.client("evil").await);
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    thief
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
    // The theft has cost its owner nothing.
    let tokens = client.tokens(&request, &response).await;
    thief
        .exchange(&request, response.code())
        .await
        .assert_error(400, "invalid_grant");
    assert_eq!(client.userinfo(&tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_code_without_its_verifier_is_no_use() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("app").public()).await;
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    let mut thief = request.clone();
    thief.verifier = client.sign_in().verifier;
    client
        .exchange(&thief, response.code())
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_stolen_rotating_token_ends_the_family() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("app").public()).await;
    let stolen = app.resident("13800000001").sign_in_to(&client).await.refresh;
    let second = client.refresh(&stolen).await.field("refresh_token");
    let answer = client.refresh(&second).await;
    let (access, third) = (answer.field("access_token"), answer.field("refresh_token"));
    // Its owner has gone on: whoever comes with the old one is a thief.
    client.refresh(&stolen).await.assert_error(400, "invalid_grant");
    client.refresh(&third).await.assert_error(400, "invalid_grant");
    assert_eq!(client.userinfo(&access).await.status, 401);
}

#[tokio::test]
async fn a_stolen_rotating_token_does_not_work_beside_its_owners_for_long() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("app").public()).await;
    let stolen = app.resident("13800000001").sign_in_to(&client).await.refresh;
    let answer = client.refresh(&stolen).await;
    let (access, second) = (answer.field("access_token"), answer.field("refresh_token"));
    app.advance("59s").await;
    assert_eq!(client.refresh(&stolen).await.field("refresh_token"), second);
    app.advance("2s").await;
    // Nobody has used the successor, and no client asks for a lost answer so late.
    client.refresh(&stolen).await.assert_error(400, "invalid_grant");
    client.refresh(&second).await.assert_error(400, "invalid_grant");
    assert_eq!(client.userinfo(&access).await.status, 401);
}

#[tokio::test]
async fn a_refresh_token_is_no_use_to_another_client() {
    let app = TestApp::start().await;
    let (client, thief) = (app.client("hrss").await, app.client("evil").await);
    let public = app.register(Registration::new("app").public()).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let rotating = resident.sign_in_to(&public).await;
    for token in [&tokens.refresh, &rotating.refresh] {
        thief.refresh(token).await.assert_error(400, "invalid_grant");
    }
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    assert_eq!(public.refresh(&rotating.refresh).await.status, 200);
    // Naming the client is not being it.
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
        ("client_id", "hrss"),
    ];
    app.post("/oauth2/token", &form)
        .await
        .assert_error(401, "invalid_client");
}
