//! Pushed authorization requests (RFC 9126).

use yimen_http_tests::{Client, Page, Registration, SignIn, TestApp};

const BEGIN: &str = "https://hrss.yunchuan.example/login";

async fn hrss(app: &TestApp) -> Client {
    let registration = Registration::new("hrss").option("--initiate-login-uri", BEGIN);
    app.register(registration.with_key()).await
}

/// There is nothing under this `request_uri`: a page says so, and offers to begin anew at the service.
#[track_caller]
fn assert_over(page: &Page) {
    page.assert_error(410, "interaction_expired");
    assert!(page.attribute("#back", "href").starts_with(BEGIN));
}

/// This browser's own sign-in is over: it is sent to where the service begins.
#[track_caller]
fn assert_sent_back(page: &Page) {
    let to = page.left_for().expect("the browser is sent somewhere");
    assert!(to.as_str().starts_with(BEGIN), "{to}");
}

#[tokio::test]
async fn a_pushed_request_signs_a_resident_in_whatever_the_client_proves_itself_by() {
    let app = TestApp::start().await;
    let registrations = [
        Registration::new("basic"),
        Registration::new("post").post(),
        Registration::new("key").with_key(),
        Registration::new("app").public(),
    ];
    for (at, registration) in registrations.into_iter().enumerate() {
        let client = app.register(registration).await;
        let request = client.sign_in();
        let answer = client.push(&request).await;
        assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
        assert_eq!(answer.json()["expires_in"], 180);
        let uri = answer.field("request_uri");
        assert!(
            uri.starts_with("urn:ietf:params:oauth:request_uri:") && uri.len() > 70,
            "{uri}"
        );
        let request = request.bringing(&[("client_id", &client.id), ("request_uri", &uri)]);
        let resident = app.resident(&format!("1380000000{at}"));
        let response = resident.go_through(&request).await;
        client.tokens(&request, &response).await;
    }
}

#[tokio::test]
async fn an_assertion_for_the_endpoint_itself_serves_there_alone() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in();
    let assertion = || client.key().assertion("hrss", &app.url("/oauth2/par"));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let (one, two) = (assertion(), assertion());
    let mut form = request.form();
    form.extend([("client_assertion_type", kind), ("client_assertion", &one)]);
    let pushed = app.post("/oauth2/par", &form).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let again = app.post("/oauth2/par", &form).await;
    again.assert_error(401, "invalid_client");
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "made-up"),
        ("client_assertion_type", kind),
        ("client_assertion", &two),
    ];
    app.post("/oauth2/token", &form)
        .await
        .assert_error(401, "invalid_client");
}

#[tokio::test]
async fn what_the_browser_brings_beside_it_does_not_count() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.pushed(client.sign_in_for("openid")).await;
    let uri = request.form()[1].1.to_owned();
    let meddled = request.clone().bringing(&[
        ("client_id", "hrss"),
        ("request_uri", &uri),
        ("redirect_uri", "https://evil.example/callback"),
        ("state", "another"),
        ("scope", "openid phone"),
        ("code_challenge", "x"),
        ("response_type", "token"),
        ("nonce", "another"),
        ("nonce", "a third"),
    ]);
    let response = app.resident("13800000001").go_through(&meddled).await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid");
}

#[tokio::test]
async fn a_request_is_checked_when_it_is_pushed() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in();
    let cases: [(SignIn, &str); 15] = [
        (request.clone().without("redirect_uri"), "invalid_request"),
        (
            request.clone().with("redirect_uri", "https://evil.example/"),
            "invalid_request",
        ),
        (
            request.clone().and("redirect_uri", "https://evil.example/"),
            "invalid_request",
        ),
        (request.clone().without("response_type"), "invalid_request"),
        (
            request.clone().with("response_type", "token"),
            "unsupported_response_type",
        ),
        (request.clone().with("scope", "phone"), "invalid_scope"),
        (
            request.clone().with("response_mode", "fragment"),
            "invalid_request",
        ),
        (
            request.clone().with("code_challenge_method", "plain"),
            "invalid_request",
        ),
        (request.clone().with("prompt", "none login"), "invalid_request"),
        (request.clone().with("max_age", "soon"), "invalid_request"),
        (request.clone().with("claims", "not json"), "invalid_request"),
        (request.clone().with("id_token_hint", "a.b.c"), "invalid_request"),
        (
            request.clone().with("registration", "{}"),
            "registration_not_supported",
        ),
        (
            request.clone().with("ui_locales", &"x".repeat(9_000)),
            "invalid_request",
        ),
        (
            request
                .clone()
                .with("request_uri", "urn:ietf:params:oauth:request_uri:x"),
            "invalid_request",
        ),
    ];
    for (request, error) in cases {
        client.push(&request).await.assert_error(400, error);
    }
    let anothers = request.clone().with("client_id", "other");
    client.push(&anothers).await.assert_error(401, "invalid_client");
    let nobodys = app.post("/oauth2/par", &request.form()).await;
    nobodys.assert_error(401, "invalid_client");
    let public = app.register(Registration::new("app").public()).await;
    let bare = public
        .sign_in()
        .without("code_challenge")
        .without("code_challenge_method");
    public.push(&bare).await.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn anothers_request_uri_is_worth_nothing() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let other = app.client("amr").await;
    let request = client.pushed(client.sign_in()).await;
    let uri = request.form()[1].1.to_owned();
    let resident = app.resident("13800000001");
    let stolen = other
        .sign_in()
        .bringing(&[("client_id", "amr"), ("request_uri", &uri)]);
    resident
        .follow(&stolen)
        .await
        .assert_error(410, "interaction_expired");
    // Whoever tries has not used it up.
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn junk_in_the_place_of_a_request_uri_is_a_page() {
    let app = TestApp::start().await;
    let request = hrss(&app).await.sign_in();
    let ours = "urn:ietf:params:oauth:request_uri:";
    for end in ["", "x", "\u{0}", "{}", "长", &"x".repeat(5_000)] {
        let uri = format!("{ours}{end}");
        let junk = request
            .clone()
            .bringing(&[("client_id", "hrss"), ("request_uri", &uri)]);
        assert_over(&app.browser().get(&junk.url()).await);
    }
    let twice = request.clone().bringing(&[
        ("client_id", "hrss"),
        ("request_uri", ours),
        ("request_uri", ours),
    ]);
    let page = app.browser().get(&twice.url()).await;
    page.assert_error(400, "faulty_request");
}

