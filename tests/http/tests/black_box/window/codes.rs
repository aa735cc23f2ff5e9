use yimen_http_tests::{Operator, Page, Resident, Setup, TestApp};

use super::{JIANGUO, PHONE, XIUYING, city, keep_secret, prove};

/// Somebody who reads the number's messages, in a browser that nobody knows, a quarter of a year later.
async fn asked_whose(app: &TestApp, phone: &str) -> (Resident, Page) {
    let holder = app.resident(phone);
    let page = holder.sign_in_at(&holder.browser.get("/account").await).await;
    assert!(page.url.path().ends_with("/whose"), "{}", page.url);
    (holder, page)
}

async fn code(app: &TestApp, operator: &Operator, phone: &str) -> String {
    let told = operator.give_code(phone, XIUYING, true).await;
    assert_eq!(told.status(), 200, "{}", told.text("#told"));
    let code = told.text("#window-code");
    app.keep_secret(&code);
    code
}

async fn type_code(page: &Page, code: &str) -> Page {
    page.press("#by-code", &[("code", code)]).await
}

async fn start() -> (TestApp, Operator) {
    let app = TestApp::start().await;
    keep_secret(&app);
    app.resident(PHONE).sign_in().await;
    let operator = app.operator("w").await;
    app.advance("90d").await;
    (app, operator)
}

#[tokio::test]
async fn an_elder_with_nothing_else_gets_back_in() {
    let (app, operator) = start().await;
    let code = code(&app, &operator, PHONE).await;
    assert_eq!(code.len(), 14, "three groups of four digits: {code}");
    let (elder, page) = asked_whose(&app, PHONE).await;
    let account = type_code(&page, &code).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    let activity = account.text("#activity");
    assert!(
        activity.contains("W3-0042") && activity.contains("用了服务窗口给的码"),
        "{activity}"
    );
    // From now on nobody asks, and the account is the one it was.
    app.advance("2m").await;
    elder.elsewhere().sign_in().await;
    assert_eq!(app.count("account").await, 1);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let (app, operator) = start().await;
    let code = code(&app, &operator, PHONE).await;
    let (_, first) = asked_whose(&app, PHONE).await;
    app.advance("2m").await;
    let (_, second) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&first, &code).await.url.path(), "/account");
    let replayed = type_code(&second, &code).await;
    assert_ne!(replayed.url.path(), "/account");
    assert_eq!(replayed.status(), 422, "{}", replayed.answer.body);
}

#[tokio::test]
async fn a_code_opens_no_other_account() {
    let (app, operator) = start().await;
    let other = "13800000002";
    app.resident(other).sign_in().await;
    app.advance("90d").await;
    let code = code(&app, &operator, PHONE).await;
    let (_, page) = asked_whose(&app, other).await;
    assert_eq!(type_code(&page, &code).await.status(), 422);
    // And is not used up by it.
    let (_, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &code).await.url.path(), "/account");
}

#[tokio::test]
async fn codes_are_not_tried_without_end() {
    let (app, operator) = start().await;
    let code = code(&app, &operator, PHONE).await;
    let (_, page) = asked_whose(&app, PHONE).await;
    let wrong = if code.starts_with('0') {
        "111111111111"
    } else {
        "000000000000"
    };
    for _ in 0..5 {
        assert_eq!(type_code(&page, wrong).await.status(), 422);
    }
    assert_eq!(
        type_code(&page, &code).await.status(),
        429,
        "not even the right one"
    );
    // Nor in another sign-in, once the account has had a hundred.
    app.change_records(A_HUNDRED).await;
    app.advance("2m").await;
    let (_, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &code).await.status(), 429);
}

/// Whatever was counted five times.
const A_HUNDRED: &str = "UPDATE tally SET amount = 100 WHERE amount = 5";

/// Somebody who has the telephone types wrong ones until no more are taken.
#[tokio::test]
async fn whoever_reads_the_codes_does_not_use_up_an_owners_tries() {
    let (app, operator) = start().await;
    let (_, thiefs) = asked_whose(&app, PHONE).await;
    let wrong = async || {
        for _ in 0..101 {
            type_code(&thiefs, "000000000000").await;
        }
    };
    wrong().await;
    app.change_records(A_HUNDRED).await;
    let given = code(&app, &operator, PHONE).await;
    // Nor those that come with the code.
    wrong().await;
    app.advance("2m").await;
    let (_, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &given).await.url.path(), "/account");
}

#[tokio::test]
async fn a_code_waits_an_hour_and_a_newer_one_ends_it() {
    let (app, operator) = start().await;
    let first = code(&app, &operator, PHONE).await;
    let second = code(&app, &operator, PHONE).await;
    let (_, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &first).await.status(), 422);
    app.advance("25m").await;
    app.advance("36m").await;
    let (_, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &second).await.status(), 422);
    assert_eq!(app.count("window_code").await, 0);
}

/// Its owner was told of a code that they did not ask for.
#[tokio::test]
async fn the_link_of_a_notice_ends_a_code_that_is_out() {
    let app = TestApp::start().await;
    keep_secret(&app);
    app.resident(PHONE).sign_in().await;
    let operator = app.operator("w").await;
    app.advance("2m").await;
    let code = code(&app, &operator, PHONE).await;
    let link = app.resident(PHONE).notices(1).await.pop().unwrap();
    let page = app.browser().get(&link).await;
    assert!(page.text("#what").contains("窗口"), "{}", page.text("#what"));
    assert_eq!(page.press("#lock", &[]).await.status(), 200);
    let (holder, page) = asked_whose(&app, PHONE).await;
    assert_eq!(type_code(&page, &code).await.status(), 422);
    // Nor at the other place where codes are typed.
    let other = app.resident("13800000002");
    other.sign_in().await;
    let page = other.browser.get("/account/recover").await;
    assert_eq!(page.press("#recover", &[("code", &code)]).await.status(), 422);
    assert!(holder.browser.get("/account").await.has("#phone"), "still locked");
    assert_eq!(
        (app.count("window_code").await, app.count("phone_move").await),
        (0, 0)
    );
}

#[tokio::test]
async fn whoever_was_given_the_number_gets_no_code_for_the_old_account() {
    let (app, _authority) = city(Setup::new()).await;
    prove(&app.resident(PHONE), XIUYING).await;
    let plain = "13800000002";
    app.resident(plain).sign_in().await;
    let operator = app.operator("w").await;
    app.advance("90d").await;
    // The number's next holder has a document, and a contract too.
    let refused = operator.give_code(PHONE, JIANGUO, true).await;
    assert!(
        refused.text("#told").contains("是别人的"),
        "{}",
        refused.text("#told")
    );
    // Where nobody was proven, a document alone says nothing.
    let refused = operator.give_code(plain, JIANGUO, false).await;
    assert!(
        refused.text("#told").contains("凭证"),
        "{}",
        refused.text("#told")
    );
    assert_eq!(app.count("window_code").await, 0);
    // Its owner is known by their document, without a contract.
    let given = operator.give_code(PHONE, XIUYING, false).await;
    assert_eq!(given.status(), 200, "{}", given.text("#told"));
    app.keep_secret(&given.text("#window-code"));
}
