//! The device authorization grant (RFC 8628): what a kiosk gets, when, and who else would like to.

use crate::forms::DEVICE_GRANT;
use crate::kiosk::at_kiosk;
use serde_json::Value;
use yimen_http_tests::{Answer, Client, Page, Registration, Resident, Setup, TestApp};

async fn kiosk(app: &TestApp, id: &str) -> Client {
    let registration = Registration::new(id)
        .public()
        .option("--grant-type", DEVICE_GRANT)
        .option("--grant-type", "refresh_token");
    app.register(registration).await
}

async fn begin(client: &Client) -> Value {
    let answer = client
        .call("/oauth2/device_authorization", &[("scope", &client.scope)])
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn text<'v>(begun: &'v Value, name: &str) -> &'v str {
    begun[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {begun}"))
}

async fn ask(client: &Client, begun: &Value) -> Answer {
    let form = [
        ("grant_type", DEVICE_GRANT),
        ("device_code", text(begun, "device_code")),
    ];
    client.call("/oauth2/token", &form).await
}

/// From the address under the code to the page after the resident has said that they stand before the device.
async fn find(resident: &Resident, begun: &Value) -> Page {
    let page = resident
        .browser
        .get(text(begun, "verification_uri_complete"))
        .await;
    page.press("#find-device", &[]).await
}

async fn allow(resident: &Resident, begun: &Value) -> Page {
    let page = find(resident, begun).await;
    resident.go_on(page.press("#go-on", &[]).await).await
}

#[tokio::test]
async fn a_kiosk_gets_its_tokens_once_the_resident_has_allowed_it() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    assert_eq!(text(&begun, "verification_uri"), app.url("/oauth2/device"));
    assert_eq!(
        (&begun["expires_in"], &begun["interval"]),
        (&600.into(), &5.into())
    );
    ask(&client, &begun)
        .await
        .assert_error(400, "authorization_pending");
    let resident = app.resident("13800000001");
    let page = find(&resident, &begun).await;
    assert!(page.text(".plaque").contains("kiosk系统"), "who asks is named");
    assert_eq!(page.text("#user-code"), text(&begun, "user_code"));
    let told = resident.go_on(page.press("#go-on", &[]).await).await;
    assert!(told.text("#told").contains("请回到设备"), "{}", told.answer.body);
    app.advance("6s").await;
    let tokens = client.checked(ask(&client, &begun).await, "").await;
    assert_eq!(tokens.claims["amr"], serde_json::json!(["sms"]));
    assert_eq!(client.userinfo(&tokens.access).await.json()["sub"], tokens.sub());
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn what_is_allowed_at_a_registered_kiosk_is_not_itself_there() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    allow(&at_kiosk(&app, "13800000001").await, &begun).await;
    app.advance("6s").await;
    let tokens = client.checked(ask(&client, &begun).await, "").await;
    assert!(tokens.claims["kiosk_idle"].is_null());
}

#[tokio::test]
async fn the_code_is_typed_as_people_type_it() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    let typed = text(&begun, "user_code").to_lowercase().replace('-', " ");
    let page = app.browser().get("/oauth2/device").await;
    let found = page.press("#find-device", &[("user_code", &typed)]).await;
    assert!(found.has("#go-on"), "{}", found.answer.body);
    for wrong in ["", "AEIOUAEI", "BCDF"] {
        let page = page.press("#find-device", &[("user_code", wrong)]).await;
        assert_eq!(page.status(), 422);
        assert!(page.text("#user-code-error").contains("8 个字母"), "{wrong}");
    }
    let none = page.press("#find-device", &[("user_code", "BCDF-BCDF")]).await;
    assert!(none.text("#user-code-error").contains("没有找到"));
}

#[tokio::test]
async fn a_code_is_spent_once_and_its_second_use_ends_what_it_gave() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    allow(&app.resident("13800000001"), &begun).await;
    let asked = (0..4).map(|_| {
        let (client, begun) = (client.clone(), begun.clone());
        tokio::spawn(async move { ask(&client, &begun).await })
    });
    let asked: Vec<_> = asked.collect();
    let mut given = Vec::new();
    for one in asked {
        let answer = one.await.unwrap();
        if answer.status == 200 {
            given.push(answer);
        }
    }
    assert_eq!(given.len(), 1, "of four at once");
    app.advance("1m").await;
    ask(&client, &begun).await.assert_error(400, "invalid_grant");
    let refresh = given[0].field("refresh_token");
    client.refresh(&refresh).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn whoever_asks_too_often_waits_longer() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    ask(&client, &begun)
        .await
        .assert_error(400, "authorization_pending");
    ask(&client, &begun).await.assert_error(400, "slow_down");
    app.advance("6s").await;
    ask(&client, &begun).await.assert_error(400, "slow_down");
    app.advance("16s").await;
    ask(&client, &begun)
        .await
        .assert_error(400, "authorization_pending");
}

