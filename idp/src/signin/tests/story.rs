use axum::http::StatusCode;

use super::house::House;
use super::walk::{asked_by_nobody, not};
use crate::signin::NewInteraction;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_resident_signs_in_with_nothing_but_a_phone() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let page = browser.get(&format!("/signin/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(r#"id="phone""#) && page.body.contains(r#"id="send-code""#));

    let sent = browser.ask_for_code(&id, "138 1234 5678").await;
    assert_eq!(
        (sent.status, sent.location),
        (StatusCode::SEE_OTHER, format!("/signin/{id}/code"))
    );
    let page = browser.get(&format!("/signin/{id}/code")).await;
    assert!(
        page.body.contains(r#"id="code""#) && page.body.contains("138 **** 5678"),
        "{}",
        page.body
    );

    let code = house.codes(PHONE)[0].clone();
    let done = browser.answer(&id, &code).await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (StatusCode::SEE_OTHER, "/account")
    );
    let session = browser.session().await.unwrap();
    assert_eq!(session.amr, ["sms"]);

    let next = browser.begin().await;
    let straight_on = browser.get(&format!("/signin/{next}")).await;
    assert_eq!(straight_on.location, "/account", "one sign-in opens every door");
}

#[tokio::test]
async fn the_second_sign_in_finds_the_account_of_the_first() {
    let house = House::open().await;
    let first = house.browser().sign_in(PHONE).await;
    house.wait(61);
    let second = house.browser().sign_in("+86 138-1234-5678").await;
    assert_eq!(first.account, second.account);
    assert_ne!(first.id, second.id);
    assert_eq!(
        house
            .signin
            .sessions
            .list(first.account, house.now())
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_wrong_code_says_how_many_tries_are_left_and_a_new_code_keeps_the_count() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    for left in ["4", "3", "2", "1"] {
        let reply = browser.answer(&id, &not(&code)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            reply.body.contains(r#"id="code-error""#) && reply.body.contains(left),
            "{left}: {}",
            reply.body
        );
    }
    browser.answer(&id, &not(&code)).await;
    let dead = browser.answer_blindly(&id, &code).await;
    assert_eq!(
        dead.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "after five tries even the right code is dead"
    );
    assert_eq!(house.failures().await, 5);

    house.wait(60);
    assert_eq!(browser.send_again(&id).await.status, StatusCode::OK);
    assert_eq!(house.failures().await, 5, "a new code does not reset the count");
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(browser.answer(&id, &code).await.location, "/account");
    assert_eq!(house.failures().await, 0, "signing in does");
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    house.wait(301);
    let late = browser.answer_blindly(&id, &code).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(browser.session().await.is_none());
    assert!(
        browser
            .get(&format!("/signin/{id}/code"))
            .await
            .body
            .contains(r#"id="resend""#)
    );
}

#[tokio::test]
async fn the_number_can_be_changed_on_the_way() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, "13800000001").await;
    browser.ask_for_code(&id, PHONE).await;
    let (wrong, right) = (
        house.codes("13800000001")[0].clone(),
        house.codes(PHONE)[0].clone(),
    );
    assert_ne!(
        browser.answer(&id, &wrong).await.location,
        "/account",
        "the first number's code opens nothing"
    );
    assert_eq!(browser.answer(&id, &right).await.location, "/account");
}

#[tokio::test]
async fn a_test_number_gets_its_code_and_no_message() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, "13900000000").await;
    assert!(house.codes("13900000000").is_empty());
    assert_eq!(browser.answer(&id, "246810").await.location, "/account");
}

#[tokio::test]
async fn an_interaction_left_open_begins_again() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    house.wait(31 * 60);
    let reply = browser.get(&format!("/signin/{id}")).await;
    assert_eq!(
        (reply.status, reply.location.as_str()),
        (StatusCode::SEE_OTHER, "/account?again")
    );
    house.wait(12 * 3600);
    assert_eq!(
        browser.get(&format!("/signin/{id}")).await.status,
        StatusCode::GONE
    );
}

#[tokio::test]
async fn two_tabs_do_not_disturb_one_another() {
    let house = House::open().await;
    let mut browser = house.browser();
    let (one, two) = (browser.begin().await, browser.begin().await);
    browser.ask_for_code(&one, PHONE).await;
    browser.ask_for_code(&two, "13800000002").await;
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(browser.answer(&one, &code).await.location, "/account");
    let other = browser.get(&format!("/signin/{two}/code")).await;
    assert_eq!(other.location, "/account", "the second tab is signed in as well");
}

#[tokio::test]
async fn stopping_leads_back_to_who_asked() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    let token = browser.get(&format!("/signin/{id}")).await.token();
    let reply = browser
        .post(&format!("/signin/{id}/stop"), &[("token", &token)])
        .await;
    assert_eq!(
        (reply.status, reply.location.as_str()),
        (StatusCode::SEE_OTHER, "/cancelled")
    );
}

#[tokio::test]
async fn a_service_may_ask_for_a_fresh_sign_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let before = browser.sign_in(PHONE).await;
    house.wait(61);
    let fresh_after = Some(house.now());
    let id = browser
        .begin_with(NewInteraction {
            fresh_after,
            ..asked_by_nobody()
        })
        .await;
    assert_eq!(browser.get(&format!("/signin/{id}")).await.status, StatusCode::OK);
    browser.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(browser.answer(&id, &code).await.location, "/account");
    let after = browser.session().await.unwrap();
    assert_eq!(before.id, after.id, "it is the same session");
    assert!(after.auth_time > before.auth_time && after.satisfies(fresh_after));
}

#[tokio::test]
async fn what_the_service_suggests_is_written_into_the_field() {
    let house = House::open().await;
    let mut browser = house.browser();
    let hinted = |hint: &str| NewInteraction {
        login_hint: Some(hint.to_owned()),
        ..asked_by_nobody()
    };
    let id = browser.begin_with(hinted("+8613812345678")).await;
    assert!(
        browser
            .get(&format!("/signin/{id}"))
            .await
            .body
            .contains(r#"value="13812345678""#)
    );
    let id = browser.begin_with(hinted("\"><script>")).await;
    assert!(
        !browser
            .get(&format!("/signin/{id}"))
            .await
            .body
            .contains("<script>")
    );
}
