//! One row that cannot be settled among others that can: the sweep goes on to the next, and tries it again later.

use yimen_http_tests::{Backend, TestApp};

use crate::phones::add;
use crate::proofing::{JIANGUO, XIUYING, at_account, prove, start};

/// Four residents, in the order of their accounts; the bad row is the first one's.
const PHONES: [&str; 4] = ["13800000001", "13800000002", "13800000003", "13800000004"];

async fn accounts(app: &TestApp) -> Vec<String> {
    app.read_records("SELECT id AS it FROM account ORDER BY id").await
}

/// Makes the number of an account one that nobody can open, as another master key would.
async fn garble(app: &TestApp, account: &str) {
    app.change_records(&format!(
        "CREATE TABLE stash AS SELECT id, number FROM phone; \
         UPDATE phone SET number = number_index WHERE account_id = '{account}'"
    ))
    .await;
}

async fn mend(app: &TestApp) {
    app.change_records(
        "UPDATE phone SET number = (SELECT s.number FROM stash s WHERE s.id = phone.id) \
         WHERE id IN (SELECT id FROM stash)",
    )
    .await;
}

/// `settled` counts what came of it: one of two, and both once the bad row is mended.
async fn assert_goes_on(app: &TestApp, what: &str, settled: &str) {
    app.advance("1h").await;
    assert_eq!(app.rows(settled).await, 1, "the good one: {}", app.log());
    let log = app.log();
    assert!(
        log.contains("left for the next sweep") && log.contains(what),
        "{log}"
    );
    mend(app).await;
    app.advance("1h").await;
    assert_eq!(app.rows(settled).await, 2, "and the other, once it can be read");
}

#[tokio::test]
async fn one_number_that_cannot_be_read_keeps_no_other_from_moving() {
    let app = TestApp::start().await;
    for phone in PHONES {
        app.resident(phone).sign_in().await;
    }
    let all = accounts(&app).await;
    for (due, (to, from)) in [(&all[0], &all[2]), (&all[1], &all[3])].into_iter().enumerate() {
        app.change_records(&format!(
            "INSERT INTO phone_move (id, account_id, from_account, number_index, lost_phone, due_at) \
             SELECT l.id, '{to}', '{from}', n.number_index, l.id, {due} FROM phone l, phone n \
             WHERE l.account_id = '{to}' AND n.account_id = '{from}'"
        ))
        .await;
    }
    garble(&app, &all[2]).await;
    let moved = "SELECT COUNT(*) FROM phone WHERE end_reason = 'moved'";
    assert_goes_on(&app, "a number that moves", moved).await;
}

#[tokio::test]
async fn one_account_that_cannot_be_told_keeps_no_other_from_closing() {
    let (app, _authority) = start().await;
    for (phone, person) in PHONES.into_iter().zip([XIUYING, JIANGUO]) {
        prove(&at_account(&app.resident(phone)).await, person).await;
    }
    for phone in &PHONES[2..] {
        app.resident(phone).sign_in().await;
    }
    let all = accounts(&app).await;
    for (due, (into, closing)) in [(&all[0], &all[2]), (&all[1], &all[3])].into_iter().enumerate() {
        app.change_records(&format!(
            "INSERT INTO merging (account_id, into_account, proof_id, expires_at, begun_at, due_at, agreed_at) \
             SELECT '{closing}', '{into}', id, 9000000000000, 0, {due}, 0 FROM identity_proof \
             WHERE account_id = '{into}' AND ended_at IS NULL"
        ))
        .await;
    }
    garble(&app, &all[0]).await;
    let closed = "SELECT COUNT(*) FROM account WHERE status = 'merged'";
    assert_goes_on(&app, "an account that closes", closed).await;
}

#[tokio::test]
async fn one_number_that_cannot_end_keeps_no_other_from_ending() {
    let app = TestApp::start().await;
    for (phone, second) in [(PHONES[0], PHONES[2]), (PHONES[1], PHONES[3])] {
        let account = app.resident(phone).sign_in().await;
        add(&app, &account, second).await;
    }
    let all = accounts(&app).await;
    // No sealed field is read here: the database itself will not have it.
    let (refuses, relents) = match app.backend() {
        Backend::SqliteMemory => (
            format!(
                "CREATE TRIGGER refuses BEFORE UPDATE OF ended_at ON phone WHEN NEW.account_id = '{}' \
                 BEGIN SELECT RAISE(ABORT, 'not this one'); END",
                all[0]
            ),
            "DROP TRIGGER refuses",
        ),
        Backend::PostgresRedis => (
            format!(
                "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 RAISE EXCEPTION 'not this one'; END $$; \
                 CREATE TRIGGER refuses BEFORE UPDATE OF ended_at ON phone FOR EACH ROW \
                 WHEN (NEW.account_id = '{}') EXECUTE FUNCTION refuses()",
                all[0]
            ),
            "DROP TRIGGER refuses ON phone",
        ),
    };
    for (due, account) in all.iter().enumerate() {
        app.change_records(&format!(
            "UPDATE phone SET ends_at = {due} WHERE id = (SELECT MAX(id) FROM phone WHERE account_id = '{account}')"
        ))
        .await;
    }
    app.change_records(&refuses).await;
    let ended = "SELECT COUNT(*) FROM phone WHERE end_reason = 'removed'";
    app.advance("1h").await;
    assert_eq!(app.rows(ended).await, 1, "the good one: {}", app.log());
    assert!(app.log().contains("a number given up"));
    app.change_records(relents).await;
    app.advance("1h").await;
    assert_eq!(app.rows(ended).await, 2);
}
