//! A number whose account changes while somebody waits for the account it was of: a merging moves it, a claim to it
//! ends, or the claimant's link locks. Whoever was too late enters nothing, takes nothing, and may try again.

use yimen_http_tests::{Form, Operator, Resident, TestApp};

use crate::overtaken::overtaken_by;
use crate::proofing::XIUYING;

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";

/// The accounts, in the order in which they were opened.
async fn accounts(app: &TestApp) -> Vec<String> {
    app.read_records("SELECT id AS it FROM account ORDER BY id").await
}

/// As a merging does with the one account's numbers and claims.
fn moved(from: &str, to: &str) -> String {
    format!("UPDATE phone SET account_id = '{to}' WHERE account_id = '{from}'")
}

/// A sign-in's right code, about to be sent.
async fn right_code(resident: &Resident) -> Form {
    let page = resident
        .ask_for_code(&resident.browser.get("/account").await)
        .await;
    page.form("#verify").fill("code", &resident.latest_code().await)
}

#[tokio::test]
async fn a_code_opens_no_account_that_a_merging_has_given_the_number_to_meanwhile() {
    let app = TestApp::start().await;
    for phone in [FIRST, SECOND] {
        app.resident(phone).sign_in().await;
    }
    app.advance("61s").await;
    let all = accounts(&app).await;
    // The one that stays is locked: a browser that it does not know is asked whose it is.
    app.change_records(&format!(
        "UPDATE account SET locked_at = 1 WHERE id = '{}'",
        all[1]
    ))
    .await;
    let form = right_code(&app.resident(FIRST)).await;
    let before = app.count("session").await;
    let late = overtaken_by(&app, &moved(&all[0], &all[1]), form.clone()).await;
    assert_eq!(late.status(), 503, "{}", late.answer.body);
    assert_eq!(app.count("session").await, before, "nobody is signed in");
    let account = form.submit().await;
    assert_eq!(account.url.path(), "/account", "the code was given back");
}

/// A number that has been silent, and somebody who says that its account is not theirs.
async fn newcomer(app: &TestApp) -> Form {
    app.resident(FIRST).sign_in().await;
    app.resident(SECOND).sign_in().await;
    app.advance("90d").await;
    let stranger = app.resident(FIRST);
    let page = stranger.sign_in_at(&stranger.browser.get("/account").await).await;
    page.form("#new")
}

#[tokio::test]
async fn whoever_begins_anew_takes_the_number_from_no_account_that_is_not_held() {
    let app = TestApp::start().await;
    let form = newcomer(&app).await;
    let all = accounts(&app).await;
    let late = overtaken_by(&app, &moved(&all[0], &all[1]), form).await;
    assert!(late.status() < 500, "{}", late.answer.body);
    assert!(late.has("#phone"), "asked anew: {}", late.url);
    assert_eq!(accounts(&app).await, all, "nothing was opened");
    let disputed = "SELECT COUNT(*) FROM phone WHERE end_reason = 'disputed'";
    assert_eq!(app.rows(disputed).await, 0);
}

/// The owner of a claim at their own telephone, about to take the number back.
async fn claimant(app: &TestApp) -> Form {
    let owner = app.resident(FIRST);
    owner.sign_in().await;
    app.advance("90d").await;
    let other = app.resident(FIRST);
    let page = other.sign_in_at(&other.browser.get("/account").await).await;
    page.press("#new", &[]).await;
    app.advance("2m").await;
    right_code(&owner).await
}

const RETURNED: &str = "SELECT COUNT(*) FROM phone WHERE end_reason = 'returned'";

#[tokio::test]
async fn a_claim_that_has_ended_takes_nothing_back() {
    let app = TestApp::start().await;
    let form = claimant(&app).await;
    let released = "UPDATE phone SET end_reason = 'released' WHERE end_reason = 'disputed'";
    let late = overtaken_by(&app, released, form.clone()).await;
    assert_eq!(late.status(), 503, "{}", late.answer.body);
    let sessions = "SELECT COUNT(*) FROM audit WHERE action = 'phone.returned'";
    assert_eq!(app.rows(sessions).await, 0);
    form.submit().await;
    assert_eq!(app.rows(RETURNED).await, 1, "that is the form that does it");
}

