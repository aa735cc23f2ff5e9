//! What a resident is told of sign-ins at kiosks: not each time, and yet nobody goes there so as not to be seen.

use yimen_http_tests::{Authenticator, Page, Resident, TestApp};

use crate::kiosk::{NAME, at_kiosk, at_kiosk_named};

const PHONE: &str = "13800000001";

/// Somebody's visit to a kiosk, from the code to the screen saver.
async fn visit(kiosk: &Resident) -> Page {
    let account = kiosk.sign_in().await;
    kiosk.browser.get("/kiosk/rest").await;
    account
}

/// A kiosk and an owner who is used to it: they were told of it once. The owner's own browser is known for longer
/// than a lock reaches back.
async fn used_to(app: &TestApp) -> (Resident, Resident) {
    let kiosk = at_kiosk(app, PHONE).await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    visit(&kiosk).await;
    owner.notices(1).await;
    app.advance("2m").await;
    (owner, kiosk)
}

#[tokio::test]
async fn a_kiosk_is_told_of_once_and_stands_in_the_activity_each_time() {
    let app = TestApp::start().await;
    let (owner, kiosk) = used_to(&app).await;
    let link = owner.notices(1).await.pop().unwrap();
    let what = app.browser().get(&link).await.text("#what");
    assert!(what.contains("自助机") && what.contains(NAME), "{what}");
    for _ in 0..3 {
        app.advance("20h").await;
        let account = visit(&kiosk).await;
        let activity = account.text("#activity");
        assert!(
            activity.contains("在自助机上登录了我的账户") && activity.contains(NAME),
            "{activity}"
        );
    }
    assert_eq!(app.count("notice").await, 1, "and that was all");
    // Whoever has not been there for long is told again.
    app.advance("31d").await;
    visit(&kiosk).await;
    assert_eq!(owner.notices(2).await.len(), 2);
}

/// A stolen code is typed at a kiosk, because a browser would be told of.
#[tokio::test]
async fn a_thief_at_another_kiosk_is_told_of() {
    let app = TestApp::start().await;
    let thief = at_kiosk_named(&app, PHONE, "二楼1号机").await;
    let (owner, _) = used_to(&app).await;
    visit(&thief).await;
    let mut told = Vec::new();
    for link in owner.notices(2).await {
        told.push(app.browser().get(&link).await.text("#what"));
    }
    assert!(told.iter().any(|what| what.contains("二楼1号机")), "{told:?}");
}

/// At the very kiosk that the owner uses: what is odd is told, what is done there is, and the visit itself is to be
/// seen.
#[tokio::test]
async fn a_thief_at_the_owners_kiosk_is_seen_all_the_same() {
    let app = TestApp::start().await;
    let (owner, kiosk) = used_to(&app).await;
    // Guessing first.
    let code = kiosk.ask_for_code(&kiosk.browser.get("/account").await).await;
    let right = kiosk.latest_code().await;
    let wrong = if right == "111111" { "222222" } else { "111111" };
    let mut page = code;
    for _ in 0..3 {
        page = page.press("#verify", &[("code", wrong)]).await;
        assert_eq!(page.status(), 422);
    }
    page.press("#verify", &[("code", &right)]).await;
    kiosk.browser.get("/kiosk/rest").await;
    assert_eq!(owner.notices(2).await.len(), 2, "three wrong codes are odd");
    app.advance("2m").await;
    // Unseen by telephone, and what they do there is not.
    let account = kiosk.sign_in().await;
    assert_eq!(app.count("notice").await, 2);
    kiosk.browser.get("/account/export").await;
    assert_eq!(owner.notices(3).await.len(), 3);
    drop(account);
    app.advance("3m").await;
    let activity = owner.sign_in().await.text("#activity");
    assert_eq!(
        activity.matches("在自助机上登录了我的账户").count(),
        3,
        "{activity}"
    );
}

/// The owner's "that was not me" takes back that the kiosk was their own.
#[tokio::test]
async fn after_a_lock_no_kiosk_is_the_owners() {
    let app = TestApp::start().await;
    let (owner, kiosk) = used_to(&app).await;
    let link = owner.notices(1).await.pop().unwrap();
    app.browser().get(&link).await.press("#lock", &[]).await;
    // A code opens a locked account at no kiosk.
    let page = kiosk.sign_in_at(&kiosk.browser.get("/account").await).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
    kiosk.browser.get("/kiosk/rest").await;
    app.advance("2m").await;
    owner.sign_in().await;
    app.advance("2m").await;
    visit(&kiosk).await;
    assert_eq!(owner.notices(2).await.len(), 2, "told, as the first time");
}

#[tokio::test]
async fn a_recovery_at_a_kiosk_is_always_told() {
    let app = TestApp::start().await;
    let (owner, passkey) = (app.resident(PHONE), Authenticator::new());
    passkey
        .enrol(&owner.sign_in().await.click("#add-passkey").await)
        .await;
    owner.notices(1).await;
    let kiosk = at_kiosk(&app, PHONE).await;
    passkey.sign_in(&kiosk.browser.get("/account").await).await;
    kiosk.browser.get("/kiosk/rest").await;
    owner.notices(2).await;
    // By the owner's own passkey at a kiosk that they use: nothing is odd.
    passkey.sign_in(&kiosk.browser.get("/account").await).await;
    kiosk.browser.get("/kiosk/rest").await;
    assert_eq!(app.count("notice").await, 2);
    // Who leaves, and comes back at the kiosk by a code, was asked.
    app.advance("2m").await;
    let page = owner.browser.get("/account/leave").await;
    page.press("#confirm", &[]).await;
    owner.notices(3).await;
    app.advance("2m").await;
    let page = kiosk.sign_in_at(&kiosk.browser.get("/account").await).await;
    page.press("#stay", &[]).await;
    assert_eq!(owner.notices(4).await.len(), 4);
}
