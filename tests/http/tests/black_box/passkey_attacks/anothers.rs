use serde_json::{Value, json};
use yimen_http_tests::{Authenticator, Lie, Page, TestApp, options_on, origin_of};

use super::{OTHER, PHONE, assert_anothers, enrolled, send};
use crate::proofing::{XIUYING, demanding, prove, start};
use crate::sessions::session_cookie;

/// What a device answers that does not care whose passkeys the options allow.
async fn answer_anyway(page: &Page, passkey: &Authenticator) -> Value {
    let mut options = options_on(page).await;
    assert_eq!(
        options["allowCredentials"].as_array().map(Vec::len),
        Some(1),
        "the owner's is asked for, and no other"
    );
    options["allowCredentials"] = json!([]);
    passkey.answer(&origin_of(page), &options, &Lie::default())
}

/// A sign-in by code that is to be raised by a passkey: whoever holds the browser brings one of their own.
#[tokio::test]
async fn anothers_passkey_raises_nobodys_sign_in() {
    let (app, _authority) = start().await;
    let client = app.client("hrss").await;
    let (_, passkey) = enrolled(&app, PHONE).await;
    let (_, others) = enrolled(&app, OTHER).await;
    app.advance("61s").await;
    let resident = app.resident(PHONE);
    let request = demanding(&app, client.sign_in(), 3);
    let raise = resident.sign_in_at(&resident.follow(&request).await).await;
    assert!(raise.url.path().ends_with("/raise"), "{}", raise.url);
    let before = session_cookie(&resident.browser);
    let sessions = app.count("session").await;

    let refused = send(&raise, &answer_anyway(&raise, &others).await).await;
    assert_anothers(&refused);
    assert_eq!(session_cookie(&resident.browser), before);
    assert_eq!(app.count("session").await, sessions, "nobody was signed in");
    let account = resident.browser.get("/account").await;
    let methods = account.text("#methods");
    assert!(
        methods.contains("138 **** 0001") && !methods.contains("0002"),
        "{methods}"
    );
    // Whoever goes round the page by the request itself is where they were.
    let again = resident.browser.get(raise.url.path()).await;
    assert!(again.has("#passkey") && again.left_for().is_none());
    let once_more = resident.follow(&demanding(&app, client.sign_in(), 3)).await;
    assert!(once_more.url.path().ends_with("/raise"), "{}", once_more.url);

    // Its owner goes on from the very page that says so.
    let identity = passkey.sign_in(&refused).await;
    assert_ne!(session_cookie(&resident.browser), before, "raised");
    let proven = prove(&identity, XIUYING).await;
    let response = request.read(&resident.go_on(proven).await);
    let tokens = client.tokens(&request, &response).await;
    assert_eq!(tokens.claims["acr"], app.url("/acr/3"));
}

/// Whoever reads the messages of a number whose account is asked about, and has an account of their own, gets into their
/// own: the account behind the number is not opened, and the number stays with it.
#[tokio::test]
async fn anothers_passkey_does_not_answer_for_the_numbers_account() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (owner, _) = enrolled(&app, PHONE).await;
    app.advance("61s").await;
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    let (_, others) = enrolled(&app, OTHER).await;
    app.advance("91d").await;
    let holder = app.resident(PHONE);
    let request = client.sign_in();
    let whose = holder.sign_in_at(&holder.follow(&request).await).await;
    assert!(whose.url.path().ends_with("/whose"), "{}", whose.url);
    let options = options_on(&whose).await;
    assert!(
        options["allowCredentials"]
            .as_array()
            .is_none_or(|held| held.is_empty()),
        "nothing of the account is told: {options}"
    );
    let entered = others.sign_in(&whose).await;
    let response = request.read(&holder.go_on(entered).await);
    assert_ne!(client.tokens(&request, &response).await.sub(), sub);
    let account = holder.browser.get("/account").await;
    let methods = account.text("#methods");
    assert!(
        methods.contains("138 **** 0002") && !methods.contains("0001"),
        "{methods}"
    );
    app.advance("61s").await;
    let back = owner.sign_in().await;
    assert!(back.text("#methods").contains("138 **** 0001"));
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
}
