//! The forms of the pages, sent wrongly.

use yimen_http_tests::{Form, TestApp};

/// What a request could leave behind half-written.
async fn rows(app: &TestApp) -> Vec<(&'static str, i64)> {
    let mut rows = Vec::new();
    for table in ["account", "phone", "session", "consent", "oauth_grant"] {
        rows.push((table, app.count(table).await));
    }
    rows
}

/// Sends the form's fields in ways no browser would: each is refused, and none writes anything.
async fn mistreat(app: &TestApp, form: &Form, cookies: &str) {
    let before = rows(app).await;
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
            .header("cookie", cookies)
            .header("origin", app.url(""))
            .header("sec-fetch-site", "same-origin")
            .body(body.clone());
        if !kind.is_empty() {
            request = request.header(
                "content-type",
                reqwest::header::HeaderValue::from_bytes(kind.as_bytes()).unwrap(),
            );
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let start: String = String::from_utf8_lossy(&body).chars().take(60).collect();
        assert!(
            expected.contains(&status),
            "{} as {kind:?} with {start:?}: {status}",
            form.action.path()
        );
        assert!(
            text.contains("id=\"trace-id\""),
            "{kind:?} {start:?}: no page but {text}"
        );
        assert_eq!(
            rows(app).await,
            before,
            "{} as {kind:?} with {start:?}",
            form.action.path()
        );
    }
}

#[tokio::test]
async fn of_the_sign_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let cookies = || {
        let cookies: Vec<_> = resident
            .browser
            .cookies()
            .iter()
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        cookies.join("; ")
    };
    let number = resident.follow(&client.sign_in()).await;
    mistreat(
        &app,
        &number.form("#send-code").fill("phone", &resident.phone),
        &cookies(),
    )
    .await;
    assert!(resident.codes().await.is_empty(), "nothing was sent");
    let code = resident.ask_for_code(&number).await;
    mistreat(
        &app,
        &code.form("#verify").fill("code", &resident.latest_code().await),
        &cookies(),
    )
    .await;
    let allow = resident.enter_code(&code).await;
    mistreat(&app, &allow.form("#allow"), &cookies()).await;
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
    for button in ["#sign-out", "#sign-out-everywhere"] {
        mistreat(&app, &account.form(button).fill("confirmed", "yes"), &cookies()).await;
    }
    assert!(
        resident.browser.get("/account").await.has("#devices"),
        "still signed in"
    );
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
