//! Many changes of the same two accounts at once, on a database that locks row by row: each waits for another, none
//! in a circle (docs/architecture.md, "Who waits for whom").

use std::time::{Duration, Instant};

use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinHandle;
use yimen_http_tests::{Authenticator, Form, Lie, Page, Setup, TestApp, options_on, origin_of};

use crate::proofing::{XIUYING, at_account, city, prove};

const FIRST: &str = "13800000001";
const SECOND: &str = "13800000002";
/// How long the rows are kept from the forms.
const PATIENCE: Duration = Duration::from_secs(2);

/// What people do to the two accounts, each a form that is about to be sent. Of the two, the second is about to close
/// into the first.
async fn forms(app: &TestApp) -> Vec<(&'static str, Form)> {
    let (one, two, passkey) = (app.resident(FIRST), app.resident(SECOND), Authenticator::new());
    let account = prove(&at_account(&one).await, XIUYING).await;
    passkey.enrol(&account.click("#add-passkey").await).await;
    let found_out = prove(&at_account(&two).await, XIUYING).await;
    app.advance("61s").await;
    let also = two.elsewhere();
    also.sign_in().await;
    let page = found_out.press("#merge", &[]).await;
    let merge = two.lend_to(FIRST).sign_in_at(&page).await.form("#confirm");
    app.advance("61s").await;

    let arrival = one.elsewhere();
    let page = arrival.ask_for_code(&arrival.browser.get("/account").await).await;
    let sign_in = page.form("#verify").fill("code", &arrival.latest_code().await);
    let page = app.browser().get("/account").await;
    let credential = passkey.answer(&origin_of(&page), &options_on(&page).await, &Lie::default());
    let by_passkey = page.form("#passkey").fill("credential", &credential.to_string());
    let account = one.browser.get("/account").await;
    let remove = account.press("button[name=passkey]", &[]).await.form("#confirm");
    let add_to_one = added(app, &account, "13800000003").await;
    let add_to_two = added(app, &also.browser.get("/account").await, "13800000004").await;
    let leave = also.browser.get("/account/leave").await.form("#confirm");
    let mut locks = Vec::new();
    for told in [&one, &two] {
        let link = told.notices(1).await.pop().unwrap();
        locks.push(app.browser().get(&link).await.form("#lock"));
    }
    let [lock_one, lock_two] = locks.try_into().ok().unwrap();
    vec![
        ("merge", merge),
        ("lock the first", lock_one),
        ("add a number to the first", add_to_one),
        ("lock the second", lock_two),
        ("add a number to the second", add_to_two),
        ("sign in by code", sign_in),
        ("remove a passkey", remove),
        ("sign in by passkey", by_passkey),
        ("leave", leave),
    ]
}

/// The code of a number that is to be added, typed.
async fn added(app: &TestApp, account: &Page, phone: &str) -> Form {
    let page = account.click("#add-phone").await;
    let page = page.press("#send-code", &[("phone", phone)]).await;
    let code = app.resident(phone).latest_code().await;
    page.form("#verify").fill("code", &code)
}

/// How many of the server's transactions wait for a row.
async fn waiting(server: &mut PgConnection) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    sqlx::query_scalar(sql).fetch_one(server).await.unwrap()
}

/// Sends the forms one after another, while somebody else has the accounts' rows, so that all of them wait in this
/// order; then lets them go at once. A server gives a statement up after five seconds: on a slow machine the last
/// forms wait for nobody.
async fn at_once(app: &TestApp, forms: Vec<(&'static str, Form)>) -> Vec<(&'static str, Page)> {
    let mut gate = PgConnection::connect(&app.database_url()).await.unwrap();
    let mut watch = PgConnection::connect(&app.database_url()).await.unwrap();
    let mut held = gate.begin().await.unwrap();
    let hold = "UPDATE account SET status = status";
    sqlx::query(hold).execute(&mut *held).await.unwrap();
    let (mut held, began) = (Some(held), Instant::now());
    let mut sent: Vec<(&'static str, JoinHandle<Page>)> = Vec::new();
    for (what, form) in forms {
        let before = waiting(&mut watch).await;
        let task = tokio::spawn(form.submit());
        // Whoever needs none of the rows has come and gone.
        let is_late = || began.elapsed() > PATIENCE;
        while waiting(&mut watch).await <= before && !task.is_finished() && !is_late() {}
        sent.push((what, task));
        if let Some(held) = held.take_if(|_| is_late()) {
            held.commit().await.unwrap();
        }
    }
    if let Some(held) = held {
        held.commit().await.unwrap();
    }
    let mut answers = Vec::new();
    for (what, task) in sent {
        answers.push((what, task.await.unwrap()));
    }
    answers
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn changes_of_the_same_accounts_never_wait_in_a_circle() {
    for round in 0..6 {
        let setup = Setup::new().set("database.max_connections", 24);
        let (app, _authority) = city(setup).await;
        let mut forms = forms(&app).await;
        let others = forms.len();
        forms.rotate_left(round % others);
        if round % 2 == 1 {
            forms.reverse();
        }
        let answers = at_once(&app, forms).await;
        let log = app.log();
        assert!(!log.contains("40P01"), "round {round}: a deadlock");
        // A machine that is busy with other things runs out of time, which is no circle.
        let is_slow = log.contains("57014");
        for (what, page) in answers {
            let status = page.status();
            let is_fine = [200, 410, 422].contains(&status) || (is_slow && status == 503);
            assert!(is_fine, "round {round}, {what}: {status}");
        }
    }
}
