//! Where an authorization request's errors go: to a page while the redirect URI is not proven, to the client
//! afterwards (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).

use yimen_http_tests::{Registration, SignIn, TestApp};

#[tokio::test]
async fn until_the_redirect_uri_is_proven_errors_are_pages() {
    let app = TestApp::start().await;
    let request = app.client("hrss").await.sign_in();
    let elsewhere = "https://evil.example/callback";
    let cases: [(SignIn, &str); 9] = [
        (request.clone().without("client_id"), "faulty_request"),
        (request.clone().with("client_id", "nobody"), "unknown_client"),
        (request.clone().with("client_id", "hrss\u{0}"), "unknown_client"),
        (request.clone().and("client_id", "hrss"), "faulty_request"),
        (request.clone().without("redirect_uri"), "faulty_request"),
        (
            request.clone().with("redirect_uri", elsewhere),
            "redirect_uri_not_registered",
        ),
        (request.clone().and("redirect_uri", elsewhere), "faulty_request"),
        (
            request.clone().with("redirect_uri", "not a url"),
            "redirect_uri_not_registered",
        ),
        (
            request
                .clone()
                .with("redirect_uri", &format!("{}/", request.parameter("redirect_uri"))),
            "redirect_uri_not_registered",
        ),
    ];
    for (request, error) in cases {
        let page = app.browser().get(&request.url()).await;
        page.assert_error(400, error);
        page.assert_leads_home();
    }
}

#[tokio::test]
async fn afterwards_they_go_to_the_client() {
    let app = TestApp::start().await;
    let request = app.client("hrss").await.sign_in();
    let cases: [(SignIn, &str); 21] = [
        (request.clone().without("response_type"), "invalid_request"),
        (
            request.clone().with("response_type", "token"),
            "unsupported_response_type",
        ),
        (
            request.clone().with("response_type", "code id_token"),
            "unsupported_response_type",
        ),
        (request.clone().without("scope"), "invalid_request"),
        (request.clone().with("scope", "phone"), "invalid_scope"),
        (
            request.clone().with("code_challenge_method", "plain"),
            "invalid_request",
        ),
        (
            request.clone().without("code_challenge_method"),
            "invalid_request",
        ),
        (request.clone().with("code_challenge", "short"), "invalid_request"),
        (request.clone().without("code_challenge"), "invalid_request"),
        (
            request.clone().with("response_mode", "fragment"),
            "invalid_request",
        ),
        (
            request.clone().with("request_uri", "https://evil.example/"),
            "request_uri_not_supported",
        ),
        (
            request.clone().with("registration", "{}"),
            "registration_not_supported",
        ),
        (request.clone().with("prompt", "none"), "login_required"),
        (request.clone().with("prompt", "none login"), "invalid_request"),
        (request.clone().with("max_age", "soon"), "invalid_request"),
        (request.clone().with("max_age", "-1"), "invalid_request"),
        (request.clone().with("claims", "not json"), "invalid_request"),
        (request.clone().with("id_token_hint", "a.b.c"), "invalid_request"),
        (request.clone().and("nonce", "twice"), "invalid_request"),
        (request.clone().and("scope", "openid"), "invalid_request"),
        (
            request.clone().and("prompt", "login").and("prompt", "login"),
            "invalid_request",
        ),
    ];
    for (request, error) in cases {
        let page = app.browser().get(&request.url()).await;
        let response = request.read(&page);
        assert_eq!(response.error(), error, "{:?}", request.parameters);
        assert_eq!(response.get("code"), "");
        let said = response.get("error_description");
        assert!(said.bytes().all(|b| (b' '..=b'~').contains(&b)), "{said}");
    }
}

#[tokio::test]
async fn a_repeated_state_is_an_error_of_the_client() {
    let app = TestApp::start().await;
    let request = app.client("hrss").await.sign_in().and("state", "another");
    let page = app.browser().get(&request.url()).await;
    let to = page.left_for().expect("the redirect URI is proven");
    assert!(to.as_str().starts_with(request.parameter("redirect_uri")));
    assert!(to.as_str().contains("error=invalid_request"), "{to}");
}

#[tokio::test]
async fn state_comes_back_as_it_was_sent() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    for state in [
        "x".repeat(2000),
        "云川 & <b>\"'%00+?#".to_owned(),
        " ".to_owned(),
        "a=b&code=c".to_owned(),
    ] {
        let request = client.sign_in().with("state", &state).with("prompt", "none");
        request.read(&app.browser().get(&request.url()).await);
    }
    let resident = app.resident("13800000001");
    let request = client.sign_in().with("state", &"长".repeat(200));
    resident.go_through(&request).await.code();
}