#[tokio::test]
async fn two_tabs_with_one_request_get_one_answer() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let resident = app.resident("13800000001");
    let request = client.pushed(client.sign_in()).await;
    let (one, two) = (resident.follow(&request).await, resident.follow(&request).await);
    assert!(one.has("#phone") && two.has("#phone"), "it may be loaded again");
    let response = request.read(&resident.go_on(two).await);
    client.tokens(&request, &response).await;
    assert_sent_back(&resident.go_on(one.reload().await).await);
    // Back, to the very beginning.
    assert_over(&resident.follow(&request).await);
}

#[tokio::test]
async fn of_many_at_once_who_are_signed_in_one_gets_the_code() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let resident = app.resident("13800000001");
    resident.sign_in_to(&client).await;
    let request = client.pushed(client.sign_in()).await;
    let (a, b, c) = tokio::join!(
        resident.follow(&request),
        resident.follow(&request),
        resident.follow(&request)
    );
    let pages = [a, b, c];
    let left = pages.iter().filter_map(Page::left_for);
    let codes = left.filter(|to| to.as_str().contains("code=")).count();
    assert_eq!(codes, 1);
}

#[tokio::test]
async fn a_request_that_was_refused_is_answered_too() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let resident = app.resident("13800000001");
    let request = client.pushed(client.sign_in()).await;
    let (one, two) = (resident.follow(&request).await, resident.follow(&request).await);
    let refused = resident.sign_in_at(&one).await.press("#deny", &[]).await;
    assert_eq!(request.read(&refused).error(), "access_denied");
    assert_sent_back(&resident.go_on(two.reload().await).await);
    assert_over(&resident.follow(&request).await);

    let silent = client.sign_in().with("prompt", "none");
    let silent = client.pushed(silent).await;
    let stranger = app.resident("13800000002");
    assert_eq!(
        silent.read(&stranger.follow(&silent).await).error(),
        "login_required"
    );
    assert_over(&stranger.follow(&silent).await);
}

#[tokio::test]
async fn a_request_waits_some_minutes_for_its_browser_and_longer_for_its_resident() {
    let app = TestApp::start().await;
    // By a secret: the test's own assertions would be half an hour old.
    let registration = Registration::new("hrss").option("--initiate-login-uri", BEGIN);
    let client = app.register(registration).await;
    let resident = app.resident("13800000001");
    let (begun, unused) = (
        client.pushed(client.sign_in()).await,
        client.pushed(client.sign_in()).await,
    );
    let page = resident.follow(&begun).await;
    app.advance("181s").await;
    assert_over(&resident.follow(&unused).await);
    assert_over(&resident.follow(&begun).await);
    app.advance("20m").await;
    let response = begun.read(&resident.go_on(page).await);
    client.tokens(&begun, &response).await;
}

#[tokio::test]
async fn a_pushed_request_that_expired_at_a_page_is_not_asked_once_more() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let resident = app.resident("13800000001");
    let page = resident.follow(&client.pushed(client.sign_in()).await).await;
    let bare = app.register(Registration::new("bare")).await;
    let dead_end = resident.follow(&bare.pushed(bare.sign_in()).await).await;
    app.advance("31m").await;
    assert_sent_back(&page.reload().await);
    dead_end.reload().await.assert_error(410, "interaction_expired");
}

#[tokio::test]
async fn what_is_registered_is_compared_once_more_when_the_browser_comes() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.pushed(client.sign_in()).await;
    let elsewhere = "https://hrss.yunchuan.example/new";
    app.command_json(&["client", "update", "hrss", "--redirect-uri", elsewhere]);
    app.advance("6s").await;
    let page = app.browser().get(&request.url()).await;
    page.assert_error(400, "redirect_uri_not_registered");
}

#[tokio::test]
async fn a_client_that_pushes_always_is_held_to_it() {
    let app = TestApp::start().await;
    let registration = Registration::new("hrss").with_key().flag("--require-par");
    let client = app.register(registration).await;
    let plain = client.sign_in();
    let response = plain.read(&app.browser().get(&plain.url()).await);
    assert_eq!(response.error(), "invalid_request");
    assert!(response.get("error_description").contains("/oauth2/par"));
    let signed = client.signed(client.sign_in(), &client.object(&client.sign_in()));
    let page = app.browser().get(&signed.url()).await;
    assert!(
        page.left_for()
            .is_some_and(|to| to.as_str().contains("invalid_request"))
    );
    let request = client.pushed(client.sign_in()).await;
    let response = app.resident("13800000001").go_through(&request).await;
    client.tokens(&request, &response).await;

    app.command_json(&["client", "update", "hrss", "--clear", "require-par"]);
    app.advance("6s").await;
    let plain = client.sign_in();
    assert!(app.browser().get(&plain.url()).await.has("#phone"));
}
