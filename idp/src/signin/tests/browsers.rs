use super::house::{House, number};
use crate::signin::guard::Browser;
use crate::signin::limits::BrowserKnown;

const PHONE: &str = "13812345678";

#[tokio::test]
async fn a_browser_is_known_to_the_account_it_signed_in_with_and_to_no_other() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let index = |typed| number(typed).index(&house.signin.vault);
    let seen = Browser::of(house.signin.site.cookies(), &browser.headers());
    assert_eq!(
        seen.is_known(&house.signin.db, &index(PHONE)).await.unwrap(),
        BrowserKnown::Yes
    );
    assert_eq!(
        seen.is_known(&house.signin.db, &index("13800000001"))
            .await
            .unwrap(),
        BrowserKnown::No
    );
    let stranger = Browser::of(house.signin.site.cookies(), &house.browser().headers());
    assert_eq!(
        stranger.is_known(&house.signin.db, &index(PHONE)).await.unwrap(),
        BrowserKnown::No
    );
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
