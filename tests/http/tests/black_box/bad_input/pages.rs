//! The forms of the pages, sent wrongly.

use crate::{forms, proofing};
use yimen_http_tests::{Answer, Page, Setup, TestApp};

/// What a request could leave behind half-written. Whatever else changes has its row in the audit, where what is
/// delivered meanwhile has one too.
const ROWS: &str = "SELECT (SELECT COUNT(*) FROM account) + (SELECT COUNT(*) FROM phone) \
    + (SELECT COUNT(*) FROM passkey) + (SELECT COUNT(*) FROM session) + (SELECT COUNT(*) FROM consent) \
    + (SELECT COUNT(*) FROM subject) + (SELECT COUNT(*) FROM oauth_grant) + (SELECT COUNT(*) FROM refresh_token) \
    + (SELECT COUNT(*) FROM identity_proof) + (SELECT COUNT(*) FROM merging) + (SELECT COUNT(*) FROM phone_move) \
    + (SELECT COUNT(*) FROM window_code) + (SELECT COUNT(*) FROM kiosk) + (SELECT COUNT(*) FROM operator) \
    + (SELECT COUNT(*) FROM operator_passkey) + (SELECT COUNT(*) FROM operator_session) \
    + (SELECT COUNT(*) FROM notice) + (SELECT COUNT(*) FROM outbox) + (SELECT COUNT(*) FROM audit \
    WHERE action NOT IN ('code.delivered', 'code.failed', 'event.delivered', 'event.failed'))";

/// Sends the button's form in ways no browser would: each is refused, and none writes anything.
async fn mistreat(app: &TestApp, page: &Page, button: &str, filled: &[(&str, &str)]) {
    let mut form = page.form(button);
    for (name, value) in filled {
        form = form.fill(name, value);
    }
    let cookies = page.browser().cookie_header();
    let before = app.rows(ROWS).await;
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&form.fields)
        .finish();
    let form_type = "application/x-www-form-urlencoded";
    let huge = format!("{body}&x={}", "x".repeat(200_000));
    let many = format!("{body}{}", "&x=y".repeat(5_000));
    let twice = format!("{body}&{body}");
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        (
            "application/json",
            b"{\"phone\":\"13800000001\"}".to_vec(),
            &[415],
        ),
        ("text/plain", body.clone().into_bytes(), &[415]),
        ("multipart/form-data; boundary=x", b"--x--".to_vec(), &[415]),
        ("", body.clone().into_bytes(), &[415]),
        ("\u{ff}", body.clone().into_bytes(), &[400, 415]),
        (form_type, Vec::new(), &[400, 403]),
        (form_type, b"&&&===%%%".to_vec(), &[400, 403]),
        (form_type, b"\xff\xfe\x00%ff%fe=%00".to_vec(), &[400, 403]),
        (form_type, twice.into_bytes(), &[400, 403]),
        (form_type, huge.into_bytes(), &[413]),
        (form_type, many.into_bytes(), &[400, 403, 413]),
    ];
    for (kind, body, expected) in cases {
        let mut request = app
            .request("POST", form.action.path())
            .header("cookie", &cookies)
            .header("origin", app.url(""))
            .header("sec-fetch-site", "same-origin")
            .body(body.clone());
        if !kind.is_empty() {
            request = request.header(
                "content-type",
                reqwest::header::HeaderValue::from_bytes(kind.as_bytes()).unwrap(),
            );
        }
        let answer = Answer::of(request).await;
        let start: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        let about = format!("{button} of {} as {kind:?} with {start:?}", form.action.path());
        assert!(expected.contains(&answer.status), "{about}: {}", answer.status);
        assert!(
            answer.body.contains("id=\"trace-id\""),
            "{about}: no page but {}",
            answer.body
        );
        assert_eq!(app.rows(ROWS).await, before, "{about}");
    }
}

