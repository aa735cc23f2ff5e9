//! Somebody who has come in by the number is proven to be another person than the account's.

use yimen_http_tests::{Authenticator, Page, Receiver, Registration, Resident, Setup, TestApp};

use super::{JIANGUO, XIUYING, at_account, city, prove};

const PHONE: &str = "13800000001";

/// Xiuying's account, her telephone with her, and Jianguo, whose number it is now: it has not been silent for long.
async fn heir(app: &TestApp) -> (Resident, Resident) {
    let owner = app.resident(PHONE);
    prove(&at_account(&owner).await, XIUYING).await;
    app.advance("2m").await;
    let heir = owner.elsewhere();
    heir.sign_in().await;
    (owner, heir)
}

async fn mismatch(heir: &Resident) -> Page {
    prove(&heir.browser.get("/account/identity").await, JIANGUO).await
}

#[tokio::test]
async fn whoever_is_proven_to_be_another_person_gets_an_account_of_their_own() {
    let (app, _authority) = city(Setup::new()).await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let (owner, heir) = heir(&app).await;
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    assert_eq!(
        heir.sign_in_to(&client).await.sub(),
        sub,
        "nothing says as yet that it is not the owner"
    );
    let passkey = Authenticator::new();
    let account = heir.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    let left = mismatch(&heir).await.press("#not-mine", &[]).await;
    assert!(left.has("#phone"), "{}", left.answer.body);
    receiver.wait_for(1).await;
    // The passkey that was made there opens nothing.
    assert!(!passkey.sign_in(&left).await.has("#methods"));
    app.advance("2m").await;
    let asked = heir.sign_in_at(&heir.browser.get("/account").await).await;
    assert!(asked.url.path().ends_with("/whose"), "{}", asked.answer.body);
    let own = asked.press("#new", &[]).await;
    assert_eq!(own.url.path(), "/account");
    assert!(
        !own.text("#services").contains("hrss"),
        "{}",
        own.text("#services")
    );
    let proven = prove(&heir.browser.get("/account/identity").await, JIANGUO).await;
    assert_eq!(proven.url.path(), "/account", "{}", proven.answer.body);
    assert_ne!(heir.sign_in_to(&client).await.sub(), sub);
    let activity = owner.browser.get("/account").await.text("#activity");
    for line in ["说这是别人的账户", "说这不是他的账户"] {
        assert!(activity.contains(line), "{line}: {activity}");
    }
}

#[tokio::test]
async fn the_owners_own_browser_is_asked_nothing_and_ends_the_doubt() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (owner, heir) = heir(&app).await;
    mismatch(&heir).await.press("#not-mine", &[]).await;
    app.advance("2m").await;
    let sub = owner.elsewhere();
    let asked = sub.sign_in_at(&sub.browser.get("/account").await).await;
    assert!(asked.url.path().ends_with("/whose"), "{}", asked.answer.body);
    let mine = asked
        .press("#mine", &[("name", XIUYING.0), ("number", XIUYING.1)])
        .await;
    assert_eq!(mine.url.path(), "/account", "{}", mine.answer.body);
    app.advance("2m").await;
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    app.advance("2m").await;
    assert_eq!(
        owner.elsewhere().sign_in_to(&client).await.sub(),
        sub,
        "nothing is in doubt any more"
    );
}

/// Without the authority's word that they are another person nobody brings a number in doubt.
#[tokio::test]
async fn nobody_says_it_of_an_account_without_having_been_proven() {
    let (app, _authority) = city(Setup::new()).await;
    let (_, heir) = heir(&app).await;
    let page = heir.browser.get("/account/identity").await;
    let wrong = prove(&page, (XIUYING.0, JIANGUO.1)).await;
    assert!(!wrong.has("#not-mine"), "{}", wrong.answer.body);
    let mut forged = page.form("#prove");
    forged.action = forged.action.join("/account/identity/not-mine").unwrap();
    let forged = forged.submit().await;
    assert_eq!(forged.status(), 403);
    assert!(heir.browser.get("/account").await.has("#methods"));
    assert_eq!(
        app.rows("SELECT COUNT(*) FROM phone WHERE doubted_at IS NOT NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn of_two_presses_one_is_done_and_a_passkey_that_stands_for_the_owner_is_not_asked() {
    let (app, _authority) = city(Setup::new()).await;
    let (owner, heir) = heir(&app).await;
    let page = mismatch(&heir).await;
    let both = [0, 1].map(|_| tokio::spawn(page.form("#not-mine").submit()));
    for one in both {
        let page = one.await.unwrap();
        assert!(page.has("#phone"), "{}", page.answer.body);
    }
    let doubts = "SELECT COUNT(*) FROM audit WHERE action = 'phone.doubted'";
    assert_eq!(app.rows(doubts).await, 1);
    let passkey = Authenticator::new();
    let account = owner.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    app.advance("2m").await;
    let elsewhere = owner.elsewhere();
    let account = passkey.sign_in(&elsewhere.browser.get("/account").await).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    prove(&elsewhere.browser.get("/account/identity").await, XIUYING).await;
    let page = mismatch(&elsewhere).await;
    assert!(page.text("h1").contains("另一个人"), "{}", page.answer.body);
    assert!(!page.has("#not-mine"));
}