#[tokio::test]
async fn a_code_that_is_refused_or_too_old_is_over() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let resident = app.resident("13800000001");

    let begun = begin(&client).await;
    let told = find(&resident, &begun).await.press("#refuse", &[]).await;
    assert!(told.text("#told").contains("没有登录"));
    ask(&client, &begun).await.assert_error(400, "access_denied");

    // Who has found it and then stops on the way.
    let begun = begin(&client).await;
    let page = find(&resident, &begun).await.press("#go-on", &[]).await;
    resident.sign_in_at(&page).await.press("#deny", &[]).await;
    ask(&client, &begun).await.assert_error(400, "access_denied");

    let begun = begin(&client).await;
    let page = find(&resident, &begun).await;
    app.advance("10m").await;
    assert_eq!(page.press("#go-on", &[]).await.status(), 410);
    let late = app.browser().get(text(&begun, "verification_uri_complete")).await;
    assert_eq!(late.press("#find-device", &[]).await.status(), 422);
    ask(&client, &begun).await.assert_error(400, "expired_token");
    app.advance("11m").await;
    ask(&client, &begun).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn nobody_is_signed_in_to_a_device_by_an_address_alone() {
    let app = TestApp::start().await;
    let client = kiosk(&app, "kiosk").await;
    let resident = app.resident("13800000001");
    // Signed in, and with a consent that stands.
    allow(&resident, &begin(&client).await).await;
    let begun = begin(&client).await;
    let page = resident
        .browser
        .get(text(&begun, "verification_uri_complete"))
        .await;
    assert!(page.has("#find-device"));
    let token = page.attribute("input[name=token]", "value");
    let form = [
        ("token", token.as_str()),
        ("user_code", text(&begun, "user_code")),
    ];
    let forced = resident
        .browser
        .post_from("https://evil.example", "/oauth2/device", &form)
        .await;
    assert_eq!(forced.status(), 403);
    let found = page.press("#find-device", &[]).await;
    ask(&client, &begun)
        .await
        .assert_error(400, "authorization_pending");
    let other = app.browser().get(found.url.path()).await;
    other.assert_error(400, "interaction_cookie_missing");
    // A telephone left open allows nothing.
    app.advance("11m").await;
    let begun = begin(&client).await;
    let page = find(&resident, &begun).await.press("#go-on", &[]).await;
    assert!(page.has("#phone"), "signs in once more");
}

#[tokio::test]
async fn another_client_gets_nothing_by_the_code() {
    let app = TestApp::start().await;
    let (client, other) = (kiosk(&app, "kiosk").await, kiosk(&app, "thief").await);
    let begun = begin(&client).await;
    allow(&app.resident("13800000001"), &begun).await;
    ask(&other, &begun).await.assert_error(400, "invalid_grant");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", text(&begun, "device_code")),
        ("redirect_uri", "https://kiosk.yunchuan.example/callback"),
    ];
    let answer = client.call("/oauth2/token", &form).await;
    assert_ne!(answer.status, 200, "it is no authorization code");
    app.advance("6s").await;
    assert_eq!(
        ask(&client, &begun).await.status,
        200,
        "and the kiosk is none the worse"
    );
}

#[tokio::test]
async fn the_grant_ends_with_the_residents_session() {
    let app = TestApp::start().await;
    let registration = Registration::new("kiosk")
        .public()
        .scope("openid")
        .option("--grant-type", DEVICE_GRANT);
    let client = app.register(registration).await;
    let resident = app.resident("13800000001");
    let begun = begin(&client).await;
    allow(&resident, &begun).await;
    let access = ask(&client, &begun).await.field("access_token");
    assert_eq!(client.userinfo(&access).await.status, 200);
    let account = resident.browser.get("/account").await;
    account.press("#sign-out", &[]).await;
    assert_eq!(client.userinfo(&access).await.status, 401);
}

#[tokio::test]
async fn a_client_that_is_not_registered_for_it_is_told() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let answer = client
        .call("/oauth2/device_authorization", &[("scope", "openid")])
        .await;
    answer.assert_error(400, "unauthorized_client");
    let client = kiosk(&app, "kiosk").await;
    for (form, error) in [
        (vec![], "invalid_request"),
        (vec![("scope", "profile")], "invalid_scope"),
        (vec![("scope", "openid"), ("scope", "openid")], "invalid_request"),
    ] {
        client
            .call("/oauth2/device_authorization", &form)
            .await
            .assert_error(400, error);
    }
    let unknown = [("grant_type", DEVICE_GRANT), ("device_code", "x")];
    client
        .call("/oauth2/token", &unknown)
        .await
        .assert_error(400, "invalid_grant");
    client
        .call("/oauth2/token", &unknown[..1])
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn codes_are_not_tried_without_end() {
    let app = Setup::new()
        .set("http.trusted_proxies", vec!["127.0.0.0/8"])
        .start()
        .await;
    let thief = app.browser().at("203.0.113.7");
    let page = thief.get("/oauth2/device").await;
    for guess in 0..100 {
        let page = page.press("#find-device", &[("user_code", "BCDF-BCDF")]).await;
        assert_eq!(page.status(), 422, "guess {guess}");
    }
    let client = kiosk(&app, "kiosk").await;
    let begun = begin(&client).await;
    let right = [("user_code", text(&begun, "user_code"))];
    assert_eq!(page.press("#find-device", &right).await.status(), 429);
    let resident = app.resident("13800000001").at("203.0.113.8");
    assert!(
        find(&resident, &begun).await.has("#go-on"),
        "a neighbour is none the worse"
    );
    app.advance("10m").await;
    let begun = begin(&client).await;
    let right = [("user_code", text(&begun, "user_code"))];
    assert!(page.press("#find-device", &right).await.has("#go-on"));
}
