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

/// A code once more, in the browser in which the account was said to be another person's.
async fn comes_again(app: &TestApp, heir: &Resident) -> Page {
    app.advance("2m").await;
    let page = heir.sign_in_at(&heir.browser.get("/account").await).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.answer.body);
    page
}

#[tokio::test]
async fn whoever_is_proven_to_be_another_person_gets_an_account_of_their_own_in_three_days() {
    let (app, _authority) = city(Setup::new()).await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let (owner, heir) = heir(&app).await;
    let sub = owner.sign_in_to(&client).await.sub().to_owned();
    let tokens = heir.sign_in_to(&client).await;
    assert_eq!(tokens.sub(), sub, "nothing says as yet that it is not the owner");
    let left = mismatch(&heir).await.press("#not-mine", &[]).await;
    assert!(left.has("#phone"), "{}", left.answer.body);
    receiver.wait_for(1).await;
    let early = comes_again(&app, &heir).await.press("#new", &[]).await;
    assert_eq!(early.status(), 422);
    assert!(
        early.text("#new-later").contains("开通自己的账户"),
        "{}",
        early.answer.body
    );
    owner.told_of("有人想用您的手机号开自己的账户").await;
    app.advance("71h").await;
    assert_eq!(
        comes_again(&app, &heir).await.press("#new", &[]).await.status(),
        422,
        "a day too soon"
    );
    app.advance("1h").await;
    let own = comes_again(&app, &heir).await.press("#new", &[]).await;
    assert_eq!(own.url.path(), "/account", "{}", own.answer.body);
    assert!(
        !own.text("#services").contains("hrss"),
        "{}",
        own.text("#services")
    );
    let proven = prove(&heir.browser.get("/account/identity").await, JIANGUO).await;
    assert_eq!(proven.url.path(), "/account", "{}", proven.answer.body);
    assert_ne!(heir.sign_in_to(&client).await.sub(), sub);
    // Her own telephone still has its claim.
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
    let activity = owner.browser.get("/account").await.text("#activity");
    for line in ["核验是另一个人", "说这不是他的账户"] {
        assert!(activity.contains(line), "{line}: {activity}");
    }
}

#[tokio::test]
async fn the_owner_keeps_the_number_by_a_code_or_by_the_messages_link() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let (owner, heir) = heir(&app).await;
    mismatch(&heir).await.press("#not-mine", &[]).await;
    let mut link = String::new();
    for by_link in [false, true] {
        comes_again(&app, &heir).await.press("#new", &[]).await;
        link = owner.told_anew_of("有人想用您的手机号开自己的账户", &link).await;
        app.advance("2m").await;
        if by_link {
            let locked = app.browser().get(&link).await.press("#lock", &[]).await;
            assert!(locked.has("#outcome"), "{}", locked.answer.body);
        } else {
            // A browser that the account does not know is asked whose it is, and does not end the wait.
            let other = owner.elsewhere();
            let asked = other.sign_in_at(&other.browser.get("/account").await).await;
            assert!(asked.url.path().ends_with("/whose"), "{}", asked.url);
            app.advance("2m").await;
            owner.browser.get("/account").await.press("#sign-out", &[]).await;
            owner.sign_in_to(&client).await;
        }
        app.advance("73h").await;
        let page = comes_again(&app, &heir).await;
        assert_eq!(page.press("#new", &[]).await.status(), 422, "by link: {by_link}");
        app.advance("25h").await;
        owner.sign_in().await;
    }
}

#[tokio::test]
async fn the_owner_shows_in_that_browser_that_it_is_theirs_after_all() {
    let (app, _authority) = city(Setup::new()).await;
    let (_, heir) = heir(&app).await;
    mismatch(&heir).await.press("#not-mine", &[]).await;
    let page = comes_again(&app, &heir).await;
    let mine = page
        .press("#mine", &[("name", XIUYING.0), ("number", XIUYING.1)])
        .await;
    assert_eq!(mine.url.path(), "/account", "{}", mine.answer.body);
    mine.press("#sign-out", &[]).await;
    app.advance("2m").await;
    let account = heir.sign_in_at(&heir.browser.get("/account").await).await;
    assert_eq!(account.url.path(), "/account", "and nothing is asked any more");
}

/// A passkey that was made in that session goes with it; those that were made elsewhere stay, whatever their age.
#[tokio::test]
async fn only_what_was_made_there_ends_and_its_owner_is_told() {
    let (app, _authority) = city(Setup::new()).await;
    let (owner, heir) = heir(&app).await;
    let (hers, his) = (Authenticator::new(), Authenticator::new());
    for (who, passkey) in [(&owner, &hers), (&heir, &his)] {
        let account = who.browser.get("/account").await;
        passkey.enrol(&account.click("#add-passkey").await).await;
    }
    let left = mismatch(&heir).await.press("#not-mine", &[]).await;
    owner.told_of("删除了一种指纹或面容").await;
    assert!(!his.sign_in(&left).await.has("#methods"));
    let elsewhere = app.browser().get("/account").await;
    assert!(hers.sign_in(&elsewhere).await.has("#methods"));
}

/// Without the authority's word that they are another person nobody says it.
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
    let disowned = "SELECT COUNT(*) FROM known_browser WHERE disowned_at IS NOT NULL";
    assert_eq!(app.rows(disowned).await, 0);
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
    let ended =
        "SELECT COUNT(*) FROM audit WHERE action = 'session.ended' AND detail LIKE '%another person%'";
    assert_eq!(app.rows(ended).await, 1);
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
