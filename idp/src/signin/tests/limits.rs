use axum::http::StatusCode;

use super::house::{House, not};

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_number_gets_one_code_a_minute_five_an_hour_ten_a_day_whoever_asks() {
    let house = House::open().await;
    let mut sent = 0;
    for _ in 0..30 {
        let mut browser = house.browser();
        let id = browser.begin().await;
        let reply = browser.ask_for_code(&id, PHONE).await;
        if reply.status == StatusCode::SEE_OTHER {
            sent += 1;
        } else {
            assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
            assert!(reply.body.contains(r#"id="phone-error""#));
        }
        house.wait(60);
    }
    assert_eq!((sent, house.codes(PHONE).len()), (5, 5), "half an hour");
    house.wait(3600);
    for _ in 0..30 {
        let mut browser = house.browser();
        let id = browser.begin().await;
        browser.ask_for_code(&id, PHONE).await;
        house.wait(600);
    }
    assert_eq!(house.codes(PHONE).len(), 10, "the day");
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
async fn wrong_codes_from_one_range_close_it_to_strangers_alone() {
    let house = House::open().await;
    let mut owner = house.browser();
    owner.sign_in(PHONE).await;
    let mut guesser = house.browser();
    let id = guesser.begin().await;
    guesser.ask_for_code(&id, "13800000001").await;
    let code = house.codes("13800000001")[0].clone();
    guesser.answer(&id, &not(&code)).await;
    // The browser's own count and the range's: the browser's is not what is tested here.
    house
        .tamper("UPDATE tally SET amount = 300 WHERE amount = 1")
        .await;
    house.wait(61);

    let mut neighbour = house.browser();
    let id = neighbour.begin().await;
    assert_eq!(
        neighbour.ask_for_code(&id, "13800000003").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    neighbour.address = [198, 51, 100, 1].into();
    assert_eq!(
        neighbour.ask_for_code(&id, "13800000003").await.status,
        StatusCode::SEE_OTHER
    );
    owner.cookies.remove("session");
    owner.sign_in(PHONE).await;
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
    house.wait(86_400);
    let id = browser.begin().await;
    assert_eq!(
        browser.ask_for_code(&id, PHONE).await.status,
        StatusCode::SEE_OTHER
    );
}
