//! Signed requests by value (RFC 9101, OpenID Connect Core 1.0 §6.1).

use serde_json::{Value, json};
use yimen_http_tests::{Client, Key, Registration, SignIn, TestApp, assertion_claims};

const BEGIN: &str = "https://hrss.yunchuan.example/login";

async fn hrss(app: &TestApp) -> Client {
    let registration = Registration::new("hrss").option("--initiate-login-uri", BEGIN);
    app.register(registration.with_key()).await
}

fn signed(client: &Client) -> SignIn {
    let request = client.sign_in();
    let claims = client.object(&request);
    client.signed(request, &claims)
}

/// A request object of these claims as the browser brings it, beside a plain request that is right.
fn beside(request: &SignIn, object: &str) -> SignIn {
    let mut brought = request.form();
    brought.push(("request", object));
    request.clone().bringing(&brought)
}

#[tokio::test]
async fn a_signed_request_signs_a_resident_in() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let resident = app.resident("13800000001");
    let request = signed(&client);
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await;

    // By POST, and with structures where a query has text.
    let request = client.sign_in();
    let mut claims = client.object(&request);
    claims["max_age"] = json!(0);
    claims["claims"] = json!({"id_token": {"phone_number": {"essential": true}}});
    app.advance("61s").await;
    let request = client.signed(request, &claims);
    let page = resident
        .browser
        .post_from(&request.origin(), "/oauth2/authorize", &request.form())
        .await;
    assert!(page.has("#phone"), "max_age 0 wants a new sign-in");
    let response = request.read(&resident.go_on(page).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["phone_number"], "+8613800000001");
}

#[tokio::test]
async fn a_signed_request_may_be_pushed() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.pushed(signed(&client)).await;
    let response = app.resident("13800000001").go_through(&request).await;
    client.tokens(&request, &response).await;
}

#[tokio::test]
async fn what_stands_beside_it_does_not_count() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in_for("openid");
    let object = client.key().sign(&client.object(&request));
    let meddled = request
        .clone()
        .with("redirect_uri", "https://evil.example/callback")
        .with("state", "another")
        .with("scope", "openid phone")
        .with("prompt", "none")
        .and("nonce", "another");
    let meddled = request.clone().bringing(&beside(&meddled, &object).form());
    let response = app.resident("13800000001").go_through(&meddled).await;
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.answer.field("scope"), "openid");

    // And nothing is made up for by it.
    let request = client.sign_in();
    let mut claims = client.object(&request);
    claims.as_object_mut().unwrap().remove("redirect_uri");
    let page = app
        .browser()
        .get(&beside(&request, &client.key().sign(&claims)).url())
        .await;
    page.assert_error(400, "faulty_request");
}

/// Request objects that are not the client's, not for us or not meant as a request, by what is wrong with them.
fn refused(app: &TestApp, client: &Client, request: &SignIn) -> Vec<(&'static str, String)> {
    let key = client.key();
    let claims = client.object(request);
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        key.sign(&claims)
    };
    let exp = claims["exp"].as_i64().unwrap();
    let whole = key.sign(&claims);
    let (content, signature) = whole.rsplit_once('.').unwrap();
    let unsigned = key.sign_with(&json!({"alg": "none"}), &claims);
    vec![
        ("nothing", String::from("a.b.c")),
        ("no signature", format!("{content}.")),
        ("half a signature", format!("{content}.{}", &signature[..43])),
        ("none", format!("{}.", unsigned.rsplit_once('.').unwrap().0)),
        (
            "a public key as a secret",
            key.sign_with(&json!({"alg": "HS256", "kid": key.kid}), &claims),
        ),
        ("another's key", Key::new().sign(&claims)),
        (
            "its own key along",
            Key::new().sign_with(&json!({"alg": "ES256", "jwk": key.jwks()["keys"][0]}), &claims),
        ),
        (
            "another type",
            key.sign_with(&json!({"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}), &claims),
        ),
        ("encrypted", "a.b.c.d.e".to_owned()),
        ("for another", with("aud", json!("https://evil.example"))),
        (
            "for an endpoint",
            with("aud", json!(app.url("/oauth2/authorize"))),
        ),
        ("of another", with("iss", json!("amr"))),
        ("another client's", with("client_id", json!("amr"))),
        ("no client's", with("client_id", Value::Null)),
        ("expired", with("exp", json!(exp - 200))),
        ("for ever", with("exp", json!(exp + 100_000))),
        ("without an end", with("exp", Value::Null)),
        ("not yet good", with("nbf", json!(exp + 600))),
        ("an assertion", key.sign(&assertion_claims("hrss", &app.url("")))),
        ("about somebody", with("sub", json!("hrss"))),
        ("within another", with("request", json!(whole))),
        ("elsewhere", with("request_uri", json!("https://evil.example/"))),
        ("a jti that is none", with("jti", json!(5))),
    ]
}

#[tokio::test]
async fn one_that_is_not_the_clients_for_us_is_a_page_and_nobody_is_sent_anywhere() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in();
    for (what, object) in refused(&app, &client, &request) {
        println!("{what}");
        let page = app.browser().get(&beside(&request, &object).url()).await;
        page.assert_error(400, "faulty_request");
        assert!(page.text("#dev").contains("invalid_request_object"), "{what}");
        page.assert_leads_home();
        let pushed = client.push(&beside(&request, &object)).await;
        pushed.assert_error(400, "invalid_request_object");
    }
    // A client without a key signs nothing.
    let keyless = app.client("amr").await;
    let mut claims = client.object(&keyless.sign_in());
    claims["iss"] = json!("amr");
    let object = client.key().sign(&claims);
    let page = app
        .browser()
        .get(&beside(&keyless.sign_in(), &object).url())
        .await;
    page.assert_error(400, "faulty_request");
}

#[tokio::test]
async fn an_unregistered_redirect_uri_within_is_never_followed() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in();
    let mut claims = client.object(&request);
    claims["redirect_uri"] = json!("https://evil.example/callback");
    let page = app
        .browser()
        .get(&beside(&request, &client.key().sign(&claims)).url())
        .await;
    page.assert_error(400, "redirect_uri_not_registered");
    page.assert_leads_home();
    // What is wrong otherwise goes to the one within, once it is proven.
    let mut claims = client.object(&request);
    claims["response_type"] = json!("token");
    let object = client.key().sign(&claims);
    let page = app.browser().get(&beside(&request, &object).url()).await;
    assert_eq!(request.read(&page).error(), "unsupported_response_type");
}

