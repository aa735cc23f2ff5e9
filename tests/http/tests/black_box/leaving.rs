//! What is held about a resident, shown to them; and how they leave.

use serde_json::Value;
use yimen_http_tests::{Authenticator, Page, Receiver, Registration, Resident, TestApp, decode};

const PHONE: &str = "13800000001";

async fn export(resident: &Resident) -> Page {
    resident.browser.get("/account/export").await
}

async fn leave(resident: &Resident) -> Page {
    let page = resident.browser.get("/account/leave").await;
    page.press("#confirm", &[]).await
}

/// A sign-in by code at the account's door.
async fn sign_in(resident: &Resident) -> Page {
    resident.sign_in_at(&resident.browser.get("/account").await).await
}

#[tokio::test]
async fn everything_held_is_shown_and_can_be_taken_along() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident(PHONE);
    let tokens = resident.sign_in_to(&client).await;
    let passkey = Authenticator::new();
    let account = resident.browser.get("/account").await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    let page = export(&resident).await;
    assert_eq!(page.status(), 200, "{}", page.answer.body);
    for part in [
        "+8613800000001",
        tokens.sub(),
        "hrss",
        "登录了我的账户",
        "添加了指纹或面容登录",
    ] {
        assert!(page.text("main").contains(part), "{part}");
    }
    let taken = page.press("#download", &[]).await;
    assert_eq!(taken.answer.header("content-type"), "application/json");
    assert!(
        taken
            .answer
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(taken.answer.header("cache-control"), "no-store");
    let held: Value = serde_json::from_str(&taken.answer.body).unwrap();
    assert_eq!(held["phone"][0]["number"], "+8613800000001");
    assert_eq!(held["subject"][0]["sub"], tokens.sub());
    assert_eq!(held["passkey"].as_array().unwrap().len(), 1);
    for part in [
        "account",
        "session",
        "visit",
        "consent",
        "oauth_grant",
        "refresh_token",
        "known_browser",
        "audit",
    ] {
        assert!(!held[part].as_array().unwrap().is_empty(), "{part}");
    }
    let account = resident.browser.get("/account").await;
    assert!(account.text("#activity").contains("下载了全部信息"));
}

#[tokio::test]
async fn nothing_of_anybody_else_is_shown() {
    let app = TestApp::start().await;
    let (resident, other) = (app.resident(PHONE), app.resident("13800000002"));
    other.sign_in().await;
    resident.sign_in().await;
    let page = export(&resident).await;
    assert!(!page.answer.body.contains("13800000002"));
    let taken = page.press("#download", &[]).await;
    assert!(!taken.answer.body.contains("13800000002"));
}

#[tokio::test]
async fn a_device_left_open_shows_and_ends_nothing() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    let shown = export(&resident).await;
    let asked = resident.browser.get("/account/leave").await;
    app.advance("11m").await;
    for path in ["/account/export", "/account/leave"] {
        assert!(resident.browser.get(path).await.has("#phone"), "{path}");
    }
    assert!(shown.press("#download", &[]).await.has("#phone"));
    assert!(asked.press("#confirm", &[]).await.has("#phone"));
    assert!(
        resident.browser.get("/account").await.has("#methods"),
        "still there"
    );
    let token = asked.attribute("input[name=token]", "value");
    let form = [("token", token.as_str()), ("confirmed", "yes")];
    for path in ["/account/export", "/account/leave"] {
        let forced = resident
            .browser
            .post_from("https://evil.example", path, &form)
            .await;
        assert_eq!(forced.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn who_leaves_is_signed_out_everywhere_and_gone_after_fifteen_days() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let resident = app.resident(PHONE);
    let tokens = resident.sign_in_to(&client).await;
    let other = resident.elsewhere();
    app.advance("2m").await;
    other.sign_in().await;
    let told = leave(&resident).await;
    assert!(told.text("main").contains("15 天内"), "{}", told.answer.body);
    receiver.wait_for(1).await;
    assert!(other.browser.get("/account").await.has("#phone"));
    client
        .refresh(&tokens.refresh)
        .await
        .assert_error(400, "invalid_grant");
    app.advance("15d").await;
    for table in [
        "account",
        "phone",
        "session",
        "visit",
        "subject",
        "consent",
        "oauth_grant",
        "refresh_token",
        "known_browser",
        "notice",
    ] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }
    assert!(app.count("audit").await > 5, "the law wants it");
    // The number begins anew, and no department knows it again.
    assert_ne!(resident.sign_in_to(&client).await.sub(), tokens.sub());
}

