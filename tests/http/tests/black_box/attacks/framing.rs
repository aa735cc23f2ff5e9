//! Clickjacking, sniffing, leaking by referrer: the headers of every page, which `armour.rs` of the harness looks at
//! wherever a story gets one.

use yimen_http_tests::TestApp;

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
    // The harness looks at the rest, here as everywhere.
    allow.press("#allow", &[]).await;
    let account = resident.browser.get("/account").await;
    let question = account.press("#sign-out-everywhere", &[]).await;
    for place in [
        "/oauth2/logout",
        "/nowhere",
        "/privacy",
        "/acr/1",
        "/oauth2/authorize?client_id=nobody",
        "/dev/outbox",
    ] {
        let kind = resident.browser.get(place).await;
        assert!(
            kind.answer.header("content-type").starts_with("text/html"),
            "{place} is a page"
        );
    }
    question.press("#confirm", &[]).await;
}

/// The harness holds each page that any story gets to its armour: this one has none.
#[tokio::test]
#[should_panic(expected = "no armour at http://127.0.0.1")]
async fn a_page_without_its_armour_ends_the_story() {
    let app = TestApp::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bare = format!("http://{}/", listener.local_addr().unwrap());
    let routes = axum::Router::new().fallback(async || axum::response::Html("<h1>bare</h1>"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    app.browser().get(&bare).await;
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
