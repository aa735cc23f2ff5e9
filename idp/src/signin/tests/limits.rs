use axum::http::StatusCode;

use super::house::House;
use super::walk::not;
use crate::signin::limits::BrowserKnown;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_flooded_number_gets_four_codes_an_hour_eight_a_day_and_keeps_the_rest_for_its_owner() {
    let house = House::open().await;
    let mut owner = house.browser();
    owner.sign_in(PHONE).await;
    owner.cookies.remove("session");
    house.wait(86_400);
    let before = house.codes(PHONE).len();
    let flood = async |minutes: u64, asks: usize| {
        for _ in 0..asks {
            house.wait(60 * minutes);
            let mut stranger = house.browser();
            let id = stranger.begin().await;
            let reply = stranger.ask_for_code(&id, PHONE).await;
            if reply.status != StatusCode::SEE_OTHER {
                assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
                assert!(reply.body.contains(r#"id="phone-error""#));
            }
        }
        house.codes(PHONE).len() - before
    };
    assert_eq!(flood(1, 20).await, 4, "twenty minutes");
    assert_eq!(flood(61, 1).await, 5, "an hour later");
    assert_eq!(flood(20, 40).await, 8, "the day");
    for _ in 0..2 {
        let id = owner.begin().await;
        assert_eq!(owner.ask_for_code(&id, PHONE).await.status, StatusCode::SEE_OTHER);
        house.wait(3600);
    }
    let id = owner.begin().await;
    assert_eq!(
        owner.ask_for_code(&id, PHONE).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "ten a day whoever asks"
    );
}

#[tokio::test]
async fn a_number_whose_codes_are_answered_gets_five_an_hour_in_any_browser() {
    let house = House::open().await;
    for _ in 0..5 {
        house.browser().sign_in(PHONE).await;
        house.wait(60);
    }
    let mut browser = house.browser();
    let id = browser.begin().await;
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn sending_again_waits_a_minute() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    assert_eq!(
        browser.send_again(&id).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    house.wait(60);
    assert_eq!(browser.send_again(&id).await.status, StatusCode::OK);
    assert_eq!(house.codes(PHONE).len(), 2);
}

#[tokio::test]
async fn a_hundred_wrong_codes_close_a_number_to_strangers_but_not_to_its_owner() {
    let house = House::open().await;
    let mut owner = house.browser();
    owner.sign_in(PHONE).await;
    house.wait(61);
    house.tamper("UPDATE number_guard SET failures = 100").await;

    let mut stranger = house.browser();
    let id = stranger.begin().await;
    let refused = stranger.ask_for_code(&id, PHONE).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.codes(PHONE).len(), 1, "no message went out");

    owner.cookies.remove("session");
    owner.sign_in(PHONE).await;
    assert_eq!(house.failures().await, 0);
    house.wait(61);
    stranger.ask_for_code(&id, PHONE).await;
    assert_eq!(
        house.codes(PHONE).len(),
        3,
        "and then it is open to everyone again"
    );
}

#[tokio::test]
async fn a_closed_number_that_never_signed_in_may_try_one_code_after_thirty_days() {
    let house = House::open().await;
    let mut browser = house.browser();
    let id = browser.begin().await;
    browser.ask_for_code(&id, PHONE).await;
    house.tamper("UPDATE number_guard SET failures = 100").await;
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(
        browser.answer(&id, &code).await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "closed between"
    );

    house.wait(30 * 86_400);
    let mut later = house.browser();
    let id = later.begin().await;
    assert_eq!(later.ask_for_code(&id, PHONE).await.status, StatusCode::SEE_OTHER);
    let code = house.codes(PHONE)[0].clone();
    later.answer(&id, &not(&code)).await;
    assert_eq!(later.answer(&id, &code).await.location, "/account");
}

#[tokio::test]
async fn ten_wrong_codes_close_a_browser_for_a_while() {
    let house = House::open().await;
    let mut browser = house.browser();
    for phone in ["13800000001", "13800000002"] {
        let id = browser.begin().await;
        browser.ask_for_code(&id, phone).await;
        let code = house.codes(phone)[0].clone();
        for _ in 0..5 {
            browser.answer(&id, &not(&code)).await;
        }
    }
    let id = browser.begin().await;
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        house
            .count("SELECT COUNT(*) AS n FROM audit WHERE action = 'browser.closed'")
            .await,
        1
    );
    house.wait(600);
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn the_days_budget_is_kept_and_is_new_at_midnight() {
    let house = House::with(|settings| settings.sms.daily_budget = 3).await;
    let mut browser = house.browser();
    let mut sent = 0;
    for n in 0..6 {
        let id = browser.begin().await;
        let reply = browser.ask_for_code(&id, &format!("1380000000{n}")).await;
        sent += usize::from(reply.status == StatusCode::SEE_OTHER);
    }
    assert_eq!(sent, 3);
    let is_first = async || {
        let now = house.now();
        house.signin.is_first_refusal_today(BrowserKnown::No, now).await
    };
    assert!(!is_first().await, "the log has it once a day");
    house.wait(86_400);
    assert!(is_first().await);
    let id = browser.begin().await;
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn strangers_leave_a_fifth_of_the_days_budget_to_browsers_that_are_known() {
    let house = House::with(|settings| settings.sms.daily_budget = 10).await;
    let mut owner = house.browser();
    owner.sign_in(PHONE).await;
    owner.cookies.remove("session");
    let mut sent = 1;
    for n in 0..12 {
        let mut stranger = house.browser();
        let id = stranger.begin().await;
        let reply = stranger.ask_for_code(&id, &format!("138000000{n:02}")).await;
        if reply.status == StatusCode::SEE_OTHER {
            sent += 1;
        } else {
            assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    assert_eq!(sent, 8);
    for _ in 0..2 {
        house.wait(60);
        owner.sign_in(PHONE).await;
        owner.cookies.remove("session");
    }
    house.wait(60);
    let id = owner.begin().await;
    assert_eq!(
        owner.ask_for_code(&id, PHONE).await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "ten are ten whoever asks"
    );
}