#[tokio::test]
async fn whoever_signs_in_within_fifteen_days_is_asked_and_may_stay() {
    let app = TestApp::start().await;
    let client = app.client("hrss").await;
    let resident = app.resident(PHONE);
    let sub = resident.sign_in_to(&client).await.sub().to_owned();
    leave(&resident).await;
    app.advance("14d").await;
    let page = sign_in(&resident).await;
    assert!(page.has("#stay"), "{}", page.answer.body);
    assert!(
        page.browser().get("/account").await.has("#phone"),
        "not signed in by it"
    );
    let gone = page.press("#leave", &[]).await;
    assert!(gone.has("#phone"), "{}", gone.answer.body);
    app.advance("2m").await;
    let account = sign_in(&resident).await.press("#stay", &[]).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    assert!(account.text("#activity").contains("取消了注销"));
    app.advance("2d").await;
    assert_eq!(
        resident.sign_in_to(&client).await.sub(),
        sub,
        "as if nothing had been"
    );
}

#[tokio::test]
async fn a_passkey_is_asked_the_same() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    let passkey = Authenticator::new();
    passkey
        .enrol(&resident.sign_in().await.click("#add-passkey").await)
        .await;
    leave(&resident).await;
    let page = passkey.sign_in(&app.browser().get("/account").await).await;
    assert!(page.has("#stay"), "{}", page.answer.body);
    let account = page.press("#stay", &[]).await;
    assert_eq!(account.url.path(), "/account", "{}", account.answer.body);
    app.advance("16d").await;
    assert_eq!(app.count("account").await, 1);
}

#[tokio::test]
async fn the_last_moment_is_one_or_the_other() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    leave(&resident).await;
    app.advance("2m").await;
    let page = sign_in(&resident).await;
    app.advance("15d").await;
    assert_eq!(app.count("account").await, 0);
    // The question waited for half an hour at most.
    assert!(page.press("#stay", &[]).await.status() < 500);
    assert_eq!(app.count("account").await, 0);
}

#[tokio::test]
async fn a_deletion_that_somebody_else_asked_for_is_told_and_the_link_stops_it() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    thief.sign_in().await;
    // Of two messages at once either may come first.
    owner.notices(1).await;
    leave(&thief).await;
    let link = owner.notices(2).await.pop().unwrap();
    let page = app.browser().get(&link).await;
    assert!(page.text("#what").contains("注销"), "{}", page.text("#what"));
    page.press("#lock", &[]).await;
    app.advance("16d").await;
    assert_eq!(app.count("account").await, 1);
    // In a browser of the owner's nothing is asked, and the account is as it was.
    let account = owner.sign_in().await;
    for line in ["申请注销", "取消了注销", "锁住了账户"] {
        assert!(account.text("#activity").contains(line), "{line}");
    }
}

/// The question whether to stay, left open by whoever asked for the deletion.
#[tokio::test]
async fn a_question_left_open_does_not_go_round_the_lock() {
    let app = TestApp::start().await;
    let owner = app.resident(PHONE);
    owner.sign_in().await;
    app.advance("25h").await;
    let thief = owner.elsewhere();
    thief.sign_in().await;
    // Of two messages at once either may come first.
    owner.notices(1).await;
    leave(&thief).await;
    app.advance("2m").await;
    let browser = thief.elsewhere();
    let question = sign_in(&browser).await;
    assert!(question.has("#stay"), "{}", question.answer.body);
    let link = owner.notices(2).await.pop().unwrap();
    app.browser().get(&link).await.press("#lock", &[]).await;
    let answered = question.press("#stay", &[]).await;
    assert!(answered.has("#phone"), "{}", answered.answer.body);
    assert!(
        browser.browser.get("/account").await.has("#phone"),
        "not signed in"
    );
    // A code is followed by the question whose account it is, since it is still locked.
    app.advance("2m").await;
    assert!(sign_in(&browser).await.url.path().ends_with("/whose"));
    app.advance("2m").await;
    let account = owner.sign_in().await;
    assert!(account.text("#activity").contains("账户解锁"));
}

