use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::json;

use crate::browser::Answer;
use crate::world::World;

/// Signs in with the provider bent, and says how it ended.
async fn try_to_sign_in(world: &World) -> Answer {
    let mut browser = world.browser();
    let address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    let answer = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(browser.get("/").await.body, "nobody");
    assert_eq!(browser.attempts(), 0, "a failed attempt is over");
    answer
}

async fn refused(bend: impl Fn(&mut serde_json::Value) + Send + Sync + 'static) {
    let world = World::start().await;
    world.provider.bend(bend);
    let answer = try_to_sign_in(&world).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
    assert!(answer.body.contains("trace-id"));
}

#[tokio::test]
async fn an_id_token_of_another_issuer_is_refused() {
    refused(|claims| claims["iss"] = json!("https://evil.example")).await;
}

#[tokio::test]
async fn an_id_token_with_another_nonce_or_none_is_refused() {
    refused(|claims| claims["nonce"] = json!("another")).await;
    refused(|claims| claims["nonce"] = json!(null)).await;
}

#[tokio::test]
async fn an_id_token_for_another_client_is_refused() {
    refused(|claims| claims["aud"] = json!("another")).await;
    refused(|claims| claims["aud"] = json!([crate::provider::CLIENT, "another"])).await;
    refused(|claims| claims["azp"] = json!("another")).await;
}

#[tokio::test]
async fn an_id_token_outside_its_time_is_refused() {
    refused(|claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 61)).await;
    refused(|claims| claims["iat"] = json!(claims["iat"].as_u64().unwrap() + 61)).await;
}

#[tokio::test]
async fn one_minute_of_drift_is_forgiven() {
    for drift in [-59, 59] {
        let world = World::start().await;
        world.provider.bend(move |claims| {
            claims["iat"] = json!(claims["iat"].as_i64().unwrap() + drift);
            claims["exp"] = json!(claims["iat"].as_i64().unwrap() + 1);
        });
        world.signed_in().await;
    }
}

#[tokio::test]
async fn an_unsigned_id_token_is_refused() {
    let world = World::start().await;
    world.provider.alg_none.store(true, Ordering::Relaxed);
    assert_eq!(try_to_sign_in(&world).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn user_info_about_somebody_else_is_refused() {
    let world = World::start().await;
    world.provider.other_user_info.store(true, Ordering::Relaxed);
    assert_eq!(try_to_sign_in(&world).await.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn an_answer_that_is_not_this_browsers_is_discarded_and_its_code_never_redeemed() {
    let world = World::start().await;
    let mut browser = world.browser();
    let mut address = browser.get("/yimen/sign-in?return_to=/pension").await.location();
    let good = world.provider.agree(&address);

    let mut without_cookies = world.browser();
    let changed = good.replace("state=", "state=x");
    let appended = good.replace("&iss=", "wechat&iss=");
    let mut answers = vec![without_cookies.get(&good).await];
    for bad in [
        changed,
        appended,
        "/yimen/callback".to_owned(),
        good.replace("state=", "other="),
    ] {
        answers.push(browser.get(&bad).await);
    }
    for answer in answers {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer
                .body
                .contains("id=\"again\" href=\"/yimen/sign-in?return_to="),
            "{}",
            answer.body
        );
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    }
    assert_eq!(world.provider.redeemed.load(Ordering::Relaxed), 0);

    // The attempt itself is unharmed, and one fresh start works too.
    address = without_cookies
        .get("/yimen/sign-in?return_to=/pension")
        .await
        .location();
    assert_eq!(
        without_cookies
            .get(&world.provider.agree(&address))
            .await
            .location(),
        "/pension"
    );
    assert_eq!(browser.get(&good).await.location(), "/pension");
}

#[tokio::test]
async fn an_answer_that_names_another_issuer_or_none_is_refused_before_its_code_is_used() {
    for iss in ["", "&iss=https%3A%2F%2Fevil.example"] {
        let world = World::start().await;
        let mut browser = world.browser();
        let address = browser.get("/yimen/sign-in").await.location();
        let good = world.provider.agree(&address);
        let (before, _) = good.split_once("&iss=").unwrap();
        assert_eq!(
            browser.get(&format!("{before}{iss}")).await.status,
            StatusCode::BAD_GATEWAY
        );
        assert_eq!(world.provider.redeemed.load(Ordering::Relaxed), 0);
    }
}

#[tokio::test]
async fn an_attempt_waits_an_hour_and_no_longer() {
    let world = World::start().await;
    let mut browser = world.browser();
    let address = browser.get("/yimen/sign-in").await.location();
    world.time.advance(3601);
    assert_eq!(
        browser.get(&world.provider.agree(&address)).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let world = World::start().await;
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "/yimen/sign-in?return_to=/yimen/sign-in",
    ] {
        let mut browser = world.browser();
        let link = format!("/yimen/sign-in?return_to={}", evil.replace('?', "%3F"));
        let address = browser.get(&link).await.location();
        assert_eq!(
            browser.get(&world.provider.agree(&address)).await.location(),
            "/",
            "{evil}"
        );
    }
}

#[tokio::test]
async fn the_session_is_new_whatever_the_browser_brought() {
    let world = World::start().await;
    let first = world.signed_in().await;
    let (name, old) = first.cookies.iter().next().unwrap();
    let mut again = first.clone();
    let address = again.get("/yimen/sign-in").await.location();
    again.get(&world.provider.agree(&address)).await;
    assert_ne!(&again.cookies[name], old);
    assert_eq!(
        first.clone().get("/").await.body,
        "nobody",
        "the former session has ended"
    );
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let token = browser.get("/form-token").await.body;
    let form = format!("form_token={token}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for (header, value) in [
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://localhost:8002"),
        ("origin", "null"),
    ] {
        let answer = browser
            .send("POST", "/yimen/sign-out", &[kind, (header, value)], &form)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header}: {value}");
    }
    assert_eq!(
        browser.submit("/yimen/sign-out", "form_token=guess").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        browser.get("/yimen/sign-out").await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(browser.get("/").await.body, "welcome");
}
