//! A department's API behind the SDK's guard, called with tokens of the real provider.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use yimen_http_tests::{Authenticator, Client, Key, SignIn, TestApp, decode};
use yimen_sdk::{Access, Bearer, Clock, Yimen};

use crate::proofing::{XIUYING, prove, start};

/// The system that calls.
const CALLER: &str = "hall";

struct Sign;

impl Access for Sign {
    const LEVEL: u8 = 3;
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(300));
}

/// The clock of a department's system, and how far it is ahead of the machine's, in seconds.
pub(crate) fn clock_ahead() -> (Clock, Arc<AtomicU64>) {
    let ahead: Arc<AtomicU64> = Arc::default();
    let ours = Arc::clone(&ahead);
    let clock = Clock::new(move || SystemTime::now() + Duration::from_secs(ours.load(Ordering::Relaxed)));
    (clock, ahead)
}

struct Api {
    url: String,
    http: reqwest::Client,
    /// How far its clock is ahead of the machine's, in seconds.
    ahead: Arc<AtomicU64>,
}

impl Api {
    async fn start(app: &TestApp) -> Api {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (clock, ahead) = clock_ahead();
        let yimen = Yimen::at(app.url(""))
            .department(&url)
            .api_callers([CALLER])
            .key_file(app.dir().join("department.pem"))
            .clock(clock)
            .load()
            .await
            .unwrap();
        let sign = async |caller: Bearer<Sign>| format!("signed for {}", caller.sub());
        let router = Router::new()
            .route("/whoami", get(async |caller: Bearer| caller.sub().to_owned()))
            .route("/sign", post(sign))
            .layer(yimen.layer());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Api {
            url,
            http: app.http_client(),
            ahead,
        }
    }

    /// What it answers to this token: the status, the challenge, the body.
    async fn call(&self, method: &str, path: &str, token: &str) -> (u16, String, String) {
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.url));
        let answer = request.bearer_auth(token).send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map(|text| text.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        (
            status,
            challenge.unwrap_or_default(),
            answer.text().await.unwrap(),
        )
    }

    async fn sign(&self, token: &str) -> (u16, String, String) {
        self.call("POST", "/sign", token).await
    }

    async fn assert_invalid(&self, token: &str, what: &str) {
        let (status, challenge, _) = self.call("GET", "/whoami", token).await;
        assert_eq!(status, 401, "{what}");
        assert!(
            challenge.contains("error=\"invalid_token\""),
            "{what}: {challenge}"
        );
    }
}

/// One parameter of a challenge (RFC 9110 §11.2).
fn parameter(challenge: &str, name: &str) -> String {
    let (_, rest) = challenge
        .split_once(&format!("{name}=\""))
        .unwrap_or_else(|| panic!("no {name} in {challenge}"));
    rest.split('"').next().unwrap().to_owned()
}

/// The authorization request that a challenge asks for (RFC 9470 §4), by a client that knows nothing of levels.
fn follow(client: &Client, challenge: &str) -> SignIn {
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    assert_eq!(parameter(challenge, "error"), "insufficient_user_authentication");
    client
        .sign_in()
        .with("acr_values", &parameter(challenge, "acr_values"))
        .with("max_age", &parameter(challenge, "max_age"))
}

#[tokio::test]
async fn who_lacks_level_or_age_follows_the_challenge_and_gets_through() {
    let (app, _authority) = start().await;
    let client = app.client(CALLER).await;
    let api = Api::start(&app).await;
    let (resident, passkey) = (app.resident("13800000001"), Authenticator::new());

    let tokens = resident.sign_in_to(&client).await;
    let (_, claims) = decode(&tokens.access);
    assert_eq!(claims["acr"], app.url("/acr/1"));
    assert_eq!(api.call("GET", "/whoami", &tokens.access).await.0, 200);
    let (status, challenge, _) = api.sign(&tokens.access).await;
    assert_eq!(status, 401);
    assert_eq!(parameter(&challenge, "acr_values"), app.url("/acr/3"));
    assert_eq!(parameter(&challenge, "max_age"), "300");

    let request = follow(&client, &challenge);
    let make = resident.follow(&request).await;
    let identity = passkey.sign_in(&passkey.enrol(&make).await).await;
    let proven = prove(&identity, XIUYING).await;
    let response = request.read(&resident.go_on(proven).await);
    let raised = client.tokens(&request, &response).await;
    let signed = (200, String::new(), format!("signed for {}", tokens.sub()));
    assert_eq!(api.sign(&raised.access).await, signed);
    assert_eq!(
        api.sign(&tokens.access).await.0,
        401,
        "the old token is what it was"
    );

    // Five minutes later the person shows once more that it is them. A refresh does not: it says when they last did.
    let later = 301;
    app.advance(&format!("{later}s")).await;
    api.ahead.store(later, Ordering::Relaxed);
    let refreshed = client.refresh(&raised.refresh).await.field("access_token");
    assert_eq!(api.call("GET", "/whoami", &refreshed).await.0, 200);
    let (status, challenge, _) = api.sign(&refreshed).await;
    assert_eq!(status, 401, "{challenge}");
    let request = follow(&client, &challenge);
    let page = resident.follow(&request).await;
    assert!(page.has("#phone"), "signs in anew: {}", page.answer.body);
    let response = request.read(&resident.go_on(passkey.sign_in(&page).await).await);
    let fresh = client.tokens(&request, &response).await;
    assert_eq!(api.sign(&fresh.access).await, signed);
}

#[tokio::test]
async fn what_the_provider_did_not_issue_for_this_api_opens_nothing() {
    let (app, _authority) = start().await;
    let client = app.client(CALLER).await;
    let api = Api::start(&app).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    assert_eq!(api.call("GET", "/whoami", &tokens.access).await.0, 200);

    let other = resident.sign_in_to(&app.client("tax").await).await;
    api.assert_invalid(&other.access, "another department's").await;
    api.assert_invalid(&tokens.id, "an ID token: the wrong typ").await;
    api.assert_invalid(&tokens.refresh, "a refresh token").await;

    let (header, claims) = decode(&tokens.access);
    assert_eq!(header["typ"], "at+jwt");
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let (message, signature) = tokens.access.rsplit_once('.').unwrap();
    for alg in ["none", "None"] {
        let none = part(&json!({ "alg": alg, "typ": "at+jwt", "kid": header["kid"] }));
        api.assert_invalid(&format!("{none}.{}.", part(&claims)), alg)
            .await;
        api.assert_invalid(&format!("{none}.{}.{signature}", part(&claims)), alg)
            .await;
    }
    api.assert_invalid(&format!("{message}."), "without its signature")
        .await;
    let forged = json!({ "alg": "ES256", "typ": "at+jwt", "kid": header["kid"] });
    let forged = Key::new().sign_with(&forged, &claims);
    api.assert_invalid(&forged, "another's key under the provider's name")
        .await;
    let mut raised = claims.clone();
    raised["acr"] = json!(app.url("/acr/4"));
    let payload = message
        .split_once('.')
        .map(|(first, _)| format!("{first}.{}", part(&raised)));
    api.assert_invalid(
        &format!("{}.{signature}", payload.unwrap()),
        "a level of one's own",
    )
    .await;

    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    api.ahead.store(lifetime + 1, Ordering::Relaxed);
    api.assert_invalid(&tokens.access, "expired").await;
}