#[tokio::test]
async fn request_and_request_uri_are_not_sent_together() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in();
    let object = client.key().sign(&client.object(&request));
    for uri in ["https://evil.example/", "urn:ietf:params:oauth:request_uri:x"] {
        let both = beside(&request.clone().with("request_uri", uri), &object);
        app.browser()
            .get(&both.url())
            .await
            .assert_error(400, "faulty_request");
        client.push(&both).await.assert_error(400, "invalid_request");
    }
    let twice = beside(&beside(&request, &object), &object);
    let twice = request
        .clone()
        .bringing(&[twice.form(), vec![("request", &object)]].concat());
    app.browser()
        .get(&twice.url())
        .await
        .assert_error(400, "faulty_request");
}

#[tokio::test]
async fn one_with_a_jti_is_good_once() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = signed(&client);
    assert!(app.browser().get(&request.url()).await.has("#phone"));
    for _ in 0..2 {
        app.browser()
            .get(&request.url())
            .await
            .assert_error(400, "faulty_request");
    }
    client
        .push(&request)
        .await
        .assert_error(400, "invalid_request_object");

    let request = client.sign_in();
    let mut claims = client.object(&request);
    claims.as_object_mut().unwrap().remove("jti");
    let request = client.signed(request, &claims);
    for _ in 0..2 {
        assert!(app.browser().get(&request.url()).await.has("#phone"));
    }
}

#[tokio::test]
async fn one_that_is_too_long_is_refused() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let request = client.sign_in().with("ui_locales", &"x".repeat(9_000));
    let claims = client.object(&request);
    let long = client.signed(request.clone(), &claims);
    let page = app.browser().get(&long.url()).await;
    assert_eq!(request.read(&page).error(), "invalid_request");
    let again = client.sign_in().with("ui_locales", &"x".repeat(9_000));
    let claims = client.object(&again);
    let pushed = client.push(&client.signed(again, &claims)).await;
    pushed.assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_signed_request_that_expired_at_a_page_is_not_asked_once_more() {
    let app = TestApp::start().await;
    let client = hrss(&app).await;
    let page = app.resident("13800000001").follow(&signed(&client)).await;
    app.advance("31m").await;
    let to = page.reload().await.left_for().expect("a way back");
    assert!(to.as_str().starts_with(BEGIN), "{to}");
}

#[tokio::test]
async fn a_client_that_signs_always_is_held_to_it_and_to_its_algorithm() {
    let app = TestApp::start().await;
    let registration = Registration::new("hrss").with_key();
    let registration = registration
        .flag("--require-request-object")
        .option("--request-object-alg", "RS256");
    let client = app.register(registration).await;
    let plain = client.sign_in();
    let response = plain.read(&app.browser().get(&plain.url()).await);
    assert_eq!(response.error(), "invalid_request");
    assert!(response.get("error_description").contains("request"));
    client.push(&plain).await.assert_error(400, "invalid_request");
    app.browser()
        .get(&signed(&client).url())
        .await
        .assert_error(400, "faulty_request");

    app.command_json(&["client", "update", "hrss", "--request-object-alg", "ES256"]);
    app.advance("6s").await;
    let resident = app.resident("13800000001");
    let mut request = client.sign_in();
    let claims = client.object(&request);
    // The clock of the server is six seconds ahead by now.
    request = client.signed(request, &claims);
    let response = resident.go_through(&request).await;
    client.tokens(&request, &response).await;
    let request = client.pushed(signed(&client)).await;
    request.read(&resident.follow(&request).await).code();
}

#[test]
fn a_registration_of_request_objects_needs_keys_and_an_algorithm_that_is_verified() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let app = TestApp::start().await;
        app.client("hrss").await;
        for more in [
            ["--require-request-object"].as_slice(),
            &["--request-object-alg", "ES256"],
            &[
                "--jwks-uri",
                "https://hrss.yunchuan.example/jwks",
                "--request-object-alg",
                "none",
            ],
            &[
                "--jwks-uri",
                "https://hrss.yunchuan.example/jwks",
                "--request-object-alg",
                "HS256",
            ],
        ] {
            let line = [["client", "update", "hrss"].as_slice(), more].concat();
            let (status, said) = app.command(&line);
            assert!(!status.success(), "{more:?}: {said}");
        }
    });
}
