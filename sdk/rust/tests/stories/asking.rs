//! A department asks for a record that another holds: the person is asked once, and decides.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::browser::{Answer, Browser};
use crate::housing::housing;
use crate::provider::CLIENT;
use crate::world::World;

/// From a page to the provider, and the details that are asked for there.
async fn asked(world: &World, browser: &mut Browser, page: &str) -> (String, Option<Value>) {
    let address = browser.get(page).await.follow(browser).await.location();
    let (request, _) = world.provider.read(&address);
    let details = request.parameters.get("authorization_details");
    (address, details.map(|text| serde_json::from_str(text).unwrap()))
}

/// Signs in by a page that asks for the record, and allows it.
async fn allowed(world: &World) -> Browser {
    let mut browser = world.browser();
    let (address, details) = asked(world, &mut browser, "/subsidy").await;
    assert!(details.is_some());
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/subsidy");
    browser
}

fn exchanges(world: &World) -> usize {
    world.provider.exchanges.lock().unwrap().len()
}

fn refuse_exchanges(world: &World, error: &'static str) {
    *world.provider.exchange_refusal.lock().unwrap() = Some(error);
}

/// The way on without a record.
fn link_without(page: &Answer) -> String {
    let (_, after) = page.body.split_once("id=\"without\" href=\"").unwrap();
    after.split_once('"').unwrap().0.replace("&amp;", "&")
}

#[track_caller]
fn assert_asks(answer: &Answer, page: &str) {
    let location = answer.location();
    let begin = format!(
        "/yimen/sign-in?return_to={}&record=rent_subsidy%3A",
        page.replace('/', "%2F")
    );
    assert!(location.starts_with(&begin), "{location}");
}

#[tokio::test]
async fn a_record_is_asked_for_on_the_way_in_and_read_with_a_token_for_its_holder() {
    let world = housing().await;
    let mut browser = world.browser();
    let (address, details) = asked(&world, &mut browser, "/subsidy").await;
    let details = details.unwrap();
    let holder = details[0]["locations"][0].as_str().unwrap().to_owned();
    assert_eq!(
        details,
        json!([{
            "type": "data", "locations": [holder], "datatypes": ["contribution_record"], "purpose": "rent_subsidy",
        }])
    );
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/subsidy");
    let page = browser.get("/subsidy").await;
    assert_eq!(
        page.body,
        format!("14 months: sub-there Some({CLIENT:?}) Some(\"rent_subsidy\")")
    );
    let exchange = world.provider.exchanges.lock().unwrap()[0].clone();
    assert_eq!(exchange["resource"], holder);
    assert_eq!(exchange["subject_token"], "access-0");
    assert_eq!(
        serde_json::from_str::<Value>(&exchange["authorization_details"]).unwrap(),
        details
    );
    assert!(!exchange.contains_key("audience") && !exchange.contains_key("scope"));
}

#[tokio::test]
async fn a_token_serves_as_long_as_it_lives_and_one_exchange_serves_all_who_wait() {
    let world = housing().await;
    let browser = allowed(&world).await;
    let waiters: Vec<_> = (0..20)
        .map(|_| {
            let mut browser = browser.clone();
            tokio::spawn(async move { browser.get("/subsidy").await.body })
        })
        .collect();
    for waiter in waiters {
        assert!(waiter.await.unwrap().starts_with("14 months"));
    }
    assert_eq!(exchanges(&world), 1);
    let mut browser = browser.clone();
    world.time.advance(54);
    browser.get("/subsidy").await;
    assert_eq!(exchanges(&world), 1);
    world.time.advance(1);
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
    assert_eq!(exchanges(&world), 2);
    // Another session of the same person has tokens of its own.
    let mut other = allowed(&world).await;
    other.get("/subsidy").await;
    assert_eq!(exchanges(&world), 3);
}

#[tokio::test]
async fn who_says_no_goes_on_without_it_and_is_not_asked_again_unless_they_want() {
    let world = housing().await;
    let mut browser = world.signed_in().await;
    assert_asks(&browser.get("/subsidy").await, "/subsidy");
    let (address, _) = asked(&world, &mut browser, "/subsidy").await;
    let back = browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    assert_eq!(back.location(), "/subsidy");
    assert_eq!(browser.attempts(), 0, "an attempt that was answered is over");
    for page in ["/subsidy", "/subsidy/nobody", "/unasked"] {
        assert_eq!(browser.get(page).await.body, "declined", "{page}");
    }
    assert_eq!(exchanges(&world), 0);
    assert_eq!(browser.get("/").await.body, "welcome");

    let link = browser.get("/link").await.body;
    let address = browser.get(&link).await.location();
    browser.get(&world.provider.agree(&address)).await;
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
}