/// The link of a notice has locked the account, and the telephone is one that it forgot.
#[tokio::test]
async fn a_claimant_whose_account_was_locked_meanwhile_is_asked() {
    let app = TestApp::start().await;
    let form = claimant(&app).await;
    let owner = &accounts(&app).await[0];
    let locks = format!("UPDATE account SET locked_at = 1 WHERE id = '{owner}' AND locked_at IS NULL");
    let late = overtaken_by(&app, &locks, form).await;
    assert!(late.url.path().ends_with("/whose"), "{}", late.url);
    assert_eq!(app.rows(RETURNED).await, 0);
}

/// Two accounts, and staff who see somebody for the first one's number.
async fn at_the_desk(app: &TestApp) -> (Operator, Vec<String>) {
    for text in [XIUYING.0, XIUYING.1] {
        app.keep_secret(text);
    }
    for phone in [FIRST, SECOND] {
        app.resident(phone).sign_in().await;
    }
    (app.operator("w").await, accounts(app).await)
}

async fn about_xiuying(operator: &Operator, button: &str) -> Form {
    let fields = [
        ("phone", FIRST),
        ("name", XIUYING.0),
        ("number", XIUYING.1),
        ("file", "W3-0042"),
        ("seen", "yes"),
        ("contract", "yes"),
    ];
    let form = operator.desk().await.form(button);
    fields
        .into_iter()
        .fold(form, |form, (name, value)| form.fill(name, value))
}

const OVERTAKEN: &str =
    "SELECT COUNT(*) FROM audit WHERE detail LIKE '%overtaken%' AND detail LIKE '%W3-0042%'";

#[tokio::test]
async fn staff_confirm_nobody_for_an_account_that_a_merging_has_closed_meanwhile() {
    let app = TestApp::start().await;
    let (operator, all) = at_the_desk(&app).await;
    let form = about_xiuying(&operator, "#confirm-person").await;
    // Its number has gone with it; or it is closed, and the number is still on its way.
    let closed = format!(
        "UPDATE account SET status = 'merged' WHERE id = '{}' AND status = 'active'",
        all[0]
    );
    for (told, overtakes) in [moved(&all[0], &all[1]), closed].into_iter().enumerate() {
        let late = overtaken_by(&app, &overtakes, form.clone()).await;
        assert_eq!(late.status(), 503, "{}", late.answer.body);
        assert_eq!(app.count("identity_proof").await, 0);
        assert_eq!(app.rows(OVERTAKEN).await, i64::try_from(told).unwrap() + 1);
    }
    form.submit().await;
    assert_eq!(
        app.count("identity_proof").await,
        1,
        "that is the form that does it"
    );
}

/// The owner's link has ended the codes that are out: none comes after it that was asked for before.
#[tokio::test]
async fn no_code_lands_in_an_account_that_was_locked_meanwhile() {
    let app = TestApp::start().await;
    let (operator, all) = at_the_desk(&app).await;
    let form = about_xiuying(&operator, "#give-code").await;
    let locks = format!(
        "UPDATE account SET locked_at = 1 WHERE id = '{}' AND locked_at IS NULL",
        all[0]
    );
    for (told, overtakes) in [locks, moved(&all[0], &all[1])].iter().enumerate() {
        let late = overtaken_by(&app, overtakes, form.clone()).await;
        assert_eq!(late.status(), 503, "{}", late.answer.body);
        assert_eq!(app.count("window_code").await, 0);
        assert_eq!(app.rows(OVERTAKEN).await, i64::try_from(told).unwrap() + 1);
    }
    let given = form.submit().await;
    app.keep_secret(&given.text("#window-code"));
    assert_eq!(app.count("window_code").await, 1, "that is the form that does it");
}

#[tokio::test]
async fn staff_decide_about_no_account_that_is_not_held() {
    let app = TestApp::start().await;
    let operator = app.operator("w").await;
    claimant(&app).await;
    app.advance("2m").await;
    app.resident(SECOND).sign_in().await;
    let all = accounts(&app).await;
    let decided = "SELECT COUNT(*) FROM phone WHERE end_reason IN ('returned', 'decided')";
    let desk = operator.desk().await;
    let form = desk
        .form("#disputes button[value=claimant]")
        .fill("file", "W3-0042");
    // The claim, and then the number itself.
    for of in &all[..2] {
        let late = overtaken_by(&app, &moved(of, &all[2]), form.clone()).await;
        assert_eq!(late.status(), 503, "{}", late.answer.body);
        assert_eq!(app.rows(decided).await, 0);
    }
    form.submit().await;
    assert_eq!(app.rows(decided).await, 2, "that is the form that does it");
}
