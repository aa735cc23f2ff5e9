use crate::browser::Browser;
use crate::world::{World, department, settings};
use axum::http::StatusCode;

#[tokio::test]
async fn a_resident_signs_in_and_is_known() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let page = browser.get("/pension").await;
    let since = world.time.seconds() - 5;
    assert_eq!(
        page.body,
        format!(r#"sub-1 Some("林晓") Some("+8613800000000") Some(2) {since}"#)
    );
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(browser.get("/").await.body, "welcome");
    assert_eq!(browser.attempts(), 0, "a finished attempt leaves no cookie");
}

#[tokio::test]
async fn the_request_says_what_the_standards_ask_for() {
    let world = World::start().await;
    let mut browser = world.browser();
    let address = browser
        .get("/yimen/sign-in?return_to=/pension&ui_locales=en")
        .await
        .location();
    let (request, _) = world.provider.read(&address);
    assert_eq!(request.parameters["scope"], "openid profile phone");
    assert_eq!(request.parameters["client_id"], "http://localhost:8001");
    assert_eq!(request.parameters["ui_locales"], "en");
    assert_eq!(request.redirect_uri, "http://localhost:8001/yimen/callback");
    assert!(request.nonce.len() >= 43 && request.parameters["state"].len() >= 43);
}

#[tokio::test]
async fn pages_send_to_sign_in_and_programs_are_told_so() {
    let world = World::start().await;
    let mut browser = world.browser();
    assert_eq!(
        browser.get("/pension?year=2026&x=%2F").await.location(),
        "/yimen/sign-in?return_to=%2Fpension%3Fyear%3D2026%26x%3D%252F"
    );
    let program = browser
        .send("GET", "/pension", &[("accept", "application/json")], "")
        .await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    assert!(program.body.contains("sign_in_required"), "{}", program.body);
    assert!(program.headers.contains_key("www-authenticate"));
    let script = browser
        .send("GET", "/pension", &[("sec-fetch-mode", "cors")], "")
        .await;
    assert_eq!(script.status, StatusCode::UNAUTHORIZED);
    let form = browser.submit("/apply", "").await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
    assert!(form.body.contains("请先登录"));
    assert_eq!(browser.get("/").await.body, "nobody");
}

#[tokio::test]
async fn two_tabs_that_begin_without_cookies_both_finish() {
    let world = World::start().await;
    let mut browser = world.browser();
    let one = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    let two = browser.get("/yimen/sign-in?return_to=/file/a").await.location();
    assert_eq!(browser.attempts(), 2);
    assert_eq!(
        browser.get(&world.provider.agree(&two)).await.location(),
        "/file/a"
    );
    assert_eq!(
        browser.get(&world.provider.agree(&one)).await.location(),
        "/pension"
    );
    assert_eq!(browser.get("/pension").await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_many_attempts_the_oldest_is_dropped() {
    let world = World::start().await;
    let mut browser = world.browser();
    let mut addresses = Vec::new();
    for _ in 0..7 {
        world.time.advance(1);
        addresses.push(browser.get("/yimen/sign-in?return_to=/pension").await.location());
    }
    assert_eq!(browser.attempts(), 5);
    assert_eq!(
        browser.get(&world.provider.agree(&addresses[1])).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser.get(&world.provider.agree(&addresses[2])).await.location(),
        "/pension"
    );
}

#[tokio::test]
async fn another_party_may_begin_a_sign_in_but_only_at_this_provider() {
    let world = World::start().await;
    let mut browser = world.browser();
    let iss = &world.provider.issuer;
    let target = "http%3A%2F%2Flocalhost%3A8001%2Fpension";
    let link = format!("/yimen/sign-in?iss={iss}&login_hint=x&target_link_uri={target}");
    let address = browser.get(&link).await.location();
    let (asked, _) = world.provider.read(&address);
    assert_eq!(asked.parameters["login_hint"], "x");
    assert_eq!(
        browser.get(&world.provider.agree(&address)).await.location(),
        "/pension"
    );

    let posted = browser
        .submit(
            "/yimen/sign-in",
            &format!("iss={iss}&target_link_uri=https://evil.example/&login_hint=a%26b&ui_locales=en"),
        )
        .await
        .follow(&mut browser)
        .await;
    let (asked, _) = world.provider.read(&posted.location());
    assert_eq!(asked.parameters["login_hint"], "a&b");
    assert_eq!(asked.parameters["ui_locales"], "en");
    assert_eq!(
        browser
            .get(&world.provider.agree(&posted.location()))
            .await
            .location(),
        "/"
    );

    let other = browser.get("/yimen/sign-in?iss=https://evil.example").await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_department_may_live_under_a_path_whether_its_proxy_takes_it_off_or_not() {
    let world = World::start().await;
    let yimen = settings(&world.provider.issuer, &world.time)
        .department("http://localhost:8001/hrss")
        .client_id(crate::provider::CLIENT)
        .load()
        .await
        .unwrap();
    *world.provider.client_jwks.lock().unwrap() = yimen.registration()["jwks"].clone();
    let mut behind_proxy = Browser::new(department(&yimen), "http://localhost:8001/hrss");
    let sign_in = behind_proxy.get("/pension").await.location();
    assert_eq!(sign_in, "/hrss/yimen/sign-in?return_to=%2Fhrss%2Fpension");
    let address = behind_proxy.get(&sign_in).await.location();
    let back = world.provider.agree(&address);
    assert!(back.starts_with("http://localhost:8001/hrss/yimen/callback?"));
    assert_eq!(behind_proxy.get(&back).await.location(), "/hrss/pension");
    assert_eq!(behind_proxy.get("/pension").await.status, StatusCode::OK);

    let nested = axum::Router::new()
        .nest("/hrss", department(&yimen))
        .layer(yimen.layer());
    let mut direct = Browser::new(nested, "http://localhost:8001");
    assert_eq!(direct.get("/hrss/pension").await.location(), sign_in);
    assert!(
        direct
            .get(&sign_in)
            .await
            .location()
            .starts_with(&world.provider.issuer)
    );
}

#[tokio::test]
async fn the_registration_tells_the_provider_everything() {
    let world = World::start().await;
    let registration = world.yimen.registration();
    assert_eq!(
        registration["redirect_uris"][0],
        "http://localhost:8001/yimen/callback"
    );
    assert_eq!(
        registration["post_logout_redirect_uris"][0],
        "http://localhost:8001/"
    );
    assert_eq!(registration["jwks"]["keys"][0]["kty"], "EC");
    assert!(!registration.to_string().contains("\"d\""));
    let served = world.browser().get("/yimen/jwks").await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&served.body).unwrap(),
        registration["jwks"]
    );
}
