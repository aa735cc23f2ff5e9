use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_fresh_token_is_used_as_it_is() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(200);
    assert_eq!(browser.get("/token").await.body, "access-0");
    assert_eq!(world.provider.refreshed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn many_waiting_requests_refresh_once() {
    let world = World::start().await;
    let browser = world.signed_in().await;
    world.time.advance(301);
    let waiters: Vec<_> = (0..20)
        .map(|_| {
            let mut browser = browser.clone();
            tokio::spawn(async move { browser.get("/token").await.body })
        })
        .collect();
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap(), "access-1");
    }
    assert_eq!(world.provider.refreshed.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_short_lived_token_is_not_refreshed_at_every_use() {
    let world = World::start().await;
    *world.provider.token_life.lock().unwrap() = Duration::from_secs(40);
    let mut browser = world.signed_in().await;
    world.time.advance(19);
    assert_eq!(browser.get("/token").await.body, "access-0");
    world.time.advance(1);
    assert_eq!(browser.get("/token").await.body, "access-1");
}

#[tokio::test]
async fn a_grant_that_has_ended_ends_the_session() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(301);
    *world.provider.refusal.lock().unwrap() =
        Some((StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })));
    assert_eq!(
        browser.get("/token").await.location(),
        "/yimen/sign-in?return_to=%2Ftoken"
    );
    assert_eq!(browser.get("/").await.body, "nobody");
}

#[tokio::test]
async fn a_provider_that_is_away_ends_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(301);
    *world.provider.refusal.lock().unwrap() = Some((StatusCode::SERVICE_UNAVAILABLE, json!({})));
    let page = browser.get("/token").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("登录暂时用不了"));
    assert_eq!(browser.get("/").await.body, "welcome");

    *world.provider.refusal.lock().unwrap() = None;
    world.time.advance(5);
    assert_eq!(browser.get("/token").await.body, "access-1");
}

#[tokio::test]
async fn a_new_id_token_about_somebody_else_is_refused() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(301);
    world.provider.bend(|claims| claims["sub"] = json!("sub-2"));
    assert_eq!(browser.get("/token").await.status, StatusCode::BAD_GATEWAY);
}
