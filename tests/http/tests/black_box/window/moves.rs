use yimen_http_tests::{Authenticator, Client, Operator, Page, Resident, Setup, TestApp};

use super::{JIANGUO, PHONE, XIUYING, city, keep_secret, prove};

const NEW: &str = "13800000002";

struct Lost {
    app: TestApp,
    client: Client,
    /// As the department knows the person.
    sub: String,
    /// Signed in with the new number, to an account of its own.
    person: Resident,
    operator: Operator,
}

async fn lost() -> Lost {
    let app = TestApp::start().await;
    keep_secret(&app);
    let client = app.client("hrss").await;
    let sub = app.resident(PHONE).sign_in_to(&client).await.sub().to_owned();
    let operator = app.operator("w").await;
    let person = app.resident(NEW);
    person.sign_in().await;
    Lost {
        app,
        client,
        sub,
        person,
        operator,
    }
}

impl Lost {
    async fn code(&self) -> String {
        let told = self.operator.give_code(PHONE, XIUYING, true).await;
        let code = told.text("#window-code");
        self.app.keep_secret(&code);
        code
    }

    async fn type_code(&self, code: &str) -> Page {
        type_code(&self.person, code).await
    }
}

async fn type_code(person: &Resident, code: &str) -> Page {
    let page = person.browser.get("/account/recover").await;
    page.press("#recover", &[("code", code)]).await
}

#[tokio::test]
async fn a_new_number_takes_the_lost_ones_place_after_days() {
    let lost = lost().await;
    let account = lost.type_code(&lost.code().await).await;
    assert!(
        account.text("[role=status]").contains("已申请"),
        "{}",
        account.answer.body
    );
    // Nothing is so yet.
    lost.app.advance("71h").await;
    let other = lost.person.elsewhere().sign_in_to(&lost.client).await;
    assert_ne!(other.sub(), lost.sub);
    lost.app.advance("2h").await;
    assert!(
        lost.person.browser.get("/account").await.has("#phone"),
        "the account that was left is signed out"
    );
    let back = lost.app.resident(NEW);
    assert_eq!(back.sign_in_to(&lost.client).await.sub(), lost.sub);
    let account = back.browser.get("/account").await;
    assert!(account.text("#activity").contains("新号码替换了丢了的号码"));
    assert!(
        !account.text("#methods").contains("138 **** 0001"),
        "the lost one is gone"
    );
    // Whoever finds the telephone opens nothing of theirs.
    let finder = lost.app.resident(PHONE).sign_in_to(&lost.client).await;
    assert_ne!(finder.sub(), lost.sub);
    assert_eq!(lost.app.count("phone_move").await, 0);
}

#[tokio::test]
async fn an_owner_who_was_at_no_window_stops_it() {
    let lost = lost().await;
    lost.type_code(&lost.code().await).await;
    let owner = lost.app.resident(PHONE);
    lost.app.advance("2d").await;
    let account = owner.sign_in().await;
    assert!(
        account.text("#moving").contains("替换"),
        "{}",
        account.answer.body
    );
    let stopped = account.press("#stop-move", &[]).await;
    assert!(stopped.text("[role=status]").contains("已拦下"));
    lost.app.advance("2d").await;
    assert_eq!(owner.sign_in_to(&lost.client).await.sub(), lost.sub);
    assert_ne!(
        lost.app.resident(NEW).sign_in_to(&lost.client).await.sub(),
        lost.sub
    );
}

#[tokio::test]
async fn the_link_of_a_notice_stops_it() {
    let lost = lost().await;
    lost.type_code(&lost.code().await).await;
    let owner = lost.app.resident(PHONE);
    let mut said = Vec::new();
    for link in owner.notices(2).await {
        let page = lost.app.browser().get(&link).await;
        said.push(page.text("#what"));
        if said.last().is_some_and(|what| what.contains("替换")) {
            assert_eq!(page.press("#lock", &[]).await.status(), 200);
        }
    }
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(lost.app.count("phone_move").await, 0);
    lost.app.advance("4d").await;
    assert_ne!(
        lost.app.resident(NEW).sign_in_to(&lost.client).await.sub(),
        lost.sub
    );
}

/// Somebody with a code for an account of their own types it in a session of the number's owner.
#[tokio::test]
async fn whoever_loses_a_number_by_it_is_told_and_stops_it() {
    let lost = lost().await;
    let owner = &lost.person;
    let sub = owner.sign_in_to(&lost.client).await.sub().to_owned();
    lost.app.advance("2m").await;
    let thief = owner.elsewhere();
    thief.sign_in().await;
    let account = type_code(&thief, &lost.code().await).await;
    assert!(account.text("[role=status]").contains("已申请"));
    let mut told = Vec::new();
    for link in owner.notices(2).await {
        told.push(lost.app.browser().get(&link).await.text("#what"));
    }
    assert!(
        told.iter().any(|what| what.contains("改为登录另一个账户")),
        "{told:?}"
    );
    lost.app.advance("2d").await;
    let account = owner.sign_in().await;
    assert!(account.text("#moving").contains("会改为登录另一个账户"));
    let stopped = account.press("#stop-move", &[]).await;
    assert!(stopped.text("[role=status]").contains("已拦下"));
    lost.app.advance("2d").await;
    assert_eq!(owner.sign_in_to(&lost.client).await.sub(), sub);
}

