//! What only a sign-in of some level may do.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::World;

/// The provider's ID tokens say this level from now on.
fn reaches(world: &World, level: u8) {
    let acr = format!("{}/acr/{level}", world.provider.issuer);
    world.provider.bend(move |claims| claims["acr"] = json!(acr));
}

#[tokio::test]
async fn who_lacks_the_level_is_sent_to_reach_it_and_comes_back_to_the_same_page() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let raise = browser.get("/filing/7?draft=1").await.location();
    assert_eq!(raise, "/yimen/sign-in?return_to=%2Ffiling%2F7%3Fdraft%3D1&acr=3");
    let address = browser.get(&raise).await.location();
    let (request, _) = world.provider.read(&address);
    let acr = format!("{}/acr/3", world.provider.issuer);
    assert_eq!(request.parameters["acr_values"], acr);
    let claims: Value = serde_json::from_str(&request.parameters["claims"]).unwrap();
    assert_eq!(
        claims,
        json!({ "id_token": { "acr": { "essential": true, "values": [acr] } } })
    );
    reaches(&world, 3);
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/filing/7?draft=1");
    let filing = browser.get("/filing/7").await;
    assert_eq!((filing.status, filing.body.as_str()), (StatusCode::OK, "7 at 3"));
    assert_eq!(filing.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_higher_level_will_do() {
    let world = World::start().await;
    reaches(&world, 4);
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/filing/7").await.body, "7 at 4");
}

#[tokio::test]
async fn who_is_not_signed_in_reaches_the_level_in_one_walk() {
    let world = World::start().await;
    let raise = world.browser().get("/filing/7").await.location();
    assert_eq!(raise, "/yimen/sign-in?return_to=%2Ffiling%2F7&acr=3");
}

#[tokio::test]
async fn who_will_not_confirm_gets_a_page_and_stays_signed_in() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let raise = browser.get("/filing/7").await.location();
    let address = browser.get(&raise).await.location();
    let back = world
        .provider
        .refuse(&address, "unmet_authentication_requirements");
    let page = browser.get(&back).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("还没有确认是您本人") && page.body.contains("acr=3"));
    assert_eq!(browser.get("/").await.body, "welcome");
}

#[tokio::test]
async fn a_token_of_a_lower_level_signs_nobody_in_and_goes_round_in_no_circle() {
    let world = World::start().await;
    let mut browser = world.browser();
    let raise = browser.get("/filing/7").await.location();
    let address = browser.get(&raise).await.location();
    for acr in [
        json!("else"),
        json!(format!("{}/acr/2", world.provider.issuer)),
        Value::Null,
    ] {
        world.provider.bend(move |claims| claims["acr"] = acr.clone());
        let mut browser = browser.clone();
        let page = browser.get(&world.provider.agree(&address)).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert_eq!(browser.get("/").await.body, "nobody");
    }
}

#[tokio::test]
async fn forms_and_programs_are_told_what_is_missing() {
    let world = World::start().await;
    let mut browser = world.signed_in().await;
    let form = browser.submit("/filing/7", "").await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
    assert!(
        form.body.contains("请先确认是您本人") && form.body.contains("return_to=%2Ffiling%2F7&amp;acr=3")
    );
    let program = browser
        .send("GET", "/filing/7", &[("accept", "application/json")], "")
        .await;
    assert_eq!(program.status, StatusCode::UNAUTHORIZED);
    let challenge = program.headers["www-authenticate"].to_str().unwrap();
    let acr = format!("acr_values=\"{}/acr/3\"", world.provider.issuer);
    assert!(challenge.contains("error=\"insufficient_user_authentication\"") && challenge.contains(&acr));
    assert!(program.body.contains("insufficient_user_authentication"));
}

#[tokio::test]
async fn a_level_that_nobody_has_is_not_asked_for() {
    let world = World::start().await;
    for acr in ["0", "5", "300", "x", ""] {
        let address = world
            .browser()
            .get(&format!("/yimen/sign-in?return_to=/&acr={acr}"))
            .await
            .location();
        let (request, _) = world.provider.read(&address);
        assert!(!request.parameters.contains_key("acr_values"), "{address}");
    }
}

/// For rules of a handler's own; `require_acr` itself does not start with it.
#[tokio::test]
async fn a_level_that_does_not_exist_lets_nobody_in() {
    let world = World::start().await;
    reaches(&world, 4);
    let mut browser = world.signed_in().await;
    assert_eq!(browser.get("/beyond").await.status, StatusCode::SEE_OTHER);
    assert!(std::panic::catch_unwind(|| yimen_sdk::require_acr(5)).is_err());
    assert!(std::panic::catch_unwind(|| yimen_sdk::require_acr(0)).is_err());
}
