use yimen_http_tests::{Client, Operator, Page, Resident, TestApp};

use super::{PHONE, XIUYING, keep_secret};

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
        let page = self.person.browser.get("/account/recover").await;
        page.press("#recover", &[("code", code)]).await
    }
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