#[tokio::test]
async fn of_the_sign_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    mistreat(&app, &number, "#send-code", &[("phone", &resident.phone)]).await;
    assert!(resident.codes().await.is_empty(), "nothing was sent");
    let code = resident.ask_for_code(&number).await;
    let typed = resident.latest_code().await;
    mistreat(&app, &code, "#verify", &[("code", &typed)]).await;
    let allow = resident.enter_code(&code).await;
    mistreat(&app, &allow, "#allow", &[]).await;
    for decision in ["", "maybe", "ALLOW"] {
        let page = allow.form("#allow").fill("decision", decision).submit().await;
        assert!(
            page.left_for().is_none_or(|url| !url.as_str().contains("code=")),
            "{decision:?} allows nothing"
        );
        assert!(page.status() < 500);
    }
    let account = resident.browser.get("/account").await;
    assert!(account.has("#services .empty"), "nothing was given");
}

#[tokio::test]
async fn of_a_way_in_and_out() {
    let app = TestApp::start().await;
    forms::of_a_way_in_and_out(
        &app,
        async |page: &Page, button: &str, filled: &[(&str, &str)]| {
            mistreat(&app, page, button, filled).await;
        },
    )
    .await;
}

#[tokio::test]
async fn of_the_account() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    forms::of_the_account(
        &app,
        async |page: &Page, button: &str, filled: &[(&str, &str)]| {
            mistreat(&app, page, button, filled).await;
        },
    )
    .await;
}

#[tokio::test]
async fn of_two_accounts() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    forms::of_two_accounts(
        &app,
        async |page: &Page, button: &str, filled: &[(&str, &str)]| {
            mistreat(&app, page, button, filled).await;
        },
    )
    .await;
}

#[tokio::test]
async fn of_the_desk() {
    let (app, _authority) = proofing::city(Setup::new()).await;
    forms::of_the_desk(
        &app,
        async |page: &Page, button: &str, filled: &[(&str, &str)]| {
            mistreat(&app, page, button, filled).await;
        },
    )
    .await;
}

#[tokio::test]
async fn of_devices() {
    let app = TestApp::start().await;
    forms::of_devices(
        &app,
        async |page: &Page, button: &str, filled: &[(&str, &str)]| {
            mistreat(&app, page, button, filled).await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_consent_cannot_give_what_was_not_asked() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in_for("openid");
    let allow = resident.sign_in_at(&resident.follow(&request).await).await;
    let page = allow.press("#allow", &[("item", "phone")]).await;
    let response = request.read(&page);
    let tokens = client.tokens(&request, &response).await;
    let info = client.userinfo(&tokens.access).await.json();
    assert_eq!(info["sub"], tokens.sub(), "{info}");
    assert!(info["phone_number"].is_null(), "{info}");
    let account = resident.browser.get("/account").await;
    assert!(
        !account.has("#services button[value=phone]"),
        "{}",
        account.text("#services")
    );
}

#[tokio::test]
async fn steps_cannot_be_skipped() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let number = resident.follow(&client.sign_in()).await;
    let id = number.url.path().split('/').nth(2).unwrap().to_owned();
    for path in [
        format!("/signin/{id}/code"),
        format!("/consent/{id}"),
        format!("/oauth2/authorize/{id}"),
    ] {
        let page = resident.browser.get(&path).await;
        assert!(page.status() < 500 && page.left_for().is_none(), "{path}");
        assert!(!page.has("#allow"), "{path}");
    }
    for (path, field, value) in [
        (format!("/signin/{id}/code"), "code", "123456"),
        (format!("/signin/{id}/resend"), "x", "y"),
        (format!("/consent/{id}"), "decision", "allow"),
    ] {
        let mut form = number.form("#send-code").fill(field, value);
        form.action.set_path(&path);
        let page = form.submit().await;
        assert!(page.status() < 500, "{path}");
        assert!(page.left_for().is_none(), "{path} {:?}", page.left_for());
    }
    assert!(resident.codes().await.is_empty());
}
