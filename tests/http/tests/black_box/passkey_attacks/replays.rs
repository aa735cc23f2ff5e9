use serde_json::json;
use yimen_http_tests::{Authenticator, Lie, TestApp, options_on, origin_of};

use super::{OTHER, PHONE, assert_anothers, assert_over, enrolled, send, uncounted};
use crate::proofing::{demanding, start};
use crate::sessions::session_cookie;

#[tokio::test]
async fn the_same_answer_signs_in_once() {
    let app = TestApp::start().await;
    let (_, passkey) = enrolled(&app, PHONE).await;
    let page = app.browser().get("/account").await;
    let options = options_on(&page).await;
    let answer = passkey.answer(&origin_of(&page), &options, &uncounted());
    assert_eq!(send(&page, &answer).await.url.path(), "/account");
    let sessions = app.count("session").await;
    // From the same browser, in the same interaction, with everything that the first had.
    assert_over(&send(&page, &answer).await);
    assert_eq!(app.count("session").await, sessions);
}

#[tokio::test]
async fn of_the_same_answer_sent_many_times_at_once_one_signs_in() {
    let app = TestApp::start().await;
    let (_, passkey) = enrolled(&app, PHONE).await;
    let page = app.browser().get("/account").await;
    let options = options_on(&page).await;
    let answer = passkey.answer(&origin_of(&page), &options, &uncounted());
    let before = app.count("session").await;
    let sent: Vec<_> = (0..4)
        .map(|_| page.form("#passkey").fill("credential", &answer.to_string()))
        .map(|form| tokio::spawn(form.submit()))
        .collect();
    let mut over = 0;
    for one in sent {
        over += usize::from(one.await.unwrap().status() == 422);
    }
    assert_eq!(over, 3);
    assert_eq!(app.count("session").await, before + 1);
}

#[tokio::test]
async fn a_challenge_that_was_answered_in_vain_is_over() {
    let app = TestApp::start().await;
    let (_, passkey) = enrolled(&app, PHONE).await;
    let page = app.browser().get("/account").await;
    let options = options_on(&page).await;
    let honest = passkey.answer(&origin_of(&page), &options, &uncounted());
    let unverified = Lie {
        is_unverified: true,
        ..uncounted()
    };
    let vain = passkey.answer(&origin_of(&page), &options, &unverified);
    let refused = send(&page, &vain).await;
    assert!(
        refused.text("#phone-error").contains("没能通过核对"),
        "{}",
        refused.answer.body
    );
    assert_over(&send(&page, &vain).await);
    assert_over(&send(&page, &honest).await);
    assert!(page.browser().get("/account").await.has("#phone"));
    // Nothing was wrong with the answer but its challenge: with one of its own, the device signs in.
    let account = passkey.sign_in_lying(&page, &uncounted()).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
}

#[tokio::test]
async fn a_challenge_makes_one_passkey() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    let page = resident.sign_in().await.click("#add-passkey").await;
    let options = options_on(&page).await;
    let [first, second] =
        [0, 1].map(|_| Authenticator::new().make(&origin_of(&page), &options, &Lie::default()));
    assert_eq!(send(&page, &first).await.url.path(), "/account");
    assert_over(&send(&page, &first).await);
    assert_over(&send(&page, &second).await);
    assert_eq!(app.count("passkey").await, 1);
}

#[tokio::test]
async fn a_challenge_for_a_new_passkey_that_was_answered_in_vain_is_over() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    let page = resident.sign_in().await.click("#add-passkey").await;
    let options = options_on(&page).await;
    let unverified = Lie {
        is_unverified: true,
        ..Lie::default()
    };
    let make = |lie| Authenticator::new().make(&origin_of(&page), &options, lie);
    let (vain, honest) = (make(&unverified), make(&Lie::default()));
    let refused = send(&page, &vain).await;
    assert!(
        refused.text("#passkey-error").contains("没能通过核对"),
        "{}",
        refused.answer.body
    );
    assert_over(&send(&page, &vain).await);
    assert_over(&send(&page, &honest).await);
    assert_eq!(app.count("passkey").await, 0);
}

/// A refusal that harms nobody has used the challenge up all the same: neither the same answer nor the owner's counts.
#[tokio::test]
async fn a_challenge_that_anothers_passkey_has_answered_is_over() {
    let (app, _authority) = start().await;
    let client = app.client("hrss").await;
    let (_, passkey) = enrolled(&app, PHONE).await;
    let (_, others) = enrolled(&app, OTHER).await;
    app.advance("61s").await;
    let resident = app.resident(PHONE);
    let request = demanding(&app, client.sign_in(), 3);
    let raise = resident.sign_in_at(&resident.follow(&request).await).await;
    let options = options_on(&raise).await;
    let own = passkey.answer(&origin_of(&raise), &options, &uncounted());
    let mut theirs = options.clone();
    theirs["allowCredentials"] = json!([]);
    let theirs = others.answer(&origin_of(&raise), &theirs, &uncounted());
    assert_anothers(&send(&raise, &theirs).await);
    assert_over(&send(&raise, &theirs).await);
    let before = session_cookie(&resident.browser);
    assert_over(&send(&raise, &own).await);
    assert_eq!(session_cookie(&resident.browser), before, "not raised");
}
