//! The carriers' word on a number that was silent: it may ask more, or spare an elder the question; an outage does
//! neither.

use serde_json::json;
use yimen_http_tests::{Authenticator, Authority, Manner, Page, Resident, Setup, TestApp};

const PHONE: &str = "13800000001";

async fn start() -> (TestApp, Authority) {
    let carrier = Authority::start().await;
    let app = Setup::new()
        .set("carrier.url", carrier.url.clone())
        .set("carrier.secret", carrier.secret())
        .start()
        .await;
    (app, carrier)
}

async fn answer_a_code(holder: &Resident) -> Page {
    holder.sign_in_at(&holder.browser.get("/account").await).await
}

fn recycled() -> Manner {
    Manner::But(json!({ "recycled": true }))
}

#[tokio::test]
async fn an_elder_whose_browser_forgot_is_spared_where_the_number_was_theirs_all_along() {
    let (app, carrier) = start().await;
    app.resident(PHONE).sign_in().await;
    app.advance("365d").await;
    let page = answer_a_code(&app.resident(PHONE)).await;
    assert_eq!(page.url.path(), "/account", "{}", page.answer.body);
    assert_eq!(app.count("account").await, 1);
    let asked = carrier.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["phone"], "+8613800000001");
}

#[tokio::test]
async fn a_number_that_was_given_away_asks_even_in_a_known_browser() {
    let (app, carrier) = start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    carrier.be(recycled());
    app.advance("89d").await;
    assert_eq!(answer_a_code(&owner).await.url.path(), "/account");
    assert!(carrier.asked().is_empty(), "while it answers nobody is asked");
    app.advance("90d").await;
    let page = answer_a_code(&owner).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
}

#[tokio::test]
async fn an_account_with_a_passkey_is_asked_for_it_all_the_same() {
    let (app, _carrier) = start().await;
    let account = app.resident(PHONE).sign_in().await;
    Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    app.advance("90d").await;
    let page = answer_a_code(&app.resident(PHONE)).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
}

#[tokio::test]
async fn what_cannot_be_relied_on_is_no_answer() {
    let (app, carrier) = start().await;
    app.resident(PHONE).sign_in().await;
    app.advance("90d").await;
    for manner in [
        Manner::Status(500),
        Manner::Unsigned,
        Manner::SignedByAnother,
        Manner::SignedForAnother,
        Manner::Say("{}"),
        Manner::But(json!({ "transaction": "carrier_another" })),
    ] {
        carrier.be(manner.clone());
        app.advance("61m").await;
        let page = answer_a_code(&app.resident(PHONE)).await;
        assert!(page.url.path().ends_with("/whose"), "{manner:?}: {}", page.url);
    }
}

#[tokio::test]
async fn an_outage_gives_nothing_away() {
    let (app, carrier) = start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("90d").await;
    carrier.be(Manner::Status(500));
    assert_eq!(
        answer_a_code(&owner).await.url.path(),
        "/account",
        "known, as without carriers"
    );
}
