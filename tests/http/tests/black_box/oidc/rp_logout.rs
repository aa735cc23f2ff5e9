//! RP-Initiated Logout 1.0.

use crate::sessions::is_signed_in;
use url::Url;
use yimen_http_tests::{Client, Page, Registration, Resident, TestApp};

const AFTER: &str = "https://hrss.yunchuan.example/signed-out?from=yimen";

async fn department(app: &TestApp) -> Client {
    app.register(Registration::new("hrss").option("--post-logout-redirect-uri", AFTER))
        .await
}

async fn logout(resident: &Resident, parameters: &[(&str, &str)]) -> Page {
    let base = "http://server/oauth2/logout";
    let url = Url::parse_with_params(base, parameters).unwrap();
    let place = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    resident
        .browser
        .follow_from("https://hrss.yunchuan.example", &place)
        .await
}

#[tokio::test]
async fn with_its_own_hint_a_department_signs_out_at_once() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    // An ID token lives for minutes; expired, it is still a hint.
    app.advance("10m").await;
    let page = logout(
        &resident,
        &[
            ("id_token_hint", &tokens.id),
            ("post_logout_redirect_uri", AFTER),
            ("state", "云 1"),
        ],
    )
    .await;
    let url = page.left_for().expect("back to the department");
    assert!(url.as_str().starts_with(AFTER), "{url}");
    assert!(
        url.query_pairs()
            .any(|(name, value)| name == "state" && value == "云 1"),
        "{url}"
    );
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn without_a_hint_the_resident_is_asked() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let ask = [("client_id", "hrss"), ("post_logout_redirect_uri", AFTER)];
    let page = logout(&resident, &ask).await;
    assert!(page.has("#sign-out") && page.has("#stay"));
    page.press("#stay", &[]).await;
    assert!(is_signed_in(&resident.browser).await);

    let page = logout(&resident, &ask).await.press("#sign-out", &[]).await;
    assert_eq!(
        page.left_for().map(String::from).as_deref(),
        Some(AFTER),
        "{}",
        page.answer.body
    );
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn the_hint_signs_out_a_browser_that_has_forgotten_its_session() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let session = resident.browser.cookies();
    let forgetful = resident.elsewhere();
    let page = logout(&forgetful, &[("id_token_hint", &tokens.id)]).await;
    assert!(page.text("h1").contains("已退出登录"), "{}", page.answer.body);
    for cookie in session {
        resident.browser.plant_cookie(cookie);
    }
    assert!(
        !is_signed_in(&resident.browser).await,
        "the session itself has ended"
    );
}

#[tokio::test]
async fn a_department_removed_while_the_question_stood_gets_nobody() {
    let app = TestApp::start().await;
    department(&app).await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let ask = [("client_id", "hrss"), ("post_logout_redirect_uri", AFTER)];
    let question = logout(&resident, &ask).await;
    assert!(question.has("#sign-out"));
    assert!(app.command(&["client", "remove", "hrss"]).0.success());
    app.advance("1m").await;
    let page = question.press("#sign-out", &[]).await;
    assert_eq!(
        (page.status(), page.left_for()),
        (200, None),
        "{}",
        page.answer.body
    );
    assert!(page.text("h1").contains("已退出登录"), "{}", page.answer.body);
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn a_question_that_a_newer_one_replaced_is_asked_again() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let ask = [("client_id", "hrss"), ("post_logout_redirect_uri", AFTER)];
    let older = logout(&resident, &ask).await;
    let newer = logout(&resident, &ask).await;
    let again = older.press("#sign-out", &[]).await;
    assert!(again.has("#sign-out"), "{}", again.answer.body);
    assert!(is_signed_in(&resident.browser).await);
    // Asking again made a newer question still.
    newer.press("#sign-out", &[]).await;
    assert!(is_signed_in(&resident.browser).await);
    again.press("#sign-out", &[]).await;
}

#[tokio::test]
async fn a_request_as_heavy_as_can_be_is_refused() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let page = logout(&resident, &[("state", &"x".repeat(9_000))]).await;
    assert_eq!(page.answer.status, 400);
}

#[tokio::test]
async fn a_bare_request_is_asked_about_too() {
    let app = TestApp::start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let page = logout(&resident, &[]).await.press("#sign-out", &[]).await;
    assert!(page.text("h1").contains("已退出登录"), "{}", page.answer.body);
    assert!(!is_signed_in(&resident.browser).await);
}

#[tokio::test]
async fn a_hint_of_another_session_signs_nobody_out_unasked() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let (resident, other) = (app.resident("13800000001"), app.resident("13800000002"));
    resident.sign_in_to(&client).await;
    let foreign = other.sign_in_to(&client).await;
    let page = logout(
        &resident,
        &[
            ("id_token_hint", &foreign.id),
            ("post_logout_redirect_uri", AFTER),
        ],
    )
    .await;
    assert!(page.has("#sign-out"), "asked first");
    assert!(is_signed_in(&resident.browser).await);
    assert!(is_signed_in(&other.browser).await);
}

#[tokio::test]
async fn an_address_nobody_registered_is_never_followed() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    app.client("amr").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    for (hint, client_id, to) in [
        (tokens.id.as_str(), "hrss", "https://evil.example/"),
        (&tokens.id, "hrss", "https://hrss.yunchuan.example/signed-out"),
        ("", "hrss", "https://evil.example/"),
        ("", "amr", AFTER),
        ("", "", AFTER),
        ("", "nobody", AFTER),
        (&tokens.id, "amr", AFTER),
        ("a.b.c", "hrss", AFTER),
    ] {
        let mut parameters = vec![("post_logout_redirect_uri", to)];
        parameters.extend(
            [("id_token_hint", hint), ("client_id", client_id)]
                .into_iter()
                .filter(|(_, v)| !v.is_empty()),
        );
        let page = logout(&resident, &parameters).await;
        assert_eq!((page.status(), page.left_for()), (400, None), "{parameters:?}");
        assert!(page.has("#trace-id"));
    }
    assert!(
        is_signed_in(&resident.browser).await,
        "nothing was ended by a faulty request"
    );
}

#[tokio::test]
async fn one_who_is_signed_out_already_goes_straight_back() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    resident.browser.lose_cookies();
    let page = logout(
        &resident,
        &[("id_token_hint", &tokens.id), ("post_logout_redirect_uri", AFTER)],
    )
    .await;
    assert_eq!(page.left_for().map(String::from).as_deref(), Some(AFTER));
}

#[tokio::test]
async fn a_logout_may_be_posted() {
    let app = TestApp::start().await;
    let client = department(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    // A cross-site POST brings no session cookie: wherever it ends, nothing fails and the way back is there.
    let page = resident
        .browser
        .post_from(
            "https://hrss.yunchuan.example",
            "/oauth2/logout",
            &[("id_token_hint", &tokens.id), ("post_logout_redirect_uri", AFTER)],
        )
        .await;
    assert_eq!(page.left_for().map(String::from).as_deref(), Some(AFTER));
    assert!(
        !is_signed_in(&resident.browser).await,
        "posted or not, the session ends"
    );
}
