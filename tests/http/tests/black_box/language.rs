//! In which language a resident's telephone is written to.

use yimen_http_tests::{Resident, TestApp};

const PHONE: &str = "13800000001";
const CHINESE: &str = "不是您本人，请打开";
const ENGLISH: &str = "If it was not you, open";

/// The same person's browser, or a thief's, in another language.
async fn speak(resident: &Resident, tag: &str) {
    let path = format!("/display?lang={tag}&back=/privacy");
    resident.browser.get(&path).await;
}

/// Of the notices that were sent so far, how many were in each language.
async fn notices(owner: &Resident, count: usize) -> (usize, usize) {
    owner.notices(count).await;
    let texts = owner.texts().await;
    let said = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    (said(CHINESE), said(ENGLISH))
}

#[tokio::test]
async fn whoever_opened_the_account_in_english_is_told_in_english() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    speak(&owner, "en").await;
    let account = owner.sign_in().await;
    let said = owner.texts().await.pop().unwrap();
    assert!(said.contains("Our staff never ask for it"), "{said}");
    app.advance("25h").await;
    owner.elsewhere().sign_in().await;
    assert_eq!(notices(&owner, 1).await, (0, 1));
    let text = owner.texts().await.pop().unwrap();
    assert!(text.contains("signed in to on a new device"), "{text}");
    // It is theirs to see, and to take along.
    app.advance("2m").await;
    drop(account);
    let account = owner.sign_in().await;
    let page = account.browser().get("/account/export").await;
    let held = page.press("#download", &[]).await.answer.json();
    assert_eq!(held["account"][0]["language"], "en");
}

#[tokio::test]
async fn the_language_follows_the_owners_own_browser() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    speak(&owner, "en").await;
    owner.sign_in().await;
    app.advance("2m").await;
    owner.elsewhere().sign_in().await;
    assert_eq!(notices(&owner, 1).await, (0, 1));
    app.advance("25h").await;
    speak(&owner, "zh-CN").await;
    owner.sign_in().await;
    app.advance("2m").await;
    owner.elsewhere().sign_in().await;
    assert_eq!(notices(&owner, 2).await, (1, 1));
}

/// An elder who reads no English is not to be told in English of whoever came in by a code that they gave away.
#[tokio::test]
async fn a_thief_does_not_choose_what_the_owner_reads() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    speak(&thief, "en").await;
    let page = thief.browser.get("/account").await;
    thief.ask_for_code(&page).await;
    let said = owner.texts().await.pop().unwrap();
    assert!(
        said.contains("工作人员不会向您要验证码"),
        "the warning is for the owner: {said}"
    );
    app.advance("2m").await;
    thief.sign_in().await;
    assert_eq!(notices(&owner, 1).await, (1, 0));
    // By now the browser is known, and still too new to say anything.
    thief.browser.get("/account").await.press("#sign-out", &[]).await;
    app.advance("2m").await;
    thief.sign_in().await;
    thief.browser.get("/account/export").await;
    assert_eq!(notices(&owner, 2).await, (2, 0));
}
