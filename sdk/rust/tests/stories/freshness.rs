//! What only somebody may do who has just proven who they are.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

/// The provider's ID tokens say this time of sign-in from now on; `null` says none.
fn proven_at(world: &World, auth_time: impl Into<Value>) {
    let auth_time = auth_time.into();
    world
        .provider
        .bend(move |claims| claims["auth_time"] = auth_time.clone());
}

#[tokio::test]
async fn who_signed_in_long_ago_confirms_and_comes_back() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/bank-account").await.body, "changed");
    // Five minutes, and one for clocks that differ.
    world.time.advance(400);
    let confirm = browser.get("/bank-account").await.location();
    assert_eq!(confirm, "/yimen/sign-in?return_to=%2Fbank-account&max_age=300");
    let address = browser.get(&confirm).await.location();
    let (request, _) = world.provider.read(&address);
    assert_eq!(request.parameters["max_age"], "300");
    assert!(
        !request.parameters.contains_key("acr_values"),
        "nothing else is asked for"
    );
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/bank-account");
    assert_eq!(browser.get("/bank-account").await.body, "changed");
}

/// A provider that overlooks `max_age`, or somebody who took it out of the address, makes nothing fresh.
#[tokio::test]
async fn an_old_sign_in_is_not_taken_for_a_new_one_and_goes_round_in_no_circle() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let then = world.time.seconds();
    world.time.advance(400);
    let confirm = browser.get("/bank-account").await.location();
    let address = browser.get(&confirm).await.location();
    for auth_time in [json!(then), Value::Null] {
        proven_at(&world, auth_time);
        let mut browser = browser.clone();
        let page = browser.get(&world.provider.agree(&address)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.body.contains("还没有确认是您本人") && page.body.contains("max_age=300"));
        // What they were signed in to before is theirs as before.
        assert_eq!(browser.get("/").await.body, "welcome");
        assert_eq!(browser.get("/bank-account").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn a_form_that_comes_late_has_no_effect_and_a_program_hears_the_age() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    world.time.advance(400);
    let form = browser.submit("/bank-account", "").await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
    assert!(form.body.contains("return_to=%2Fbank-account&amp;max_age=300"));
    let program = browser
        .send("GET", "/bank-account", &[("accept", "application/json")], "")
        .await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    let challenge = program.headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.ends_with(", error=\"insufficient_user_authentication\", max_age=\"300\""),
        "{challenge}"
    );
}

#[tokio::test]
async fn level_and_age_are_asked_for_in_one_walk() {
    let world = World::start().await;
    let raise = world.signed_in().await.get("/deed").await.location();
    assert_eq!(raise, "/yimen/sign-in?return_to=%2Fdeed&acr=3&max_age=300");
    let address = world.browser().get(&raise).await.location();
    let (request, _) = world.provider.read(&address);
    assert_eq!(request.parameters["max_age"], "300");
    assert!(request.parameters["acr_values"].ends_with("/acr/3"));
}

/// With no time at all nobody would ever arrive, and what is no number is nobody's wish.
#[tokio::test]
async fn an_age_that_nobody_can_meet_is_not_asked_for() {
    let world = World::start().await;
    for (wish, asked) in [
        ("0", Some("60")),
        ("59", Some("60")),
        ("-1", None),
        ("x", None),
        ("", None),
    ] {
        let address = world
            .browser()
            .get(&format!("/yimen/sign-in?return_to=/&max_age={wish}"))
            .await
            .location();
        let (request, _) = world.provider.read(&address);
        assert_eq!(
            request.parameters.get("max_age").map(String::as_str),
            asked,
            "{wish}"
        );
    }
}