#[tokio::test]
async fn looking_at_the_link_of_a_deletion_stops_nothing() {
    let app = TestApp::start().await;
    let resident = app.resident(PHONE);
    resident.sign_in().await;
    leave(&resident).await;
    let link = resident.notices(1).await.pop().unwrap();
    assert_eq!(app.get(&link).await.status, 200);
    app.advance("15d").await;
    assert_eq!(app.count("account").await, 0);
    // Nor does the link of an account that is gone, whenever it is pressed.
    assert_eq!(app.get(&link).await.status, 410);
}

/// Everything by which somebody could be found again: ids, subjects, hashes of what they hold.
const MARKS: [&str; 11] = [
    "SELECT id AS it FROM account",
    "SELECT passkey_handle AS it FROM account WHERE passkey_handle IS NOT NULL",
    "SELECT id AS it FROM phone",
    "SELECT number_index AS it FROM phone",
    "SELECT sub AS it FROM subject",
    "SELECT id AS it FROM session",
    "SELECT sid AS it FROM visit",
    "SELECT token_hash AS it FROM session",
    "SELECT id AS it FROM passkey",
    "SELECT browser_hash AS it FROM known_browser",
    "SELECT id AS it FROM oauth_grant",
];

#[tokio::test]
async fn no_table_holds_a_trace_of_an_erased_account() {
    let app = TestApp::start().await;
    let receiver = Receiver::start();
    receiver.answer_with(500);
    let registration = Registration::new("hrss").option("--backchannel-logout-uri", &receiver.uri);
    let client = app.register(registration).await;
    let resident = app.resident(PHONE);
    let tokens = resident.sign_in_to(&client).await;
    let account = resident.browser.get("/account").await;
    Authenticator::new()
        .enrol(&account.click("#add-passkey").await)
        .await;
    app.advance("2m").await;
    resident.elsewhere().sign_in().await;
    resident.notices(2).await;
    let mut marks = Vec::new();
    for mark in MARKS {
        let found = app.read_records(mark).await;
        assert!(!found.is_empty(), "{mark}");
        marks.extend(found);
    }
    let held = app.traces(&marks).await;
    for table in ["account", "audit", "outbox", "notice", "visit", "number_guard"] {
        assert!(held.iter().any(|one| one == table), "{table}: {held:?}");
    }
    leave(&resident).await;
    resident.notices(3).await;
    receiver.wait_for(1).await;
    // Nothing of it has arrived: the department is down, and so are all providers of messages.
    let far = "UPDATE outbox SET delivered_at = NULL, last_error = NULL, attempts = 100, next_attempt_at = 4102444800000";
    app.change_records(far).await;
    assert!(app.count("outbox").await > 3);
    app.advance("15d").await;

    // What the law keeps, by ids that lead to nobody; that a code was used, by the id of a grant that is gone; and
    // that a department is to sign somebody out whom it knows by a number of its own.
    assert_eq!(app.traces(&marks).await, ["audit", "outbox", "redeemed_code"]);
    let account = marks[..1].to_vec();
    assert_eq!(app.traces(&account).await, ["audit"]);
    assert_eq!(app.count("outbox").await, 1, "no notice outlives it");
    let kinds = app.read_records("SELECT kind AS it FROM outbox").await;
    assert_eq!(kinds, ["logout"]);

    receiver.answer_with(200);
    let before = receiver.received().len();
    app.change_records("UPDATE outbox SET next_attempt_at = 0").await;
    let token = receiver.wait_for(before + 1).await.pop().unwrap();
    let (_, claims) = decode(&token);
    assert_eq!(
        claims["sub"],
        tokens.sub(),
        "the department learns whom to sign out"
    );
    while app.count("outbox").await > 0 {
        app.advance("10m").await;
    }
    app.advance("120d").await;
    assert_eq!(app.traces(&marks).await, ["audit"]);
}
