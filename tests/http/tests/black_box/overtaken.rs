//! Forms that the owner's link overtakes: between the look at the session and the change, the account was locked.
//! Each of them changes nothing, and the same form does where nothing came between.

use yimen_http_tests::{Authenticator, Backend, Form, Page, Resident, TestApp, options_on, origin_of};

use crate::phones::{add, with_two};
use crate::proofing::{XIUYING, at_account, prove, start};

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";

/// Signs everybody out, as a lock does.
const LOCK: &str =
    "UPDATE session SET ended_at = 1, end_reason = 'locked' WHERE account_id = NEW.id AND ended_at IS NULL";

/// Sends the form while `change` happens at the moment at which it takes its account, as if that had committed just
/// before.
pub(crate) async fn overtaken_by(app: &TestApp, change: &str, form: Form) -> Page {
    let (begins, ends) = match app.backend() {
        Backend::SqliteMemory => (
            format!("CREATE TRIGGER overtakes AFTER UPDATE ON account BEGIN {change}; END"),
            "DROP TRIGGER overtakes",
        ),
        Backend::PostgresRedis => (
            format!(
                "CREATE OR REPLACE FUNCTION overtakes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; \
                 RETURN NULL; END $$; \
                 CREATE TRIGGER overtakes AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION overtakes()"
            ),
            "DROP TRIGGER overtakes ON account",
        ),
    };
    app.change_records(&begins).await;
    let page = form.submit().await;
    app.change_records(ends).await;
    page
}

async fn overtaken(app: &TestApp, form: Form) -> Page {
    let page = overtaken_by(app, LOCK, form).await;
    assert!(page.status() < 500, "{}", page.answer.body);
    page
}

/// The form changes what `sql` counts, but not where a lock comes between.
async fn assert_overtaken(app: &TestApp, form: Form, sql: &str) {
    let before = app.rows(sql).await;
    overtaken(app, form.clone()).await;
    assert_eq!(app.rows(sql).await, before, "{}", form.action);
    form.clone().submit().await;
    assert_ne!(
        app.rows(sql).await,
        before,
        "{} is the form that does it",
        form.action
    );
}

#[tokio::test]
async fn no_merging_is_begun() {
    let (app, _authority) = start().await;
    prove(&at_account(&app.resident(FIRST)).await, XIUYING).await;
    let page = prove(&at_account(&app.resident(SECOND)).await, XIUYING).await;
    let begun = "SELECT COUNT(*) FROM merging WHERE begun_at IS NOT NULL";
    assert_overtaken(&app, page.form("#merge"), begun).await;
}

/// The last question of a merging, in the browser of the account that closes; that one was opened long before, or
/// just now.
async fn at_question(app: &TestApp, is_new: bool) -> Page {
    let two = app.resident(SECOND);
    prove(&at_account(&app.resident(FIRST)).await, XIUYING).await;
    if !is_new {
        two.sign_in().await;
        app.advance("61s").await;
    }
    let here = if is_new { two } else { two.elsewhere() };
    let page = prove(&at_account(&here).await, XIUYING).await;
    app.advance("61s").await;
    here.lend_to(FIRST)
        .sign_in_at(&page.press("#merge", &[]).await)
        .await
}

#[tokio::test]
async fn no_merging_is_agreed_to_or_done() {
    for (is_new, done) in [
        (false, "SELECT COUNT(*) FROM merging WHERE agreed_at IS NOT NULL"),
        (true, "SELECT COUNT(*) FROM account WHERE status = 'merged'"),
    ] {
        let (app, _authority) = start().await;
        let question = at_question(&app, is_new).await;
        assert_overtaken(&app, question.form("#confirm"), done).await;
    }
}

#[tokio::test]
async fn no_number_is_given_up() {
    let app = TestApp::start().await;
    let (_, account) = with_two(&app).await;
    let remove = "#methods form[action='/account/phones/remove'] button";
    let question = account.press(remove, &[]).await;
    let ending = "SELECT COUNT(*) FROM phone WHERE ends_at IS NOT NULL";
    assert_overtaken(&app, question.form("#confirm"), ending).await;
}

#[tokio::test]
async fn no_number_is_asked_to_move() {
    let app = TestApp::start().await;
    for text in [XIUYING.0, XIUYING.1] {
        app.keep_secret(text);
    }
    app.resident(FIRST).sign_in().await;
    let person = app.resident(SECOND);
    person.sign_in().await;
    let told = app.operator("w").await.give_code(FIRST, XIUYING, true).await;
    let code = told.text("#window-code");
    app.keep_secret(&code);
    let form = person.browser.get("/account/recover").await.form("#recover");
    let moving = "SELECT COUNT(*) FROM phone_move";
    assert_overtaken(&app, form.fill("code", &code), moving).await;
}

#[tokio::test]
async fn nobody_leaves() {
    let app = TestApp::start().await;
    let resident = app.resident(FIRST);
    resident.sign_in().await;
    let form = resident.browser.get("/account/leave").await.form("#confirm");
    let leaving = "SELECT COUNT(*) FROM account WHERE erase_at IS NOT NULL";
    assert_overtaken(&app, form, leaving).await;
}

async fn with_passkey(app: &TestApp) -> (Resident, Authenticator, Page) {
    let (resident, passkey) = (app.resident(FIRST), Authenticator::new());
    let account = resident.sign_in().await;
    let account = passkey.enrol(&account.click("#add-passkey").await).await;
    (resident, passkey, account)
}

#[tokio::test]
async fn no_passkey_is_removed() {
    let app = TestApp::start().await;
    let (_, _, account) = with_passkey(&app).await;
    let question = account.press("button[name=passkey]", &[]).await;
    let ended = "SELECT COUNT(*) FROM passkey WHERE ended_at IS NOT NULL";
    assert_overtaken(&app, question.form("#confirm"), ended).await;
}

// The forms below can be posted once: what they answer, a code or a challenge, is used up.

#[tokio::test]
async fn no_passkey_is_added() {
    let app = TestApp::start().await;
    let (resident, passkey, _) = with_passkey(&app).await;
    let page = resident.browser.get("/account/passkeys").await;
    let other = Authenticator::new();
    let credential = other.make(&origin_of(&page), &options_on(&page).await, &Default::default());
    let form = page.form("#passkey").fill("credential", &credential.to_string());
    overtaken(&app, form).await;
    assert_eq!(app.count("passkey").await, 1);
    passkey.enrol(&page).await;
    assert_eq!(app.count("passkey").await, 2, "that is the page that does it");
}

#[tokio::test]
async fn no_number_is_added() {
    let app = TestApp::start().await;
    let account = app.resident(FIRST).sign_in().await;
    let page = account.click("#add-phone").await;
    let page = page.press("#send-code", &[("phone", SECOND)]).await;
    let code = app.resident(SECOND).latest_code().await;
    overtaken(&app, page.form("#verify").fill("code", &code)).await;
    assert_eq!(app.count("phone").await, 1);
    app.advance("61s").await;
    add(&app, &account, SECOND).await;
    assert_eq!(app.count("phone").await, 2, "that is the way to do it");
}

#[tokio::test]
async fn no_name_is_proven() {
    let (app, _authority) = start().await;
    let page = at_account(&app.resident(FIRST)).await;
    let form = page
        .form("#prove")
        .fill("name", XIUYING.0)
        .fill("number", XIUYING.1);
    assert_overtaken(&app, form, "SELECT COUNT(*) FROM identity_proof").await;
}
