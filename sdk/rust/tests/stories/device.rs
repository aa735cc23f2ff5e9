//! A kiosk without a keyboard: letters on its screen, a yes on a phone.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use yimen_sdk::{DeviceAnswer, DeviceSignIn, Error, Person, Record};

use crate::signing_out::deliver;
use crate::world::World;

fn refuse(world: &World, error: &str) {
    let refusal = (StatusCode::BAD_REQUEST, json!({ "error": error }));
    *world.provider.refusal.lock().unwrap() = Some(refusal);
}

fn allow(world: &World) {
    *world.provider.refusal.lock().unwrap() = None;
}

async fn signed_in(asking: &mut DeviceSignIn) -> Person {
    match asking.ask().await.unwrap() {
        DeviceAnswer::SignedIn(person) => person,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_kiosk_shows_letters_until_the_person_has_answered() {
    let world = World::start().await;
    let mut asking = world.yimen.sign_in_on_device().await.unwrap();
    assert_eq!(asking.user_code(), "BCDF-GHJK");
    assert!(asking.address().ends_with("/oauth2/device"));
    assert!(asking.address_with_code().ends_with("?user_code=BCDF-GHJK"));
    assert!(
        !format!("{asking:?}").contains("device-1"),
        "the code is as good as a yes"
    );
    refuse(&world, "authorization_pending");
    for _ in 0..3 {
        assert!(matches!(asking.ask().await.unwrap(), DeviceAnswer::Waiting));
    }
    assert_eq!(asking.pause(), Duration::from_secs(5));
    refuse(&world, "slow_down");
    assert!(matches!(asking.ask().await.unwrap(), DeviceAnswer::Waiting));
    assert_eq!(asking.pause(), Duration::from_secs(10), "RFC 8628 §3.5");
    allow(&world);
    let person = signed_in(&mut asking).await;
    assert_eq!((person.sub(), person.level()), ("sub-1", Some(2)));
    assert!(person.access_token().await.is_ok());
    assert!(person.is_signed_in().await.unwrap());
    person.leave().await.unwrap();
    assert!(!person.is_signed_in().await.unwrap());
    assert_eq!(world.provider.revocations().await, ["refresh-1"]);
}

#[tokio::test]
async fn a_kiosk_may_ask_for_another_departments_record() {
    let world = World::start().await;
    let record = || Record::of("hrss", "contribution_record").purpose("rent_subsidy");
    let mut asking = world.yimen.sign_in_on_device_asking([record()]).await.unwrap();
    let person = signed_in(&mut asking).await;
    assert!(person.exchange(&record()).await.unwrap().is_some());
    let exchange = world.provider.exchanges.lock().unwrap()[0].clone();
    assert_eq!(exchange["audience"], "hrss", "a client id that is no address");
    assert!(!exchange.contains_key("resource"));

    let mut asking = world.yimen.sign_in_on_device_asking([record()]).await.unwrap();
    *world.provider.grants.lock().unwrap() = None;
    let person = signed_in(&mut asking).await;
    assert_eq!(person.exchange(&record()).await.unwrap(), None, "declined");
}

#[tokio::test]
async fn a_no_and_too_late_are_told_apart() {
    let world = World::start().await;
    let mut asking = world.yimen.sign_in_on_device().await.unwrap();
    refuse(&world, "access_denied");
    assert!(matches!(asking.ask().await.unwrap(), DeviceAnswer::Refused));
    refuse(&world, "expired_token");
    assert!(matches!(asking.ask().await.unwrap(), DeviceAnswer::Expired));
    allow(&world);
    world.time.advance(600);
    assert!(
        matches!(asking.ask().await.unwrap(), DeviceAnswer::Expired),
        "without asking"
    );
}

#[tokio::test]
async fn a_client_that_may_not_is_told_what_to_register() {
    let world = World::start().await;
    refuse(&world, "unauthorized_client");
    let error = world.yimen.sign_in_on_device().await.unwrap_err();
    assert!(matches!(error, Error::UnknownClient { .. }), "{error}");
}

#[tokio::test]
async fn another_clients_token_signs_nobody_in_on_a_device() {
    let world = World::start().await;
    for (claim, value) in [
        ("aud", json!("someone-else")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(1)),
    ] {
        let mut asking = world.yimen.sign_in_on_device().await.unwrap();
        let bent = value.clone();
        world.provider.bend(move |claims| claims[claim] = bent.clone());
        let error = asking.ask().await.unwrap_err();
        assert!(matches!(error, Error::BadToken { .. }), "{claim}: {error}");
    }
}

#[tokio::test]
async fn signing_out_on_the_phone_ends_it_on_the_kiosk() {
    let world = World::start().await;
    let mut asking = world.yimen.sign_in_on_device().await.unwrap();
    let person = signed_in(&mut asking).await;
    let answer = deliver(&world, &world.provider.logout_token(|_| {})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!person.is_signed_in().await.unwrap());
}
