//! How clients prove themselves (OpenID Connect Core 1.0 §9, RFC 6749 §2.3, RFC 7523).

use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use yimen_http_tests::{
    Answer, Auth, Backend, Client, Key, OwnRedis, Registration, Setup, TestApp, assertion_claims,
};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Asks for tokens with a made-up code: `invalid_grant` means that the client has proven itself.
async fn prove(app: &TestApp, header: Option<&str>, more: &[(&str, &str)]) -> Answer {
    let mut request = app.request("POST", "/oauth2/token");
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", "made-up"),
        ("redirect_uri", "https://x.example/"),
    ];
    form.extend_from_slice(more);
    Answer::of(request.form(&form)).await
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine;
    let pair = format!("{id}:{secret}");
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

fn secret_of(client: &Client) -> &str {
    match &client.auth {
        Auth::Basic(secret) | Auth::Post(secret) => secret,
        _ => panic!("{} has no secret", client.id),
    }
}

fn key_of(client: &Client) -> &Key {
    match &client.auth {
        Auth::Assertion(key) => key,
        _ => panic!("{} has no key", client.id),
    }
}

#[tokio::test]
async fn each_method_signs_a_resident_in() {
    let app = TestApp::start().await;
    for (end, registration) in [
        Registration::new("basic"),
        Registration::new("post").post(),
        Registration::new("key").with_key(),
        Registration::new("public").public(),
    ]
    .into_iter()
    .enumerate()
    {
        let client = app.register(registration).await;
        app.resident(&format!("1380000000{end}"))
            .sign_in_to(&client)
            .await;
    }
}

#[tokio::test]
async fn a_secret_must_be_right_and_sent_the_registered_way() {
    let app = TestApp::start().await;
    let (client, posting) = (
        app.client("hrss").await,
        app.register(Registration::new("post").post()).await,
    );
    let (secret, posted) = (secret_of(&client), secret_of(&posting));
    prove(&app, Some(&basic("hrss", secret)), &[])
        .await
        .assert_error(400, "invalid_grant");
    let wrong = prove(&app, Some(&basic("hrss", "wrong")), &[]).await;
    wrong.assert_error(401, "invalid_client");
    assert!(
        wrong.header("www-authenticate").starts_with("Basic"),
        "RFC 6749 §5.2"
    );
    let unknown = prove(&app, Some(&basic("nobody", "wrong")), &[]).await;
    assert_eq!(
        (unknown.status, &unknown.body),
        (wrong.status, &wrong.body),
        "no telling which was wrong"
    );

    for (header, form) in [
        (Some(basic("hrss", "")), vec![]),
        (Some(basic("post", posted)), vec![]),
        (Some("Basic !!!".to_owned()), vec![]),
        (Some("Bearer x".to_owned()), vec![]),
        (None, vec![("client_id", "hrss"), ("client_secret", secret)]),
        (None, vec![("client_id", "post"), ("client_secret", "wrong")]),
        (None, vec![("client_id", "hrss")]),
        (None, vec![("client_id", "post"), ("client_secret", "")]),
        (None, vec![]),
        (Some(basic("hrss", secret)), vec![("client_id", "post")]),
    ] {
        let answer = prove(&app, header.as_deref(), &form).await;
        answer.assert_error(401, "invalid_client");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    prove(&app, None, &[("client_id", "post"), ("client_secret", posted)])
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn one_way_at_a_time() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let secret = secret_of(&client);
    let header = basic("hrss", secret);
    for form in [
        vec![("client_id", "hrss"), ("client_secret", secret)],
        vec![("client_assertion_type", KIND), ("client_assertion", "a.b.c")],
    ] {
        prove(&app, Some(&header), &form)
            .await
            .assert_error(400, "invalid_request");
    }
    let both = [
        ("client_secret", secret),
        ("client_id", "hrss"),
        ("client_assertion", "a.b.c"),
    ];
    prove(&app, None, &both)
        .await
        .assert_error(400, "invalid_request");
}

#[tokio::test]
async fn a_new_secret_ends_the_old_one() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let old = secret_of(&client);
    let new = app.command_json(&["client", "rotate-secret", "hrss"]);
    let new = new["client_secret"].as_str().unwrap();
    app.advance("6s").await;
    prove(&app, Some(&basic("hrss", old)), &[])
        .await
        .assert_error(401, "invalid_client");
    prove(&app, Some(&basic("hrss", new)), &[])
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_assertion_is_checked_in_every_claim() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("key").with_key()).await;
    let key = key_of(&client);
    let issuer = app.url("");
    let good = assertion_claims("key", &issuer);
    let now = good["exp"].as_i64().unwrap() - 60;
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = assertion_claims("key", &issuer);
        claims[name] = value;
        key.sign(&claims)
    };
    let token_endpoint = app.url("/oauth2/token");
    for (assertion, good) in [
        (key.sign(&good), true),
        (with("aud", json!(token_endpoint)), true),
        (
            with("aud", json!([issuer.as_str(), "https://other.example"])),
            true,
        ),
        (with("iat", json!(now + 30)), true),
        (with("aud", json!("https://other.example")), false),
        (with("aud", json!(format!("{issuer}/"))), false),
        (with("aud", json!([])), false),
        (with("exp", json!(now - 120)), false),
        (with("exp", json!(now + 86_400)), false),
        (with("exp", json!(null)), false),
        (with("exp", json!("soon")), false),
        (with("iss", json!("other")), false),
        (with("sub", json!("other")), false),
        (with("jti", json!(null)), false),
        (with("nbf", json!(now + 600)), false),
        (Key::new().sign(&assertion_claims("key", &issuer)), false),
        (
            key.sign_with(&json!({"alg": "none"}), &assertion_claims("key", &issuer)),
            false,
        ),
        (
            key.sign_with(
                &json!({"alg": "HS256", "kid": key.kid}),
                &assertion_claims("key", &issuer),
            ),
            false,
        ),
        (
            key.sign_with(
                &json!({"alg": "ES256", "kid": key.kid, "crit": ["x"], "x": 1}),
                &assertion_claims("key", &issuer),
            ),
            false,
        ),
        ("a.b.c".to_owned(), false),
        ("".to_owned(), false),
        (format!("{}x", key.sign(&assertion_claims("key", &issuer))), false),
    ] {
        let form = [
            ("client_assertion_type", KIND),
            ("client_assertion", assertion.as_str()),
        ];
        let answer = prove(&app, None, &form).await;
        if good {
            answer.assert_error(400, "invalid_grant");
        } else {
            answer.assert_error(401, "invalid_client");
        }
    }
}

