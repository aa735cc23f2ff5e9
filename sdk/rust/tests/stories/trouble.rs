use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::get;
use serde_json::json;
use yimen_sdk::{Error, SignedIn};

use crate::browser::Browser;
use crate::keys::Key;
use crate::provider::Provider;
use crate::world::{Time, World, department, settings};

#[tokio::test]
async fn a_department_starts_without_its_provider_and_finds_it_later() {
    let time = Time::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let provider = Provider::at(&format!("http://{address}"), time.clone());
    let world = World::around(provider, time).await;
    let mut browser = world.browser();
    let page = browser.get("/yimen/sign-in?return_to=/pension").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("登录暂时用不了") && page.body.contains("Sign-in is not available right now"));

    world
        .provider
        .serve(tokio::net::TcpListener::bind(address).await.unwrap());
    world.time.advance(3);
    world.signed_in().await;
}

#[tokio::test]
async fn a_wrong_issuer_is_said_at_the_start() {
    let time = Time::start();
    let provider = Provider::start(time.clone()).await;
    let error = settings(&format!("{}/", provider.issuer), &time)
        .load()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::IssuerMismatch { .. }), "{error}");
    assert!(error.to_string().contains("public_url"), "{error}");
}

#[tokio::test]
async fn the_provider_can_be_reached_by_an_inner_address() {
    let time = Time::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inner = format!("http://{}", listener.local_addr().unwrap());
    let provider = Provider::at("https://id.city.example", time.clone());
    provider.serve(listener);
    let yimen = settings(&provider.issuer, &time)
        .internal_address(inner)
        .load()
        .await
        .unwrap();
    *provider.client_jwks.lock().unwrap() = yimen.registration()["jwks"].clone();
    let mut browser = Browser::new(department(&yimen), crate::provider::CLIENT);
    let address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    assert!(address.starts_with("https://id.city.example/oauth2/authorize?"));
    assert_eq!(
        browser.get(&provider.agree(&address)).await.location(),
        "/pension"
    );
}

#[tokio::test]
async fn https_departments_pin_their_cookies_to_their_host() {
    let time = Time::start();
    let provider = Provider::start(time.clone()).await;
    provider.takes_pushed.store(false, Ordering::Relaxed);
    let yimen = settings(&provider.issuer, &time)
        .department("https://hrss.city.example")
        .load()
        .await
        .unwrap();
    let mut browser = Browser::new(department(&yimen), "https://hrss.city.example");
    let answer = browser.get("/yimen/sign-in").await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-yimen-") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_forged_ones_do_not_make_us_ask_again() {
    let world = World::start().await;
    world.time.advance(20);
    *world.provider.key.lock().unwrap() = Key::new("k2");
    world.signed_in().await;
    assert_eq!(world.provider.keys_read.load(Ordering::Relaxed), 2);
    send_forged(&world, 5).await;
    assert_eq!(world.provider.keys_read.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn forged_keys_ask_a_provider_that_is_away_once_in_a_while() {
    let world = World::start().await;
    world.signed_in().await;
    let before = world.provider.keys_read.load(Ordering::Relaxed);
    world.provider.keys_away.store(true, Ordering::Relaxed);
    for round in 1..=2 {
        world.time.advance(11);
        send_forged(&world, 5).await;
        assert_eq!(world.provider.keys_read.load(Ordering::Relaxed), before + round);
    }
    world.provider.keys_away.store(false, Ordering::Relaxed);
    world.signed_in().await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_waited_for_once_by_all_who_come() {
    let world = World::start().await;
    world.signed_in().await;
    world.time.advance(16 * 60);
    let before = world.provider.discovery_read.load(Ordering::Relaxed);
    world.provider.discovery_away.store(true, Ordering::Relaxed);
    for _ in 0..5 {
        // By what is known of it.
        world.browser().get("/yimen/sign-in").await.location();
    }
    assert_eq!(world.provider.discovery_read.load(Ordering::Relaxed), before + 1);
    world.time.advance(3);
    world.browser().get("/yimen/sign-in").await.location();
    assert_eq!(world.provider.discovery_read.load(Ordering::Relaxed), before + 2);
}

/// Logout tokens by a key that is not the provider's.
async fn send_forged(world: &World, count: usize) {
    for _ in 0..count {
        let forged = Key::new("k9").sign(
            "logout+jwt",
            &crate::keys::payload(&world.provider.logout_token(|_| {})),
        );
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let form = format!("logout_token={forged}");
        world
            .browser()
            .send("POST", "/yimen/backchannel-logout", &[kind], &form)
            .await;
    }
}

#[tokio::test]
async fn a_resident_who_says_no_gets_a_calm_page() {
    let world = World::start().await;
    let mut browser = world.browser();
    let address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    let page = browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("没有登录") && page.body.contains("You are not signed in"));
    assert!(page.body.contains("id=\"home\" href=\"/\""), "{}", page.body);
    assert_eq!(browser.attempts(), 0);
}

#[tokio::test]
async fn an_error_of_the_provider_leads_to_one_fresh_start_and_quotes_nothing_from_the_address() {
    let world = World::start().await;
    let mut browser = world.browser();
    let address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    let link = format!(
        "{}&error_description=%3Cb%3Eevil%3C/b%3E",
        world.provider.refuse(&address, "server_error")
    );
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(
        page.body.contains("href=\"/yimen/sign-in?return_to=%2Fpension\""),
        "{}",
        page.body
    );
    assert!(!page.body.contains("evil"));
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
}

fn refuse_client(world: &World) {
    let refusal = json!({ "error": "invalid_client", "error_description": "no such client" });
    *world.provider.refusal.lock().unwrap() = Some((StatusCode::UNAUTHORIZED, refusal));
}

#[tokio::test]
async fn a_department_that_is_not_registered_learns_what_to_do_and_the_resident_need_not_know() {
    let world = World::start().await;
    refuse_client(&world);
    let mut browser = world.browser();
    let address = browser.get("/yimen/sign-in").await.location();
    let page = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!page.body.contains("client"), "{}", page.body);

    *world.provider.refusal.lock().unwrap() = None;
    *world.provider.token_life.lock().unwrap() = Duration::from_secs(10);
    let mut browser = world.signed_in().await;
    world.time.advance(10);
    refuse_client(&world);
    let why = browser.get("/why").await.body;
    assert!(
        why.contains("no such client") && why.contains("yimen client add"),
        "{why}"
    );
    assert!(
        why.contains("redirect URI http://localhost:8001/yimen/callback"),
        "{why}"
    );
}

#[tokio::test]
async fn clocks_that_differ_are_named_with_the_measured_drift() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(400);
    refuse_client(&world);
    let why = browser.get("/why").await.body;
    assert!(
        why.contains("clocks differ by -400") || why.contains("clocks differ by -399"),
        "{why}"
    );
}

#[tokio::test]
async fn a_handler_without_the_layer_says_what_is_missing() {
    let app = axum::Router::new().route("/", get(async |_: SignedIn| "never"));
    let answer = Browser::new(app, "http://localhost:8001").get("/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(Error::NoLayer.to_string().contains(".layer(yimen.layer())"));
}

#[tokio::test]
async fn other_addresses_under_yimen_are_the_departments_own() {
    let world = World::start().await;
    assert_eq!(
        world.browser().get("/yimen/else").await.status,
        StatusCode::NOT_FOUND
    );
    let style = world.browser().get("/yimen/page.css").await;
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
    let script = world.browser().get("/yimen/private.js").await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
}