#[tokio::test]
async fn a_link_of_another_site_says_no_for_nobody() {
    let world = housing().await;
    let mut browser = world.browser();
    let (address, _) = asked(&world, &mut browser, "/subsidy").await;
    let page = browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    let link = link_without(&page);
    for (site, says_no) in [("cross-site", false), ("same-site", false), ("same-origin", true)] {
        let headers = [("accept", "text/html"), ("sec-fetch-site", site)];
        let address = browser.send("GET", &link, &headers, "").await.location();
        browser.get(&world.provider.agree(&address)).await;
        let page = browser.get("/subsidy").await;
        assert_eq!(page.body == "declined", says_no, "{site}: {}", page.status);
    }
}

#[tokio::test]
async fn who_says_no_to_one_record_has_not_said_no_to_what_they_gave() {
    let world = housing().await;
    let mut browser = allowed(&world).await;
    let (address, _) = asked(&world, &mut browser, "/silent").await;
    let (request, _) = world.provider.read(&address);
    let details = &request.parameters["authorization_details"];
    assert_eq!(
        details.matches("locations").count(),
        2,
        "what was given comes along: {details}"
    );
    browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
}

#[tokio::test]
async fn a_box_that_is_left_unticked_is_a_no() {
    let world = housing().await;
    for granted in [json!([]), json!([{ "type": "data" }]), json!("nonsense")] {
        *world.provider.grants.lock().unwrap() = Some(granted);
        let mut browser = allowed(&world).await;
        assert_eq!(browser.get("/subsidy").await.body, "declined");
    }
    assert_eq!(exchanges(&world), 0);
}

#[tokio::test]
async fn who_says_no_on_the_way_in_may_sign_in_without_it() {
    let world = housing().await;
    let mut browser = world.browser();
    let (address, _) = asked(&world, &mut browser, "/subsidy").await;
    let page = browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("没有调取您的记录") && page.body.contains("Go on without it"));
    assert_eq!(browser.get("/").await.body, "nobody");
    let address = browser.get(&link_without(&page)).await.location();
    let (request, _) = world.provider.read(&address);
    assert!(!request.parameters.contains_key("authorization_details"));
    let landed = browser.get(&world.provider.agree(&address)).await;
    assert_eq!(landed.location(), "/subsidy");
    assert_eq!(browser.get("/subsidy").await.body, "declined");
}

#[tokio::test]
async fn what_was_taken_back_is_asked_for_again_and_in_no_circle() {
    for error in [
        "invalid_grant",
        "invalid_request",
        "invalid_target",
        "invalid_authorization_details",
    ] {
        let world = housing().await;
        let mut browser = allowed(&world).await;
        assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
        world.time.advance(60);
        refuse_exchanges(&world, error);
        assert_asks(&browser.get("/subsidy").await, "/subsidy");
        assert_asks(&browser.get("/unasked").await, "/unasked");
        // A provider that lets the person allow it, and refuses all the same.
        let (address, _) = asked(&world, &mut browser, "/subsidy").await;
        browser.get(&world.provider.agree(&address)).await;
        let page = browser.get("/subsidy").await;
        assert!(page.status.is_server_error(), "{error}: {}", page.status);
        assert!(page.body.contains("trace-id") && page.body.contains("现在取不到您的记录"));
        let address = browser.get(&link_without(&page)).await.location();
        browser.get(&world.provider.agree(&address)).await;
        assert_eq!(browser.get("/subsidy").await.body, "declined", "{error}");
        // Whoever says no is heard, whatever they gave before.
        let mut browser = allowed(&world).await;
        world.time.advance(60);
        let (address, _) = asked(&world, &mut browser, "/subsidy").await;
        browser
            .get(&world.provider.refuse(&address, "access_denied"))
            .await;
        assert_eq!(browser.get("/subsidy").await.body, "declined", "{error}");
    }
}

#[tokio::test]
async fn what_was_given_outlives_a_refresh_unless_the_provider_says_otherwise() {
    let world = housing().await;
    let mut browser = allowed(&world).await;
    world.time.advance(301);
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
    let subject = || world.provider.exchanges.lock().unwrap().last().unwrap()["subject_token"].clone();
    assert_eq!(
        subject(),
        "access-1",
        "a session without a live token refreshes first"
    );
    world.time.advance(301);
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
    assert_eq!(subject(), "access-2");

    *world.provider.refresh_details.lock().unwrap() = Some(json!([]));
    world.time.advance(301);
    browser.get("/token").await;
    assert_asks(&browser.get("/subsidy").await, "/subsidy");
}

