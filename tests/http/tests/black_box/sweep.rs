//! What is over goes from the records, and nothing goes that anyone still needs.

use yimen_http_tests::{Authenticator, Receiver, Registration, Setup, TestApp};

#[tokio::test]
async fn what_a_sign_in_leaves_behind_is_gone_within_the_year_but_for_the_audit() {
    // Once its telephone is forgotten, nobody is asked whose account it is.
    let app = Setup::new().set("phone.silence", "500d").start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let public = app.register(Registration::new("app").public()).await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let rotating = resident.sign_in_to(&public).await;
    assert_eq!(public.refresh(&rotating.refresh).await.status, 200);
    let account = resident.browser.get("/account").await;
    account.press("#sign-out", &[]).await;
    receiver.wait_for(1).await;

    let passing = [
        "tally",
        "number_guard",
        "outbox",
        "redeemed_code",
        "refresh_token",
        "oauth_grant",
        "visit",
        "session",
        "consent",
    ];
    app.advance("300d").await;
    for table in passing {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    assert_eq!(
        app.count("known_browser").await,
        1,
        "its cookie lives for 400 days"
    );
    app.advance("101d").await;
    assert_eq!(app.count("known_browser").await, 0);
    assert!(app.count("audit").await > 8);

    // The same person, and the same to the department.
    let again = app.resident("13800000001").sign_in_to(&client).await;
    assert_eq!(again.sub(), tokens.sub());
    assert_eq!(app.count("account").await, 1);
}

#[tokio::test]
async fn offline_access_outlives_its_session_through_every_sweep() {
    let setup = Setup::new()
        .set("token.refresh", "300d")
        .set("consent.lifetime", "400d");
    let app = setup.start().await;
    let client = app.client("hrss").await;
    let resident = app.resident("13800000001");
    let tokens = resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    account.press("#sign-out", &[]).await;
    for _ in 0..3 {
        app.advance("99d").await;
        let answer = client.refresh(&tokens.refresh).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    app.advance("4d").await;
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_used_again_ends_its_grant_for_as_long_as_that_lives() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let request = client.sign_in();
    let response = app.resident("13800000001").go_through(&request).await;
    let tokens = client.tokens(&request, &response).await;
    app.advance("80d").await;
    assert_eq!(client.refresh(&tokens.refresh).await.status, 200);
    for _ in 0..2 {
        let again = client.exchange(&request, response.code()).await;
        again.assert_error(400, "invalid_grant");
        let refused = client.refresh(&tokens.refresh).await;
        refused.assert_error(400, "invalid_grant");
    }
}

#[tokio::test]
async fn the_account_page_says_when_a_service_was_last_used_for_as_long_as_it_may_be() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let people = [1, 2, 3].map(|n| app.resident(&format!("1380000000{n}")));
    let [came_again, came_later, stayed_away] = &people;
    // Minutes are compared.
    app.begin_period(60).await;
    came_again.sign_in_to(&client).await;
    stayed_away.sign_in_to(&client).await;
    app.advance("20d").await;
    came_again.sign_in_to(&client).await;
    came_later.sign_in_to(&client).await;
    app.advance("159d").await;
    let mut used = Vec::new();
    for person in &people {
        let account = person.sign_in().await;
        used.push(account.text("#services small .piece + .piece"));
    }
    assert_eq!(used[0], used[1]);
    assert_ne!(used[0], used[2]);
}

#[tokio::test]
async fn a_passkey_that_was_removed_goes_once_no_session_names_it() {
    let app = Setup::new().set("phone.silence", "500d").start().await;
    let (resident, kept, removed) = (
        app.resident("13800000001"),
        Authenticator::new(),
        Authenticator::new(),
    );
    resident.sign_in().await;
    for passkey in [&removed, &kept] {
        let page = resident.browser.get("/account/passkeys").await;
        passkey.enrol(&page).await;
    }
    // Signs in by the first one, elsewhere; then takes it away.
    removed.sign_in(&app.browser().get("/account").await).await;
    let page = resident.browser.get("/account").await;
    let question = page
        .press("form[action='/account/passkeys/remove'] button", &[])
        .await;
    question.press("#confirm", &[]).await;
    app.advance("29d").await;
    assert_eq!(
        app.count("passkey").await,
        2,
        "who removed it, and when, may be asked"
    );
    app.advance("300d").await;
    assert_eq!((app.count("session").await, app.count("passkey").await), (0, 1));
}

#[tokio::test]
async fn the_audit_is_kept_as_long_as_residents_are_told() {
    let app = Setup::new().set("audit.keep", "200d").start().await;
    let resident = app.resident("13800000001");
    resident.sign_in().await;
    let privacy = app.browser().get("/privacy").await;
    assert!(
        privacy.text("main").contains("满 200 天"),
        "{}",
        privacy.text("main")
    );
    let made = "SELECT COUNT(*) FROM audit WHERE action = 'account.created'";
    app.advance("199d").await;
    assert_eq!(app.rows(made).await, 1);
    app.advance("2d").await;
    assert_eq!(app.rows(made).await, 0);
    assert_eq!(app.count("account").await, 1, "the account is there as before");
}
