//! Sessions: how they begin, how long they last, and each way they end.

use cookie::{Cookie, SameSite};
use yimen_http_tests::{Browser, Registration, Resident, TestApp};

pub(crate) async fn is_signed_in(browser: &Browser) -> bool {
    browser.get("/account").await.has("#devices")
}

pub(crate) fn session_cookie(browser: &Browser) -> Cookie<'static> {
    let cookies = browser.cookies();
    let names: Vec<_> = cookies.iter().map(|cookie| cookie.name().to_owned()).collect();
    cookies
        .into_iter()
        .find(|cookie| cookie.name().trim_start_matches("__Host-") == "session")
        .unwrap_or_else(|| panic!("no session among {names:?}"))
}

async fn signed_in_twice(app: &TestApp) -> (Resident, Resident) {
    let here = app.resident("13800000001");
    here.sign_in().await;
    app.advance("61s").await;
    let there = here.elsewhere();
    there.sign_in().await;
    (here, there)
}

#[tokio::test]
async fn the_cookie_is_closed_to_scripts_and_other_sites() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let cookie = session_cookie(&resident.browser);
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(SameSite::Lax));
    assert_eq!((cookie.path(), cookie.domain()), (Some("/"), None));
    assert!(cookie.value().len() >= 43, "32 random bytes");
}

#[tokio::test]
async fn over_https_the_cookies_belong_to_this_host_alone() {
    // TLS ends at a proxy; the cookies go by the public URL.
    let setup = yimen_http_tests::Setup::new().set("public_url", "https://localhost");
    let app = setup.start().await;
    let answer = app.get("/account").await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert!(!cookies.is_empty(), "{}", answer.status);
    for cookie in cookies {
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("__Host-") && text.contains("; Secure"), "{text}");
        assert!(text.contains("; Path=/") && !text.contains("Domain"), "{text}");
    }
    assert!(answer.header("strict-transport-security").contains("max-age="));
}

#[tokio::test]
async fn half_an_hour_of_silence_ends_a_session() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    for _ in 0..3 {
        app.advance("29m").await;
        assert!(is_signed_in(&resident.browser).await, "use keeps it alive");
    }
    app.advance("31m").await;
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn twelve_hours_end_a_session_in_any_case() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    for _ in 0..28 {
        app.advance("25m").await;
        assert!(is_signed_in(&resident.browser).await);
    }
    app.advance("25m").await;
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn signing_out_here_leaves_the_other_device() {
    let app = TestApp::start().await;
    let (here, there) = signed_in_twice(&app).await;
    let cookie = session_cookie(&here.browser);
    let page = here.browser.get("/account").await.press("#sign-out", &[]).await;
    assert!(page.text("h1").contains("已退出登录"));
    assert!(!is_signed_in(&here.browser).await);
    assert!(is_signed_in(&there.browser).await);
    here.browser.plant_cookie(cookie);
    assert!(
        !is_signed_in(&here.browser).await,
        "the session is gone, not only its cookie"
    );
}

#[tokio::test]
async fn signing_out_everywhere_asks_first_and_ends_all() {
    let app = TestApp::start().await;
    let (here, there) = signed_in_twice(&app).await;
    let question = here
        .browser
        .get("/account")
        .await
        .press("#sign-out-everywhere", &[])
        .await;
    assert!(is_signed_in(&there.browser).await, "nothing has ended yet");
    let page = question.press("#confirm", &[]).await;
    assert!(page.text("main").contains("所有设备"));
    assert!(!is_signed_in(&here.browser).await);
    assert!(!is_signed_in(&there.browser).await);
}

#[tokio::test]
async fn another_device_is_ended_from_here() {
    let app = TestApp::start().await;
    let (here, there) = signed_in_twice(&app).await;
    let account = there.browser.get("/account").await;
    assert_eq!(account.count("#devices .row"), 2);
    let question = account.press("#devices .row button[name=session]", &[]).await;
    let account = question.press("#confirm", &[]).await;
    assert!(account.text("[role=status]").contains("已退出那台设备"));
    assert_eq!(account.count("#devices .row"), 1);
    assert!(!is_signed_in(&here.browser).await);
    assert!(is_signed_in(&there.browser).await);
}

#[tokio::test]
async fn all_other_devices_are_ended_from_here() {
    let app = TestApp::start().await;
    let (here, there) = signed_in_twice(&app).await;
    let question = there
        .browser
        .get("/account")
        .await
        .press("#end-others", &[])
        .await;
    let account = question.press("#confirm", &[]).await;
    assert_eq!(account.count("#devices .row"), 1);
    assert!(!is_signed_in(&here.browser).await);
    assert!(is_signed_in(&there.browser).await);
}

#[tokio::test]
async fn nobody_ends_another_persons_session() {
    let app = TestApp::start().await;
    let (victim, attacker) = (app.resident("13800000001"), app.resident("13800000002"));
    victim.sign_in().await;
    app.advance("61s").await;
    victim.elsewhere().sign_in().await;
    let theirs = victim
        .browser
        .get("/account")
        .await
        .attribute("#devices .row button[name=session]", "value");
    attacker.sign_in().await;
    let mine = attacker
        .browser
        .get("/account")
        .await
        .form("#sign-out-everywhere");
    let mut form = mine.clone();
    form.action.set_path("/account/sessions/end");
    for confirmed in ["", "yes"] {
        let page = form
            .clone()
            .fill("session", &theirs)
            .fill("confirmed", confirmed)
            .submit()
            .await;
        assert!(page.status() < 500, "{}", page.answer.body);
    }
    let account = victim.browser.get("/account").await;
    assert_eq!(account.count("#devices .row"), 2, "both are still there");
}

#[tokio::test]
async fn signing_in_again_changes_the_cookie_and_keeps_the_session() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let first = resident.sign_in_to(&client).await;
    let before = session_cookie(&resident.browser);
    app.advance("61s").await;
    let request = client.sign_in().with("prompt", "login");
    let response = resident.go_through(&request).await;
    let again = client.tokens(&request, &response).await;
    assert_ne!(session_cookie(&resident.browser).value(), before.value());
    assert_eq!(first.claims["sid"], again.claims["sid"]);
    assert!(again.claims["auth_time"].as_i64() > first.claims["auth_time"].as_i64());
    let thief = app.browser();
    thief.plant_cookie(before);
    assert!(!is_signed_in(&thief).await, "the old value is good for nothing");
}

#[tokio::test]
async fn another_person_signing_in_ends_the_first_ones_session() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("hrss").scope("openid")).await;
    let (first, second) = (app.resident("13800000001"), app.resident("13800000002"));
    let tokens = first.sign_in_to(&client).await;
    let page = first.follow(&client.sign_in().with("prompt", "login")).await;
    let page = page.press("#send-code", &[("phone", &second.phone)]).await;
    let page = second.enter_code(&page).await;
    assert!(page.has("#allow"), "the second person has allowed nothing yet");
    let account = first.browser.get("/account").await;
    assert!(
        account.text("#methods").contains("0002"),
        "{}",
        account.text("#methods")
    );
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_restart_signs_nobody_out() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    app.start_again();
    assert!(is_signed_in(&resident.browser).await);
    assert_eq!(client.userinfo(&tokens.access).await.status, 200);
}