#[tokio::test]
async fn the_link_of_whoever_loses_a_number_stops_it_too() {
    let lost = lost().await;
    lost.type_code(&lost.code().await).await;
    let link = lost.person.notices(1).await.pop().unwrap();
    lost.app.browser().get(&link).await.press("#lock", &[]).await;
    assert_eq!(lost.app.count("phone_move").await, 0);
}

#[tokio::test]
async fn an_account_that_somebody_uses_loses_no_number() {
    let lost = lost().await;
    lost.app.advance("73h").await;
    lost.person.sign_in().await;
    let code = lost.code().await;
    let refused = lost.type_code(&code).await;
    assert_eq!(refused.status(), 422);
    assert!(
        refused.text("main").contains("已经在用"),
        "{}",
        refused.answer.body
    );
    // One of today with a passkey, as little. The code is still good for a number that is new.
    let other = lost.app.resident("13800000003");
    let account = other.sign_in().await;
    let passkey = Authenticator::new();
    passkey.enrol(&account.click("#add-passkey").await).await;
    assert_eq!(type_code(&other, &code).await.status(), 422);
    assert_eq!(lost.app.count("phone_move").await, 0);
    let new = lost.app.resident("13800000004");
    new.sign_in().await;
    assert_eq!(type_code(&new, &code).await.status(), 200);
}

#[tokio::test]
async fn an_account_that_is_proven_loses_no_number() {
    let (app, _authority) = city(Setup::new()).await;
    app.resident(PHONE).sign_in().await;
    let operator = app.operator("w").await;
    let owner = app.resident(NEW);
    prove(&owner, JIANGUO).await;
    let code = operator
        .give_code(PHONE, XIUYING, true)
        .await
        .text("#window-code");
    app.keep_secret(&code);
    assert_eq!(type_code(&owner, &code).await.status(), 422);
    assert_eq!(app.count("phone_move").await, 0);
}

/// Its owner has shown that it is theirs, in the days that it waits: by a passkey, or by name.
#[tokio::test]
async fn an_account_that_became_somebodys_meanwhile_loses_no_number() {
    let (app, _authority) = city(Setup::new()).await;
    let client = app.client("hrss").await;
    let operator = app.operator("w").await;
    for (lost, new) in [(PHONE, NEW), ("13800000003", "13800000004")] {
        let (earlier, owner) = (app.resident(lost), app.resident(new));
        earlier.sign_in().await;
        let sub = owner.sign_in_to(&client).await.sub().to_owned();
        let told = operator.give_code(lost, XIUYING, true).await;
        let code = told.text("#window-code");
        app.keep_secret(&code);
        assert_eq!(type_code(&owner, &code).await.status(), 200);
        app.advance("1d").await;
        if new == NEW {
            let account = owner.sign_in().await;
            let passkey = Authenticator::new();
            passkey.enrol(&account.click("#add-passkey").await).await;
        } else {
            prove(&owner, JIANGUO).await;
        }
        app.advance("73h").await;
        assert_eq!(app.count("phone_move").await, 0, "its time has come");
        assert_eq!(owner.sign_in_to(&client).await.sub(), sub);
        earlier.sign_in().await;
        for one in [&earlier, &owner] {
            let account = one.browser.get("/account").await;
            let activity = account.text("#activity");
            assert!(activity.contains("号码没有变"), "{activity}");
        }
    }
}

#[tokio::test]
async fn a_code_moves_one_number_once_and_is_not_guessed() {
    let lost = lost().await;
    let code = lost.code().await;
    lost.type_code(&code).await;
    let again = lost.type_code(&code).await;
    assert_eq!(again.status(), 422, "{}", again.answer.body);
    let wrong = if code.starts_with('0') {
        "111111111111"
    } else {
        "000000000000"
    };
    for _ in 0..4 {
        assert_eq!(lost.type_code(wrong).await.status(), 422);
    }
    assert_eq!(lost.type_code(&lost.code().await).await.status(), 429);
}

#[tokio::test]
async fn nobody_else_stops_or_asks_for_a_move() {
    let lost = lost().await;
    lost.type_code(&lost.code().await).await;
    let other = lost.app.resident("13800000003");
    let account = other.sign_in().await;
    let mut form = account.form("#sign-out");
    form.action.set_path("/account/recover/stop");
    let page = form.submit().await;
    assert!(
        page.text("[role=status]").contains("不用再办"),
        "{}",
        page.answer.body
    );
    let page = other.browser.get("/account/recover").await;
    let forced = page.form("#recover").submit_from("https://evil.example").await;
    assert_eq!(forced.status(), 403);
    assert_eq!(lost.app.count("phone_move").await, 1);
}
