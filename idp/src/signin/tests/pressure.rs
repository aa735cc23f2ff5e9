//! An address range under attack: what its strangers are asked, and what whoever would not pay tries.

use std::net::IpAddr;

use axum::http::StatusCode;

use super::house::House;
use super::walk::{Browser, Reply, all_at_once, not};
use crate::signin::limits::{RANGE_FAILURES, RANGE_SENDS, price_of_message};

const PHONE: &str = "13812345678";
/// Of the browsers here.
const RANGE: &str = "203.0.113.0/24";

async fn under_pressure() -> House {
    let house = House::open().await;
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 30).await;
    house
}

impl Browser<'_> {
    async fn ask_with(&mut self, id: &str, phone: &str, work: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}")).await.token();
        let fields = [("token", token.as_str()), ("phone", phone), ("work", work)];
        self.post(&format!("/signin/{id}/phone"), &fields).await
    }

    async fn answer_with(&mut self, id: &str, code: &str, work: &str) -> Reply {
        let token = self.get(&format!("/signin/{id}/code")).await.token();
        let fields = [("token", token.as_str()), ("code", code), ("work", work)];
        self.post(&format!("/signin/{id}/code"), &fields).await
    }
}

#[tokio::test]
async fn a_stranger_works_before_a_message_goes_out() {
    let house = under_pressure().await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    let held = stranger.ask_for_code(&id, PHONE).await;
    assert!(held.is_held(), "{}", held.body);
    assert_eq!(
        (held.after("data-bits=\""), held.after("data-left=\"")),
        ("14".into(), "30".into())
    );
    assert_eq!(
        held.after("name=\"phone\" value=\""),
        PHONE,
        "nothing is typed twice"
    );
    assert!(house.codes(PHONE).is_empty());

    let sent = stranger.ask_with(&id, PHONE, &held.work()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(stranger.answer(&id, &code).await.location, "/account");
    let audit = house
        .rows("SELECT detail FROM audit WHERE action = 'code.sent'")
        .await;
    assert!(audit[0].text("detail").unwrap().contains(r#""paid":"work""#));
}

#[tokio::test]
async fn where_there_are_no_scripts_a_stranger_waits_and_no_longer_than_was_said() {
    let house = under_pressure().await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    assert!(stranger.ask_for_code(&id, PHONE).await.is_held());
    // Pressure grows meanwhile: what was said stands.
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 1000).await;
    house.wait(20);
    let held = stranger.ask_for_code(&id, PHONE).await;
    assert!(held.is_held());
    assert_eq!(held.after("data-left=\""), "15", "a place in the queue is kept");
    house.wait(10);
    assert_eq!(
        stranger.ask_for_code(&id, PHONE).await.status,
        StatusCode::SEE_OTHER
    );
    let audit = house
        .rows("SELECT detail FROM audit WHERE action = 'code.sent'")
        .await;
    assert!(audit[0].text("detail").unwrap().contains(r#""paid":"wait""#));
}

#[tokio::test]
async fn work_that_is_none_opens_nothing() {
    let house = under_pressure().await;
    let mut attacker = house.browser();
    let (one, two) = (attacker.begin().await, attacker.begin().await);
    let held = attacker.ask_for_code(&one, PHONE).await;
    let long = "1".repeat(10_000);
    for work in ["", "1", "-1", "\0", "work", &held.after("data-work=\""), &long] {
        let reply = attacker.ask_with(&one, PHONE, work).await;
        assert!(reply.is_held(), "{work:.20}");
        assert_eq!(
            reply.after("data-work=\""),
            held.after("data-work=\""),
            "asking again is no new chance"
        );
    }
    // Another interaction's, though this browser has both.
    assert!(attacker.ask_for_code(&two, PHONE).await.is_held());
    assert!(attacker.ask_with(&two, PHONE, &held.work()).await.is_held());
    // Easier than it was asked: what stands in the form decides nothing.
    let token = held.token();
    let forged = [
        ("token", token.as_str()),
        ("phone", PHONE),
        ("work", "0"),
        ("bits", "0"),
        ("challenge", ""),
        ("until", "0"),
    ];
    let path = format!("/signin/{one}/phone");
    assert!(attacker.post(&path, &forged).await.is_held());
    assert!(house.codes(PHONE).is_empty());
    // Two of a field are no form of ours.
    let twice = [
        ("token", token.as_str()),
        ("phone", PHONE),
        ("work", "1"),
        ("work", "2"),
    ];
    assert_eq!(attacker.post(&path, &twice).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn work_counts_once_and_for_ten_minutes() {
    let house = under_pressure().await;
    let mut attacker = house.browser();
    let id = attacker.begin().await;
    let held = attacker.ask_for_code(&id, PHONE).await;
    let work = held.work();
    assert_eq!(
        attacker.ask_with(&id, PHONE, &work).await.status,
        StatusCode::SEE_OTHER
    );
    let again = attacker.ask_with(&id, "13800000001", &work).await;
    assert!(again.is_held());
    assert_ne!(again.after("data-work=\""), held.after("data-work=\""));

    let work = again.work();
    house.wait(600);
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 30).await;
    let late = attacker.ask_with(&id, "13800000001", &work).await;
    assert!(late.is_held());
    assert_ne!(late.after("data-work=\""), again.after("data-work=\""));
    assert!(house.codes("13800000001").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_is_brought_many_times_at_once_pays_once() {
    let house = House::open().await;
    let price = price_of_message(30, 0).unwrap();
    let address = IpAddr::from([203, 0, 113, 7]);
    let collect = async |work: String| {
        let paid = house.signin.collect("A", price, &work, address, house.now());
        paid.await.unwrap()
    };
    let owed = collect(String::new()).await.unwrap_err();
    let held = Reply {
        status: StatusCode::TOO_MANY_REQUESTS,
        location: String::new(),
        body: format!(
            "data-work=\"{}\" data-bits=\"{}\"",
            owed.challenge,
            owed.bits.unwrap()
        ),
        set_cookies: Vec::new(),
    };
    let work = held.work();
    let paid = all_at_once((0..16).map(|_| collect(work.clone()))).await;
    assert_eq!(paid.iter().filter(|paid| paid.is_ok()).count(), 1, "{paid:?}");
}

#[tokio::test]
async fn pressure_is_none_of_a_known_browsers_doing_nor_of_another_range() {
    let house = House::open().await;
    let mut owner = house.browser();
    owner.sign_in(PHONE).await;
    owner.cookies.remove("session");
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 1000).await;
    house.put_under_pressure(&RANGE_SENDS, RANGE, 1000).await;
    house.wait(61);
    owner.sign_in(PHONE).await;

    let mut elsewhere = house.browser();
    elsewhere.address = [198, 51, 100, 1].into();
    elsewhere.sign_in("13800000003").await;
    let mut neighbour = house.browser();
    let id = neighbour.begin().await;
    assert!(neighbour.ask_for_code(&id, "13800000004").await.is_held());
    house.wait(3600);
    neighbour.sign_in("13800000004").await;
}

#[tokio::test]
async fn many_messages_are_pressure_too() {
    let house = House::open().await;
    house.put_under_pressure(&RANGE_SENDS, RANGE, 99).await;
    house.browser().sign_in(PHONE).await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    assert!(stranger.ask_for_code(&id, "13800000001").await.is_held());
}

#[tokio::test]
async fn a_code_sent_for_nothing_is_paid_for_before_it_is_looked_at() {
    let house = House::open().await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    stranger.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 300).await;
    let held = stranger.answer(&id, &not(&code)).await;
    assert!(held.is_held(), "{}", held.body);
    assert_eq!(held.after("name=\"code\" value=\""), not(&code));
    assert!(
        stranger.answer(&id, &code).await.is_held(),
        "the right one is not told from a wrong one"
    );
    assert_eq!(house.failures().await, 0, "nothing was looked at");

    // Once for all its tries.
    let wrong = stranger.answer_with(&id, &not(&code), &held.work()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        stranger.answer(&id, &not(&code)).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(house.failures().await, 2);
    assert_eq!(stranger.answer(&id, &code).await.location, "/account");
}

#[tokio::test]
async fn a_code_that_is_dead_is_not_paid_for() {
    let house = House::open().await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    stranger.ask_for_code(&id, PHONE).await;
    let code = house.codes(PHONE)[0].clone();
    house.wait(301);
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 300).await;
    let late = stranger.answer_blindly(&id, &code).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sending_again_is_paid_for_as_well() {
    let house = House::open().await;
    let mut stranger = house.browser();
    let id = stranger.begin().await;
    stranger.ask_for_code(&id, PHONE).await;
    house.wait(60);
    house.put_under_pressure(&RANGE_FAILURES, RANGE, 300).await;
    let held = stranger.send_again(&id).await;
    assert!(held.is_held() && held.body.contains(&format!("/signin/{id}/resend")));
    assert_eq!(held.after("data-left=\""), "75");
    house.wait(75);
    assert_eq!(stranger.send_again(&id).await.status, StatusCode::OK);
    let code = house.codes(PHONE)[0].clone();
    assert_eq!(
        stranger.answer(&id, &code).await.location,
        "/account",
        "what was paid for is paid for"
    );
}

/// Whoever pays gets a message; a range that has had its thousand gets twenty a minute, so that no machine with a quick
/// processor spends the city's budget.
#[tokio::test]
async fn a_range_that_has_had_its_messages_is_rationed() {
    let house = House::open().await;
    house.put_under_pressure(&RANGE_SENDS, RANGE, 1000).await;
    let mut browsers = Vec::new();
    for n in 0..21 {
        let mut browser = house.browser();
        let (id, phone) = (browser.begin().await, format!("138000000{n:02}"));
        let held = browser.ask_for_code(&id, &phone).await;
        let paid = browser.ask_with(&id, &phone, &held.work()).await;
        browsers.push((browser, id, phone, paid));
    }
    let (browser, id, phone, paid) = browsers.last_mut().unwrap();
    assert_eq!(
        paid.status,
        StatusCode::TOO_MANY_REQUESTS,
        "the twenty-first of a minute"
    );
    assert!(!paid.body.contains("data-work"), "no work helps");
    assert_eq!(paid.after("data-left=\""), "60");
    house.wait(60);
    assert_eq!(
        browser.ask_for_code(id, phone).await.status,
        StatusCode::SEE_OTHER
    );
    for (.., paid) in &browsers[..20] {
        assert_eq!(paid.status, StatusCode::SEE_OTHER);
    }
}

/// Waiting in many places at once costs nothing: one sender gets through so twenty times a minute.
#[tokio::test]
async fn one_sender_does_not_wait_in_any_number_of_places() {
    let house = under_pressure().await;
    let mut browsers = Vec::new();
    for n in 0..22 {
        let mut browser = house.browser();
        if n == 21 {
            browser.address = [203, 0, 113, 8].into();
        }
        let id = browser.begin().await;
        let phone = format!("138000000{n:02}");
        assert!(browser.ask_for_code(&id, &phone).await.is_held());
        browsers.push((browser, id, phone));
    }
    house.wait(30);
    let mut through = Vec::new();
    for (browser, id, phone) in &mut browsers {
        through.push(browser.ask_for_code(id, phone).await);
    }
    let held: Vec<_> = (0..22).filter(|n| through[*n].is_held()).collect();
    assert_eq!(
        held,
        [20],
        "the twenty-first of one address, and not its neighbour"
    );
    assert_eq!(through[20].after("data-left=\""), "60");
    let (browser, id, phone) = &mut browsers[20];
    let worked = browser.ask_with(id, phone, &through[20].work()).await;
    assert_eq!(worked.status, StatusCode::SEE_OTHER);
}
