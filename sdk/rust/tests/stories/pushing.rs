//! The authorization request by the back channel (RFC 9126), and what becomes of residents where it is refused.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::json;

use crate::provider::Provider;
use crate::world::{Time, World};

#[tokio::test]
async fn the_request_goes_by_the_back_channel_with_a_proof_of_who_asks() {
    let world = World::start().await;
    world.signed_in().await;
    let pushed = world.provider.pushed.lock().unwrap()[0].clone();
    assert_eq!(pushed["redirect_uri"], "http://localhost:8001/yimen/callback");
    assert!(
        pushed.contains_key("client_assertion"),
        "the stand-in has verified it"
    );
}

#[tokio::test]
async fn a_provider_that_takes_no_pushed_requests_gets_them_by_the_browser() {
    let time = Time::start();
    let provider = Provider::start(time.clone()).await;
    provider.takes_pushed.store(false, Ordering::Relaxed);
    let world = World::around(provider, time).await;
    world.signed_in().await;
    assert!(world.provider.pushed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn residents_of_a_department_that_is_not_connected_are_told_so() {
    for (status, error, zh, en) in [
        (
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "还没有接入统一登录",
            "is not connected",
        ),
        (
            StatusCode::FORBIDDEN,
            "access_denied",
            "登录已被暂停",
            "is suspended",
        ),
    ] {
        let world = World::start().await;
        let refusal = json!({ "error": error, "error_description": "the operator's own words" });
        *world.provider.push_refusal.lock().unwrap() = Some((status, refusal));
        let mut browser = world.browser();
        let page = browser.get("/yimen/sign-in?return_to=/pension").await;
        assert!(page.status.is_server_error(), "{}", page.status);
        assert!(page.body.contains(zh) && page.body.contains(en), "{}", page.body);
        assert!(
            page.body.contains("trace-id") && !page.body.contains("operator"),
            "{}",
            page.body
        );
        assert_eq!(browser.attempts(), 0, "nothing has begun");
    }
}

#[tokio::test]
async fn any_other_refusal_is_a_calm_page_and_one_fresh_start() {
    let world = World::start().await;
    let refusal = json!({ "error": "invalid_request", "error_description": "<b>scope</b>" });
    *world.provider.push_refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, refusal));
    let page = world.browser().get("/yimen/sign-in?return_to=/pension").await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.body.contains("href=\"/yimen/sign-in?return_to=%2Fpension\""));
    assert!(!page.body.contains("scope"), "{}", page.body);

    *world.provider.push_refusal.lock().unwrap() = Some((StatusCode::CREATED, json!({ "expires_in": 60 })));
    let page = world.browser().get("/yimen/sign-in").await;
    assert_eq!(
        page.status,
        StatusCode::BAD_GATEWAY,
        "an answer without a request_uri"
    );

    *world.provider.push_refusal.lock().unwrap() = Some((StatusCode::SERVICE_UNAVAILABLE, json!({})));
    let page = world.browser().get("/yimen/sign-in").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("登录暂时用不了"));
}
