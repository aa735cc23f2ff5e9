//! Automatic registration (OpenID Federation 1.0 §12.1): a system joins at the first request that it signs.

use serde_json::json;
use yimen_http_tests::{Department, TestApp};

/// One decision, and nothing else from the operator.
fn allow(app: &TestApp, pattern: &str) {
    app.command_json(&[
        "department",
        "allow",
        pattern,
        "--name",
        "养老金查询",
        "--organisation",
        "人社局",
        "--scopes",
        "openid phone",
    ]);
}

#[tokio::test]
async fn a_system_that_is_allowed_signs_residents_in_at_its_first_request() {
    let app = TestApp::start().await;
    let department = Department::start(&app).await;
    let client = &department.client;
    allow(&app, &client.id);
    let request = client.pushed(client.sign_in_for("openid phone")).await;
    let resident = app.resident("13800000001");
    let page = resident.follow(&request).await;
    assert!(
        page.text("body").contains("养老金查询"),
        "the operator's name for it"
    );
    let response = request.read(&resident.go_on(page).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid phone");
    assert_eq!(department.asked(), 1);

    // From then on it costs nobody a request, and the records no change.
    let (rows, clients) = (app.count("audit").await, app.count("client").await);
    client.pushed(client.sign_in()).await;
    assert_eq!((department.asked(), clients), (1, 1));
    assert_eq!(app.count("audit").await, rows);
}

#[tokio::test]
async fn a_request_that_it_signs_lets_it_join_too_and_one_that_anybody_could_make_does_not() {
    let app = TestApp::start().await;
    let department = Department::start(&app).await;
    let client = &department.client;
    allow(&app, &client.id);
    let plain = client.sign_in();
    app.browser()
        .get(&plain.url())
        .await
        .assert_error(400, "unknown_client");
    assert_eq!((department.asked(), app.count("client").await), (0, 0));
    let signed = client.signed(plain.clone(), &client.object(&plain));
    let response = app.resident("13800000001").go_through(&signed).await;
    client.tokens(&plain, &response).await;
    assert_eq!(department.asked(), 1);
}

#[tokio::test]
async fn a_stranger_is_told_so_and_not_asked_anything() {
    let app = TestApp::start().await;
    let department = Department::start(&app).await;
    let client = &department.client;
    let pushed = client.push(&client.sign_in()).await;
    pushed.assert_error(401, "invalid_client");
    assert!(pushed.body.contains("yimen department allow"), "{}", pushed.body);
    let plain = client.sign_in();
    let signed = client.signed(plain.clone(), &client.object(&plain));
    let page = app.browser().get(&signed.url()).await;
    page.assert_error(400, "unknown_client");
    assert_eq!(department.asked(), 0);
}

#[tokio::test]
async fn a_system_that_cannot_join_is_told_where_it_fails_and_its_residents_that_it_is_no_fault_of_theirs() {
    let app = TestApp::start().await;
    let department = Department::start(&app).await;
    let client = &department.client;
    allow(&app, &client.id);
    department.publish(|claims| {
        claims["metadata"]["openid_relying_party"]["redirect_uris"] =
            json!(["https://evil.example/callback"]);
    });
    let plain = client.sign_in();
    let signed = client.signed(plain.clone(), &client.object(&plain));
    let page = app.browser().get(&signed.url()).await;
    page.assert_error(400, "not_connected");
    let details = page.text("#dev");
    for line in [
        "step: our_rules".to_owned(),
        format!("entity: {}", client.id),
        "claim: redirect_uris".to_owned(),
        format!("expected: an address below {}", client.id),
        "found: https://evil.example/callback".to_owned(),
    ] {
        assert!(details.contains(&line), "{line}: {details}");
    }
    let pushed = client.push(&plain).await;
    pushed.assert_error(401, "invalid_client");
    assert!(pushed.body.contains("redirect_uris"), "{}", pushed.body);
    assert_eq!(
        department.asked(),
        1,
        "what failed a moment ago is not asked again"
    );
    let noted = app
        .read_records("SELECT fault AS it FROM federation_entity WHERE status = 'refused'")
        .await;
    assert!(noted[0].contains("https://evil.example/callback"), "{noted:?}");

    app.advance("61s").await;
    department.publish(|_| {});
    let signed = client.signed(plain.clone(), &{
        let mut claims = client.object(&plain);
        let later = claims["exp"].as_u64().unwrap() + 61;
        claims["exp"] = json!(later);
        claims["iat"] = json!(later - 60);
        claims
    });
    let response = app.resident("13800000001").go_through(&signed).await;
    assert!(!response.code().is_empty());
}