#[tokio::test]
async fn a_page_that_wants_a_level_too_asks_for_both_on_one_way() {
    let world = housing().await;
    let mut browser = allowed(&world).await;
    let raise = browser.get("/deed").await.location();
    assert!(raise.contains("&acr=3&record=rent_subsidy%3A"), "{raise}");
    let acr = format!("{}/acr/3", world.provider.issuer);
    world.provider.bend(move |claims| claims["acr"] = json!(acr));
    let address = browser.get(&raise).await.location();
    browser.get(&world.provider.agree(&address)).await;
    assert!(browser.get("/deed").await.body.starts_with("14 months"));

    let mut browser = world.signed_in().await;
    let acr = format!("{}/acr/2", world.provider.issuer);
    world.provider.bend(move |claims| claims["acr"] = json!(acr));
    let (address, _) = asked(&world, &mut browser, "/subsidy").await;
    browser
        .get(&world.provider.refuse(&address, "access_denied"))
        .await;
    let mut low = world.signed_in().await;
    let (address, _) = asked(&world, &mut low, "/subsidy").await;
    low.get(&world.provider.refuse(&address, "access_denied")).await;
    let raise = low.get("/deed").await.location();
    assert_eq!(raise, "/yimen/sign-in?return_to=%2Fdeed&acr=3");
    let acr = format!("{}/acr/3", world.provider.issuer);
    world.provider.bend(move |claims| claims["acr"] = json!(acr));
    let address = low.get(&raise).await.location();
    low.get(&world.provider.agree(&address)).await;
    assert_eq!(
        low.get("/deed").await.body,
        "declined",
        "a no outlives the session it was said in"
    );
    // But it is not said for whoever sits down next.
    let address = low.get("/yimen/sign-in").await.location();
    world.provider.bend(|claims| claims["sub"] = json!("sub-2"));
    world.provider.other_user_info.store(true, Ordering::Relaxed);
    low.get(&world.provider.agree(&address)).await;
    assert_asks(&low.get("/subsidy").await, "/subsidy");
}

#[tokio::test]
async fn two_records_that_are_asked_for_one_after_the_other_do_not_take_turns() {
    let world = housing().await;
    let mut browser = world.signed_in().await;
    let mut page = browser.get("/both").await;
    for walks in 0.. {
        if page.status != StatusCode::SEE_OTHER {
            assert_eq!((walks, page.body.as_str()), (2, "nothing nothing"));
            break;
        }
        let address = page.follow(&mut browser).await.location();
        page = browser
            .get(&world.provider.agree(&address))
            .await
            .follow(&mut browser)
            .await;
    }
    // Neither is asked for once more on a page that wants one of them.
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
}

#[tokio::test]
async fn without_a_refresh_token_the_person_goes_round_by_the_provider_once() {
    let world = housing().await;
    world.provider.gives_no_refresh.store(true, Ordering::Relaxed);
    let mut browser = allowed(&world).await;
    world.time.advance(301);
    let (address, details) = asked(&world, &mut browser, "/subsidy").await;
    assert!(details.is_some(), "the record is asked for on the same way");
    browser.get(&world.provider.agree(&address)).await;
    assert!(browser.get("/subsidy").await.body.starts_with("14 months"));
}

#[tokio::test]
async fn a_handler_alone_may_ask_and_forms_and_programs_are_told() {
    let world = housing().await;
    let mut browser = world.signed_in().await;
    assert_asks(&browser.get("/unasked").await, "/unasked");
    let form = browser.submit("/subsidy", "").await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
    assert!(form.body.contains("请先回答是否同意") && form.body.contains("&amp;record=rent_subsidy"));
    for page in ["/subsidy", "/unasked"] {
        let program = browser
            .send("GET", page, &[("accept", "application/json")], "")
            .await;
        assert_eq!(program.status, StatusCode::UNAUTHORIZED);
        assert!(program.body.contains("consent_required"), "{}", program.body);
    }
}

#[tokio::test]
async fn what_the_operator_has_not_allowed_stops_nobody() {
    let world = housing().await;
    let refusal =
        json!({ "error": "invalid_authorization_details", "error_description": "the operator's own words" });
    *world.provider.push_refusal.lock().unwrap() = Some((StatusCode::BAD_REQUEST, refusal));
    let mut browser = world.browser();
    let page = browser.get("/subsidy").await.follow(&mut browser).await;
    assert!(page.status.is_server_error());
    assert!(
        page.body.contains("现在取不到您的记录") && page.body.contains("id=\"without\""),
        "{}",
        page.body
    );
    assert!(page.body.contains("trace-id") && !page.body.contains("operator"));

    *world.provider.push_refusal.lock().unwrap() = None;
    let (address, _) = asked(&world, &mut browser, "/subsidy").await;
    let error = "invalid_authorization_details";
    let page = browser.get(&world.provider.refuse(&address, error)).await;
    assert!(page.body.contains("现在取不到您的记录") && page.body.contains("id=\"without\""));
}

