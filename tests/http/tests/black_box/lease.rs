//! Numbers change hands. The owner who comes once a year gets in; whoever holds the number now sees nothing of theirs.

use yimen_http_tests::{Authenticator, Client, Page, Resident, Setup, TestApp};

use crate::proofing::{JIANGUO, XIUYING, city};

const PHONE: &str = "13800000001";

/// A resident with an account that a department knows, and the subject it knows them by.
async fn owner(app: &TestApp, client: &Client) -> (Resident, String) {
    let resident = app.resident(PHONE);
    let tokens = resident.sign_in_to(client).await;
    (resident, tokens.sub().to_owned())
}

/// Whoever reads the number's messages now, at the account's door.
async fn answer_a_code(holder: &Resident) -> Page {
    holder.sign_in_at(&holder.browser.get("/account").await).await
}

#[track_caller]
fn assert_asked(page: &Page) {
    assert!(
        page.url.path().ends_with("/whose"),
        "{}: {}",
        page.url,
        page.answer.body
    );
    assert_eq!(page.status(), 200);
}

#[tokio::test]
async fn whoever_comes_once_a_year_from_the_same_telephone_gets_in() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (elder, sub) = owner(&app, &client).await;
    for _ in 0..2 {
        app.advance("365d").await;
        assert_eq!(elder.sign_in_to(&client).await.sub(), sub);
    }
}

#[tokio::test]
async fn another_telephone_is_nothing_to_ask_about_while_the_number_answers() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (elder, sub) = owner(&app, &client).await;
    app.advance("89d").await;
    assert_eq!(elder.elsewhere().sign_in_to(&client).await.sub(), sub);
    app.advance("89d").await;
    assert_eq!(elder.elsewhere().sign_in_to(&client).await.sub(), sub);
}

#[tokio::test]
async fn the_numbers_next_holder_sees_nothing_and_gets_an_account_of_their_own() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (_, sub) = owner(&app, &client).await;
    app.advance("90d").await;
    let stranger = app.resident(PHONE);
    let page = answer_a_code(&stranger).await;
    assert_asked(&page);
    let account = page.browser().get("/account").await;
    assert!(account.has("#phone"), "nobody is signed in by the code");
    let account = page.press("#new", &[]).await;
    assert_eq!(account.url.path(), "/account");
    assert!(
        !account.text("#services").contains("hrss系统"),
        "{}",
        account.text("#services")
    );
    app.advance("2m").await;
    let tokens = stranger.sign_in_to(&client).await;
    assert_ne!(tokens.sub(), sub, "another person to the department");
    // From now on the number is theirs, on any telephone.
    app.advance("2m").await;
    assert_eq!(stranger.elsewhere().sign_in_to(&client).await.sub(), tokens.sub());
}

#[tokio::test]
async fn the_owners_own_telephone_takes_the_number_back() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (owner, sub) = owner(&app, &client).await;
    app.advance("90d").await;
    let other = app.resident(PHONE);
    let account = answer_a_code(&other).await.press("#new", &[]).await;
    assert_eq!(account.url.path(), "/account");
    app.advance("2m").await;
    let other_sub = other.sign_in_to(&client).await.sub().to_owned();
    // The number still answers to the owner: it was them on a new telephone, or somebody who took it for a while.
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
    let account = owner.browser.get("/account").await;
    for line in ["这不是他的账户", "重新归到这个账户"] {
        assert!(account.text("#activity").contains(line), "{line}");
    }
    assert!(account.text("#methods").contains("138 **** 0001"));
    app.advance("2m").await;
    assert_eq!(
        owner.elsewhere().sign_in_to(&client).await.sub(),
        sub,
        "on any telephone"
    );
    // And so has the other one a claim, for their own telephone.
    app.advance("2m").await;
    assert_eq!(other.sign_in_to(&client).await.sub(), other_sub);
}

#[tokio::test]
async fn a_passkey_says_whose_account_it_is() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    let passkey = Authenticator::new();
    passkey
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    app.advance("90d").await;
    let elsewhere = app.resident(PHONE);
    let page = answer_a_code(&elsewhere).await;
    assert_asked(&page);
    let account = passkey.sign_in(&page).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    // Now the browser is known, and the number's own sign-in asks nothing.
    account.press("#sign-out", &[]).await;
    app.advance("2m").await;
    assert_eq!(answer_a_code(&elsewhere).await.url.path(), "/account");
}