#[tokio::test]
async fn what_a_server_need_not_know_is_ignored() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client
        .sign_in_for("openid email address something:else")
        .with("acr_values", "urn:none:such")
        .with("claims_locales", "tlh")
        .with("ui_locales", "tlh-Latn")
        .with("display", "wap")
        .with("login_hint", "'; DROP TABLE account; --")
        .with("prompt", "something")
        .with("vendor_parameter", "1");
    let response = resident.go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid");
}

#[tokio::test]
async fn a_request_may_be_posted() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let request = client.sign_in();
    let page = resident
        .browser
        .post_from(&request.origin(), "/oauth2/authorize", &request.form())
        .await;
    assert!(page.has("#phone"), "{}", page.answer.body);
    let response = request.read(&resident.go_on(page).await);
    client.tokens(&request, &response).await;

    // With a session: the cross-site POST brings no cookie, and the sign-in still is not asked for again.
    let request = client.sign_in();
    let page = resident
        .browser
        .post_from(&request.origin(), "/oauth2/authorize", &request.form())
        .await;
    request.read(&page).code();
}

#[tokio::test]
async fn a_public_client_must_use_pkce_and_a_confidential_one_may() {
    let app = TestApp::start().await;
    let public = app.register(Registration::new("app").public()).await;
    let bare = |request: SignIn| request.without("code_challenge").without("code_challenge_method");
    let request = bare(public.sign_in());
    let response = request.read(&app.browser().get(&request.url()).await);
    assert_eq!(response.error(), "invalid_request");

    let client = app.client("hrss").await;
    let request = bare(client.sign_in()).without("nonce").without("state");
    let resident = app.resident("13800000001");
    let page = resident.go_on(resident.follow(&request).await).await;
    let url = page.left_for().expect("a response");
    let response = yimen_http_tests::Response::parse(&url);
    assert_eq!(response.get("state"), "");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", response.code()),
        ("redirect_uri", request.parameter("redirect_uri")),
    ];
    let answer = client.call("/oauth2/token", &form).await;
    let tokens = client.checked(answer, "").await;
    assert!(tokens.claims["nonce"].is_null());
}

#[tokio::test]
async fn a_native_app_may_choose_its_port() {
    let app = TestApp::start().await;
    let (status, said) = app.command(&[
        "client",
        "add",
        "--id",
        "app",
        "--name",
        "一门应用",
        "--department",
        "云川市某局",
        "--native",
        "--auth-method",
        "none",
        "--redirect-uri",
        "http://127.0.0.1/callback",
    ]);
    assert!(status.success(), "{said}");
    let request = app.client("hrss").await.sign_in().with("client_id", "app");
    for (uri, good) in [
        ("http://127.0.0.1:54321/callback", true),
        ("http://127.0.0.1/callback", true),
        ("http://127.0.0.1:54321/other", false),
        ("http://localhost:54321/callback", false),
        ("http://127.0.0.1.evil.example:54321/callback", false),
        ("http://user@127.0.0.1:54321/callback", false),
    ] {
        let page = app
            .browser()
            .get(&request.clone().with("redirect_uri", uri).url())
            .await;
        assert_eq!(page.has("#phone"), good, "{uri}");
        assert_eq!(page.status() == 400, !good, "{uri}");
    }
}

#[tokio::test]
async fn a_removed_client_is_unknown_within_seconds() {
    let app = TestApp::start().await;
    let request = app.client("hrss").await.sign_in();
    assert!(app.browser().get(&request.url()).await.has("#phone"));
    let (status, said) = app.command(&["client", "remove", "hrss"]);
    assert!(status.success(), "{said}");
    app.advance("6s").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    app.browser()
        .get(&request.url())
        .await
        .assert_error(400, "unknown_client");
}

#[tokio::test]
async fn a_removed_client_reads_no_more_of_anybody() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let tokens = app.resident("13800000001").sign_in_to(&client).await;
    assert_eq!(client.userinfo(&tokens.access).await.status, 200);
    let (status, said) = app.command(&["client", "remove", "hrss"]);
    assert!(status.success(), "{said}");
    app.advance("6s").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(client.userinfo(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn a_request_too_long_to_be_kept_is_refused_to_the_client() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client.sign_in().with("ui_locales", &"\u{1}".repeat(4_000));
    let response = request.read(&app.resident("13800000001").follow(&request).await);
    assert_eq!(response.error(), "invalid_request");
}