#[tokio::test]
async fn a_holder_in_trouble_is_told_apart_from_one_that_has_nothing() {
    let world = housing().await;
    let mut browser = allowed(&world).await;
    assert_eq!(browser.get("/subsidy/nobody").await.body, "nothing");
    for (page, status) in [
        ("down", StatusCode::SERVICE_UNAVAILABLE),
        ("huge", StatusCode::SERVICE_UNAVAILABLE),
        ("moved", StatusCode::BAD_GATEWAY),
        ("page", StatusCode::BAD_GATEWAY),
        // No sign-in is as young as that: to ask for one would go round in circles.
        ("just-now", StatusCode::BAD_GATEWAY),
    ] {
        let answer = browser.get(&format!("/subsidy/{page}")).await;
        assert_eq!(answer.status, status, "{page}");
        assert!(answer.body.contains("现在取不到您的记录") && answer.body.contains("trace-id"));
        let again = format!("id=\"again\" href=\"/subsidy/{page}\"");
        assert!(answer.body.contains(&again), "{}", answer.body);
    }
    let elsewhere = browser.get("/elsewhere").await.body;
    assert!(elsewhere.contains("is not at its holder"), "{elsewhere}");
    let raise = browser.get("/subsidy/known-well").await.location();
    assert!(raise.ends_with("&acr=4"), "the holder wants to be surer: {raise}");
}

#[tokio::test]
async fn what_the_log_says_of_a_holder_that_is_away_names_nobody() {
    let world = housing().await;
    let mut browser = world.browser();
    let (address, _) = asked(&world, &mut browser, "/silent").await;
    browser.get(&world.provider.agree(&address)).await;
    let said = browser.get("/silent").await.body;
    assert!(
        said.contains("http://127.0.0.1:1/api") && !said.contains("330106"),
        "{said}"
    );
}

#[tokio::test]
async fn a_holder_whose_clock_is_ahead_gets_a_new_token_in_time() {
    let world = housing().await;
    let mut browser = allowed(&world).await;
    let refused = browser.get("/subsidy/once").await.status;
    assert_eq!(
        refused,
        StatusCode::BAD_GATEWAY,
        "a new token is refused for good"
    );
    assert_eq!(exchanges(&world), 1);
    // That one is kept, and refused once more; the next is not.
    assert_eq!(browser.get("/subsidy/once").await.body, "nothing");
    assert_eq!(exchanges(&world), 2);
}

#[tokio::test]
async fn an_exchange_that_brings_something_else_is_not_used() {
    type Bend = Box<dyn Fn(&mut Value) + Send + Sync>;
    let bends: [Bend; 4] = [
        Box::new(|answer| answer["token_type"] = json!("DPoP")),
        Box::new(|answer| {
            answer["issued_token_type"] = json!("urn:ietf:params:oauth:token-type:refresh_token")
        }),
        Box::new(|answer| answer["authorization_details"] = Value::Null),
        Box::new(|answer| answer["authorization_details"][0]["purpose"] = json!("credit_check")),
    ];
    for bend in bends {
        let world = housing().await;
        *world.provider.bend_exchange.lock().unwrap() = Some(bend);
        let mut browser = allowed(&world).await;
        assert_eq!(browser.get("/subsidy").await.status, StatusCode::BAD_GATEWAY);
    }
}

#[tokio::test]
async fn a_link_asks_for_no_more_than_it_may() {
    let world = World::start().await;
    let mut browser = world.browser();
    let many = (0..20).map(|n| format!("&record=p:r{n}@https://hrss.city.example"));
    let link = format!(
        "/yimen/sign-in?return_to=/&record=nonsense{}",
        many.collect::<String>()
    );
    let address = browser.get(&link).await.location();
    let (request, _) = world.provider.read(&address);
    let details: Value = serde_json::from_str(&request.parameters["authorization_details"]).unwrap();
    assert_eq!(details.as_array().unwrap().len(), 8);
    // It comes back: its attempt is not too large for a browser to keep.
    assert!(browser.cookies.values().all(|value| value.len() < 4000));
    world.time.advance(5);
    browser.get(&world.provider.agree(&address)).await;
    assert_eq!(browser.get("/").await.body, "welcome");
}
