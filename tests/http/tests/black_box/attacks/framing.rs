//! Clickjacking, sniffing, leaking by referrer: the headers of every page.

use yimen_http_tests::{Page, TestApp};

fn check(page: &Page) {
    let at = &page.url;
    let answer = &page.answer;
    let csp = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(csp.contains(part), "{at}: {part} is missing in {csp}");
    }
    assert!(!csp.contains("unsafe"), "{at}: {csp}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{at}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{at}");
    assert_eq!(answer.header("cache-control"), "no-store", "{at}");
    assert!(
        matches!(answer.header("referrer-policy"), "same-origin" | "no-referrer"),
        "{at}"
    );
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{at}");
    assert!(
        !answer.headers.contains_key("server") || answer.header("server").is_empty(),
        "{at}"
    );
    assert!(
        !page.has("[style], style, script:not([src]), [onclick], [onload]"),
        "{at}: inline style or script"
    );
    for (selector, name) in [("script", "src"), ("link", "href"), ("img", "src")] {
        if page.has(selector) {
            let value = page.attribute(selector, name);
            assert!(
                value.starts_with('/') && !value.starts_with("//"),
                "{at}: {value} is somebody else's"
            );
        }
    }
}

#[tokio::test]
async fn every_page_has_its_armour() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let number = resident.follow(&request).await;
    let code = resident.ask_for_code(&number).await;
    let wrong = code.press("#verify", &[("code", "1")]).await;
    let allow = resident.enter_code(&wrong).await;
    // Chromium applies form-action to the redirects after the form as well (W3C webappsec-csp #8).
    for page in [&number, &code, &wrong, &allow] {
        let csp = page.answer.header("content-security-policy");
        assert!(
            csp.contains("form-action 'self' https://hrss.yunchuan.example"),
            "{}: {csp}",
            page.url
        );
    }
    allow.press("#allow", &[]).await;
    let account = resident.browser.get("/account").await;
    let question = account.press("#sign-out-everywhere", &[]).await;
    let logout = resident.browser.get("/oauth2/logout").await;
    let error = resident.browser.get("/nowhere").await;
    let privacy = resident.browser.get("/privacy").await;
    let unknown = resident.browser.get("/oauth2/authorize?client_id=nobody").await;
    let outbox = resident.browser.get("/dev/outbox").await;
    let over = question.press("#confirm", &[]).await;
    for page in [
        &number, &code, &wrong, &allow, &account, &question, &logout, &error, &privacy, &unknown, &outbox,
        &over,
    ] {
        check(page);
    }
}

#[tokio::test]
async fn protocol_answers_are_not_pages() {
    let app = TestApp::start().await;
    for path in [
        "/oauth2/jwks",
        "/.well-known/openid-configuration",
        "/oauth2/userinfo",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        // RFC 7517 §8.5.1 gives key sets a type of their own.
        let kinds = ["application/json", "application/jwk-set+json"];
        assert!(kinds.contains(&answer.header("content-type")), "{path}");
    }
    for path in ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"] {
        let answer = app.post(path, &[("token", "x")]).await;
        assert!(
            answer.header("content-type").starts_with("application/json"),
            "{path}"
        );
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "",
            "{path} answers no page of another site"
        );
    }
}
