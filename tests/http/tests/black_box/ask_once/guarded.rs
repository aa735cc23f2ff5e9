//! The holder's interface behind the SDK's guard, called with tokens that the real provider has exchanged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::get;
use serde_json::json;
use yimen_http_tests::Registration;
use yimen_sdk::{Access, Bearer, Yimen};

use super::{City, HOLDER, KEY, asking, details, exchange, withdraw};
use crate::guard::clock_ahead;

struct ContributionRecord;

impl Access for ContributionRecord {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
}

struct Pension;

impl Access for Pension {
    const RECORD: Option<&'static str> = Some("pension");
    const PURPOSES: &'static [&'static str] = &["rent_subsidy"];
}

struct CreditCheck;

impl Access for CreditCheck {
    const RECORD: Option<&'static str> = Some("contribution_record");
    const PURPOSES: &'static [&'static str] = &["credit_check"];
}

fn told<A: Access>(caller: &Bearer<A>) -> String {
    let (actor, purpose) = (
        caller.actor().unwrap_or_default(),
        caller.purpose().unwrap_or_default(),
    );
    format!("{} {actor} {purpose}", caller.sub())
}

struct Api {
    url: String,
    http: reqwest::Client,
    ahead: Arc<AtomicU64>,
}

impl Api {
    /// The holder's own system, where it really runs.
    async fn start(city: &City) -> Api {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (clock, ahead) = clock_ahead();
        let yimen = Yimen::at(city.app.url(""))
            .department(&url)
            .client_id(HOLDER)
            .api_callers(["housing"])
            .key_file(city.app.dir().join("holder.pem"))
            .clock(clock);
        let yimen = yimen.load().await.unwrap();
        let router = Router::new()
            .route(
                "/contributions",
                get(async |caller: Bearer<ContributionRecord>| told(&caller)),
            )
            .route("/pension", get(async |caller: Bearer<Pension>| told(&caller)))
            .route("/credit", get(async |caller: Bearer<CreditCheck>| told(&caller)))
            .route("/own", get(async |caller: Bearer| told(&caller)))
            .layer(yimen.layer());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let http = city.app.http_client();
        Api { url, http, ahead }
    }

    async fn call(&self, path: &str, token: &str) -> (u16, String) {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(token);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn assert_refused(&self, path: &str, token: &str, error: &str) {
        let (_, body) = self.call(path, token).await;
        assert_eq!(body, json!({ "error": error }).to_string(), "{path}");
    }
}

#[tokio::test]
async fn the_guard_lets_in_who_may_read_this_record_for_this_purpose_and_nobody_else() {
    let city = City::start().await;
    let api = Api::start(&city).await;
    let known_there = city.resident.sign_in_to(&city.holder).await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    let read = format!("{} housing rent_subsidy", known_there.sub());
    assert_eq!(api.call("/contributions", &token).await, (200, read));

    api.assert_refused("/pension", &token, "insufficient_scope").await;
    api.assert_refused("/credit", &token, "insufficient_scope").await;
    // Whoever asks may call with tokens of its own elsewhere, and an exchanged one is none of them.
    assert_eq!(api.call("/own", &tokens.access).await.0, 200);
    api.assert_refused("/own", &token, "invalid_token").await;
    for own in [&tokens.access, &known_there.access, &tokens.id, &tokens.refresh] {
        api.assert_refused("/contributions", own, "invalid_token").await;
    }
}

#[tokio::test]
async fn a_token_for_another_holder_is_not_good_at_this_one() {
    let tax = "https://tax.yunchuan.example";
    let key = format!("rent_subsidy:contribution_record@{tax}");
    let city = City::with(&[("--ask", &format!("{key}=为核对收入"))]).await;
    let registration = Registration::new(tax)
        .post()
        .redirect_uri(&format!("{tax}/callback"));
    let registration = registration.option("--record", "contribution_record=个税记录");
    city.app
        .register(registration.option("--id-token-alg", "ES256"))
        .await;
    let api = Api::start(&city).await;
    let mut both = details();
    let mut other = both[0].clone();
    other["locations"] = json!([tax]);
    both.as_array_mut().unwrap().push(other);
    let request = asking(city.asker.sign_in(), &both);
    let response = city.resident.go_through(&request).await;
    let tokens = city.asker.tokens(&request, &response).await;
    let theirs = exchange(&city.asker, &tokens.access, &[("resource", tax)]).await;
    let theirs = theirs.field("access_token");
    api.assert_refused("/contributions", &theirs, "invalid_token")
        .await;
    let ours = city.exchange(&tokens).await.field("access_token");
    assert_eq!(api.call("/contributions", &ours).await.0, 200);
}

#[tokio::test]
async fn what_is_taken_back_is_closed_within_a_minute_though_nobody_asks_the_provider() {
    let city = City::start().await;
    let api = Api::start(&city).await;
    let tokens = city.allowed().await;
    let token = city.exchange(&tokens).await.field("access_token");
    withdraw(&city.resident, KEY).await;
    assert_eq!(
        api.call("/contributions", &token).await.0,
        200,
        "the guard asks nobody"
    );
    assert_ne!(city.exchange(&tokens).await.status, 200);
    api.ahead.store(60, Ordering::Relaxed);
    api.assert_refused("/contributions", &token, "invalid_token")
        .await;
}