#[tokio::test]
async fn name_and_number_say_whose_account_it_is() {
    let (app, _authority) = city(Setup::new()).await;
    let resident = app.resident(PHONE);
    let page = resident.sign_in().await.click("#prove-name").await;
    page.press("#prove", &[("name", XIUYING.0), ("number", XIUYING.1)])
        .await;
    app.advance("90d").await;
    let elsewhere = app.resident(PHONE);
    let page = answer_a_code(&elsewhere).await;
    assert_asked(&page);
    // Somebody real, and not the owner.
    let wrong = page
        .press("#mine", &[("name", JIANGUO.0), ("number", JIANGUO.1)])
        .await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text("#whose-error").contains("没有核对上"));
    let account = wrong
        .press("#mine", &[("name", XIUYING.0), ("number", XIUYING.1)])
        .await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    assert!(
        account.text("#identity").contains("实名"),
        "{}",
        account.text("#identity")
    );
}

#[tokio::test]
async fn the_question_tells_nobody_what_the_account_holds() {
    let (app, _authority) = city(Setup::new()).await;
    let (plain, proven) = ("13800000011", "13800000012");
    app.resident(plain).sign_in().await;
    let resident = app.resident(proven);
    let page = resident.sign_in().await.click("#prove-name").await;
    page.press("#prove", &[("name", XIUYING.0), ("number", XIUYING.1)])
        .await;
    let passkey = Authenticator::new();
    let account = resident.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    app.advance("90d").await;
    let mut seen = Vec::new();
    for phone in [plain, proven] {
        let page = answer_a_code(&app.resident(phone)).await;
        assert_asked(&page);
        let wrong = page
            .press("#mine", &[("name", JIANGUO.0), ("number", JIANGUO.1)])
            .await;
        seen.push((page.text("main"), wrong.status(), wrong.text("#whose-error")));
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn names_are_not_tried_without_end() {
    let (app, _authority) = city(Setup::new()).await;
    app.resident(PHONE).sign_in().await;
    app.advance("90d").await;
    let page = answer_a_code(&app.resident(PHONE)).await;
    for _ in 0..5 {
        let wrong = page
            .press("#mine", &[("name", JIANGUO.0), ("number", JIANGUO.1)])
            .await;
        assert_eq!(wrong.status(), 422);
    }
    let wrong = page
        .press("#mine", &[("name", JIANGUO.0), ("number", JIANGUO.1)])
        .await;
    assert_eq!(wrong.status(), 429);
    assert_eq!(page.press("#new", &[]).await.url.path(), "/account");
}

#[tokio::test]
async fn the_question_is_answered_where_it_was_asked_and_once() {
    let app = TestApp::start().await;
    app.resident(PHONE).sign_in().await;
    app.advance("90d").await;
    let accounts = app.count("account").await;
    let stranger = app.resident(PHONE);
    let page = answer_a_code(&stranger).await;
    let token = page.attribute("input[name=token]", "value");
    let form = [("token", token.as_str()), ("answer", "new")];
    let elsewhere = app.browser().get(page.url.path()).await;
    elsewhere.assert_error(400, "interaction_cookie_missing");
    let forced = stranger
        .browser
        .post_from("https://evil.example", page.url.path(), &form)
        .await;
    assert_eq!(forced.status(), 403);
    let both = [0, 1].map(|_| tokio::spawn(page.form("#new").submit()));
    for one in both {
        let page = one.await.unwrap();
        assert!(page.status() < 500, "{}", page.answer.body);
    }
    assert_eq!(app.count("account").await, accounts + 1);
    assert!(stranger.browser.get("/account").await.has("#methods"));
}

#[tokio::test]
async fn an_owner_who_answers_meanwhile_loses_nothing() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let (owner, sub) = owner(&app, &client).await;
    app.advance("90d").await;
    let stranger = app.resident(PHONE);
    let page = answer_a_code(&stranger).await;
    app.advance("2m").await;
    owner.sign_in().await;
    let late = page.press("#new", &[]).await;
    assert_eq!(late.status(), 422);
    assert!(late.has("#new-error"), "and it is said why: {}", late.answer.body);
    app.advance("2m").await;
    assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
}