/// An assertion, as it is posted.
const fn assertion_form(assertion: &str) -> [(&'static str, &str); 2] {
    [("client_assertion_type", KIND), ("client_assertion", assertion)]
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("key").with_key()).await;
    let assertion = key_of(&client).assertion("key", &app.url(""));
    let form = assertion_form(&assertion);
    prove(&app, None, &form).await.assert_error(400, "invalid_grant");
    prove(&app, None, &form).await.assert_error(401, "invalid_client");
    let form = [
        ("client_assertion_type", "something"),
        ("client_assertion", assertion.as_str()),
    ];
    prove(&app, None, &form).await.assert_error(401, "invalid_client");
}

#[tokio::test]
async fn an_assertion_is_not_good_again_after_a_restart() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("key").with_key()).await;
    let (key, issuer) = (key_of(&client), app.url(""));
    let (used, unused) = (key.assertion("key", &issuer), key.assertion("key", &issuer));
    let ageless = |life: i64| {
        let mut claims = assertion_claims("key", &issuer);
        claims.as_object_mut().unwrap().remove("iat");
        claims["exp"] = json!(claims["exp"].as_i64().unwrap() - 60 + life);
        key.sign(&claims)
    };
    let try_out = async |assertion: &str| {
        let form = [("client_assertion_type", KIND), ("client_assertion", assertion)];
        prove(&app, None, &form).await
    };
    try_out(&used).await.assert_error(400, "invalid_grant");
    app.start_again();

    let replayed = try_out(&used).await;
    replayed.assert_error(401, "invalid_client");
    assert!(replayed.body.contains("make a new one"), "{}", replayed.body);
    match app.backend() {
        // The process has forgotten what was used, and takes nothing that could have been.
        Backend::SqliteMemory => try_out(&unused).await.assert_error(401, "invalid_client"),
        Backend::PostgresRedis => try_out(&unused).await.assert_error(400, "invalid_grant"),
    }
    let fresh = key.assertion("key", &issuer);
    try_out(&fresh).await.assert_error(400, "invalid_grant");
    try_out(&fresh).await.assert_error(401, "invalid_client");

    // One that does not say when it was made could have been, until the longest life has passed.
    try_out(&ageless(60)).await.assert_error(401, "invalid_client");
    app.advance("11m").await;
    try_out(&ageless(700)).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn an_assertion_is_not_good_again_when_redis_has_lost_its_memory() {
    let redis = OwnRedis::start().await;
    let app = Setup::new().set("state.url", redis.url.as_str()).start().await;
    let client = app.register(Registration::new("key").with_key()).await;
    // An assertion's time is in whole seconds, and what was made in the second in which Redis began is refused.
    let pass = async |count: fn(Duration) -> u128| {
        let now = || count(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        let began = now();
        while now() == began {
            tokio::task::yield_now().await;
        }
    };
    pass(|time| time.as_secs().into()).await;
    let assertion = key_of(&client).assertion("key", &app.url(""));
    let form = assertion_form(&assertion);
    prove(&app, None, &form).await.assert_error(400, "invalid_grant");
    redis.tell(&["FLUSHALL"]).await;
    prove(&app, None, &form).await.assert_error(401, "invalid_client");
    // Its memory begins at the end of the millisecond.
    pass(|time| time.as_millis()).await;
    client.refresh("made-up").await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_does_no_harm() {
    let app = TestApp::start().await;
    let client = app.register(Registration::new("key").with_key()).await;
    // The server's clock runs 50 seconds ahead of the client's.
    app.advance("50s").await;
    let mut claims = assertion_claims("key", &app.url(""));
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() - 59);
    let assertion = key_of(&client).sign(&claims);
    let form = [
        ("client_assertion_type", KIND),
        ("client_assertion", assertion.as_str()),
    ];
    prove(&app, None, &form).await.assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_client_with_a_key_cannot_fall_back_to_less() {
    let app = TestApp::start().await;
    app.register(Registration::new("key").with_key()).await;
    for form in [
        vec![("client_id", "key")],
        vec![("client_id", "key"), ("client_secret", "")],
    ] {
        prove(&app, None, &form).await.assert_error(401, "invalid_client");
    }
    prove(&app, Some(&basic("key", "")), &[])
        .await
        .assert_error(401, "invalid_client");
}
