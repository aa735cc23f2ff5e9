use super::house::{House, number};
use super::walk;
use crate::clock::Timestamp;
use crate::signin::guard::{Browser, look};
use crate::signin::limits::BrowserKnown;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_browser_is_known_to_the_account_it_signed_in_with_and_to_no_other() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let stranger = house.browser();
    assert_eq!(known(&house, &browser, PHONE).await, BrowserKnown::Yes);
    assert_eq!(known(&house, &browser, "13800000001").await, BrowserKnown::No);
    assert_eq!(known(&house, &stranger, PHONE).await, BrowserKnown::No);
}

async fn known(house: &House, browser: &walk::Browser<'_>, phone: &str) -> BrowserKnown {
    let signin = &house.signin;
    let index = number(phone).index(&signin.vault);
    let seen = Browser::of(signin.site.cookies(), &browser.headers());
    let now = Timestamp::from_seconds(0);
    let seen = look(
        &signin.db,
        &signin.vault,
        &index,
        &seen,
        signin.senders.range_of(browser.address),
        now,
    )
    .await;
    seen.unwrap().known
}

#[tokio::test]
async fn a_known_browser_keeps_its_cookie_and_is_stored_as_a_hash() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let token = browser.cookies["browser"].clone();
    house.wait(61);
    browser.sign_in(PHONE).await;
    assert_eq!(browser.cookies["browser"], token);
    let rows = house.rows("SELECT browser_hash FROM known_browser").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].bytes("browser_hash").unwrap(), crate::store::hash(&token));
}
