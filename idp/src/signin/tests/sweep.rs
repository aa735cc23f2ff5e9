use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::house::{House, number};
use super::walk::{Browser, not};
use super::whereabouts::nowhere;
use crate::args;
use crate::audit::Change;
use crate::signin::guard::{look, remember_browser, reserve_send};
use crate::signin::limits::BrowserKnown;
use crate::signin::sessions::Proof;
use crate::signin::sweep::sweep;
use crate::signin::{Session, guard};
use crate::web::Locale;

const PHONE: &str = "13812345678";
const OTHER: &str = "13800000001";
const DAY: u64 = 86_400;
/// How long sessions are kept here when they have run out.
const KEPT: Duration = Duration::from_secs(180 * DAY);

const GRANT: &str = "INSERT INTO oauth_grant \
    (id, account_id, client_id, session_id, sub, scope, offline, authentication, created_at) \
    VALUES ($1, $2, 'hrss', $3, 'sub', 'openid offline_access', TRUE, '{}', $4)";

async fn swept(house: &House) -> u64 {
    let mut all = 0;
    loop {
        match sweep(&house.signin.db, &house.context(), KEPT).await.unwrap() {
            0 => return all,
            rows => all += rows,
        }
    }
}

async fn visit(house: &House, session: &Session, client: &str) {
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    let sessions = &house.signin.sessions;
    sessions
        .join(&mut change, session.id, client, "sub", "sid")
        .await
        .unwrap();
    change.commit_housekeeping().await.unwrap();
}

/// How many rows sessions have, and how many their visits.
async fn left(house: &House) -> (i64, i64) {
    let sessions = house.count("SELECT COUNT(*) AS n FROM session").await;
    (sessions, house.count("SELECT COUNT(*) AS n FROM visit").await)
}

#[tokio::test]
async fn counts_whose_period_is_over_are_swept() {
    let house = House::open().await;
    house.browser().sign_in(PHONE).await;
    let kept = house.count("SELECT COUNT(*) AS n FROM tally").await;
    assert!(kept > 0);
    assert_eq!(swept(&house).await, 0);
    house.wait(DAY);
    assert_eq!(i64::try_from(swept(&house).await).unwrap(), kept);
}

/// What the audit says of the sweep, in its order.
async fn told(house: &House) -> Vec<serde_json::Value> {
    let sql = "SELECT detail FROM audit WHERE action = 'records.swept' AND account_id IS NULL ORDER BY id";
    let rows = house.rows(sql).await;
    let details = rows.iter().map(|row| row.text("detail").unwrap());
    details
        .map(|detail| serde_json::from_str(&detail).unwrap())
        .collect()
}

#[tokio::test]
async fn the_audit_says_what_was_swept_and_nothing_where_nothing_was() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    swept(&house).await;
    assert!(told(&house).await.is_empty());
    let counts = house.count("SELECT COUNT(*) AS n FROM tally").await;
    visit(&house, &session, "hrss").await;
    house.wait(1000 * DAY);
    swept(&house).await;
    let expected = [
        ("open sessions", 1),
        ("tally", counts),
        ("number_guard", 1),
        ("known_browser", 1),
        ("visit", 1),
        ("session", 1),
    ];
    assert_eq!(
        told(&house).await,
        expected.map(|(what, rows)| json!({ "what": what, "rows": rows }))
    );
}

#[tokio::test]
async fn a_quiet_number_is_forgotten_and_one_with_wrong_codes_never() {
    let house = House::open().await;
    house.browser().sign_in(PHONE).await;
    let mut guesser = house.browser();
    let id = guesser.begin().await;
    guesser.ask_for_code(&id, OTHER).await;
    let code = house.codes(OTHER)[0].clone();
    guesser.answer(&id, &not(&code)).await;
    let numbers = async || house.count("SELECT COUNT(*) AS n FROM number_guard").await;
    house.wait(DAY);
    swept(&house).await;
    assert_eq!(numbers().await, 2);
    house.wait(DAY + 1);
    swept(&house).await;
    assert_eq!((numbers().await, house.failures().await), (1, 1));
    house.wait(1000 * DAY);
    swept(&house).await;
    assert_eq!((numbers().await, house.failures().await), (1, 1));

    guesser.sign_in(OTHER).await;
    house.wait(3 * DAY);
    swept(&house).await;
    assert_eq!(numbers().await, 0, "a right code has been typed");
}

#[tokio::test]
async fn a_message_sent_within_the_day_is_remembered_whatever_went_before() {
    let house = House::open().await;
    let mut browser = house.browser();
    for _ in 0..5 {
        let id = browser.begin().await;
        browser.ask_for_code(&id, PHONE).await;
        house.wait(DAY - 60);
        swept(&house).await;
        assert_eq!(house.count("SELECT COUNT(*) AS n FROM number_guard").await, 1);
    }
    house.wait(DAY + 61);
    swept(&house).await;
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM number_guard").await, 0);
}

/// Whoever has read a number's row before it was swept may not write over the one that came after it.
#[tokio::test]
async fn a_number_that_was_swept_and_begun_anew_is_not_taken_for_the_old_one() {
    let house = House::open().await;
    let (db, vault) = (&house.signin.db, &house.signin.vault);
    let index = number(PHONE).index(vault);
    let send = async |guard: &guard::Seen| {
        let mut change = Change::begin(db, &house.context()).await.unwrap();
        let is_ours = reserve_send(&mut change, &index, &guard.number, &[house.now()]).await;
        change.commit_housekeeping().await.unwrap();
        is_ours.unwrap()
    };
    assert!(send(&see(&house).await).await);
    house.wait(3 * DAY);
    let stale = see(&house).await;
    swept(&house).await;
    assert!(send(&see(&house).await).await);
    assert!(!send(&stale).await, "two messages within a minute");
}

#[tokio::test]
async fn a_browser_is_forgotten_when_its_cookie_is() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.sign_in(PHONE).await;
    let known = async || house.count("SELECT COUNT(*) AS n FROM known_browser").await;
    house.wait(399 * DAY);
    swept(&house).await;
    assert_eq!(known().await, 1);
    browser.cookies.remove("session");
    browser.sign_in(PHONE).await;
    house.wait(399 * DAY);
    swept(&house).await;
    assert_eq!(known().await, 1, "counted from its last use");
    house.wait(DAY);
    swept(&house).await;
    assert_eq!(known().await, 0);
}

/// Whoever signs in from new browsers without end is soon forgotten there; the owner's, which were here first, are not.
#[tokio::test]
async fn an_account_knows_the_browsers_it_used_last_and_those_it_has_known_longest() {
    let house = House::open().await;
    let sign_in_anew = async |browser: &mut Browser<'_>| {
        browser.cookies.remove("session");
        browser.sign_in(PHONE).await;
        house.wait(3 * 3600);
    };
    let mut owners: Vec<_> = (0..10).map(|_| house.browser()).collect();
    let (mut used, mut left) = (house.browser(), house.browser());
    for browser in owners.iter_mut().chain([&mut used, &mut left]) {
        sign_in_anew(browser).await;
    }
    house.browser().sign_in(OTHER).await;
    for _ in 0..18 {
        sign_in_anew(&mut house.browser()).await;
    }
    sign_in_anew(&mut used).await;
    for _ in 0..5 {
        sign_in_anew(&mut house.browser()).await;
    }
    assert_eq!(
        house.count("SELECT COUNT(*) AS n FROM known_browser").await,
        31,
        "the ten first, the twenty last, and one of another's"
    );

    house.tamper("UPDATE number_guard SET failures = 100").await;
    left.cookies.remove("session");
    let id = left.begin().await;
    assert_eq!(
        left.ask_for_code(&id, PHONE).await.status,
        http::StatusCode::TOO_MANY_REQUESTS
    );
    for known in owners.iter_mut().chain([&mut used]).rev().take(2) {
        sign_in_anew(known).await;
    }
}

#[tokio::test]
async fn a_session_goes_with_its_visits_when_it_has_been_over_for_long() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    visit(&house, &session, "hrss").await;
    visit(&house, &session, "gjj").await;
    let signed_out = house.browser().sign_in(OTHER).await;
    visit(&house, &signed_out, "hrss").await;
    let (sessions, context) = (&house.signin.sessions, house.context());
    sessions.sign_out(&context, &signed_out).await.unwrap();
    let end = session.expires_at.max(signed_out.expires_at).plus(KEPT);
    house.wait(end.since(house.now()).as_secs() - 1);
    swept(&house).await;
    assert_eq!(left(&house).await, (2, 3));
    house.wait(2);
    assert_eq!(swept(&house).await, 5);
    assert_eq!(left(&house).await, (0, 0));
}

#[tokio::test]
async fn a_session_that_a_grant_stands_on_stays() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    let grant = args!["offline", session.account, session.id, house.now()];
    change.execute(GRANT, grant).await.unwrap();
    change.commit_housekeeping().await.unwrap();
    house.browser().sign_in(OTHER).await;
    house.wait(200 * DAY);
    swept(&house).await;
    assert_eq!(left(&house).await, (1, 0));
    house.tamper("DELETE FROM oauth_grant").await;
    swept(&house).await;
    assert_eq!(left(&house).await, (0, 0));
}

/// Sweeps while a sign-in has done `work` and not yet committed it.
async fn sweep_in_the_midst(house: &House, work: impl AsyncFnOnce(&mut Change)) {
    let (db, context) = (house.signin.db.clone(), house.context());
    let mut change = Change::begin(&db, &context).await.unwrap();
    work(&mut change).await;
    let sweeper = db.clone();
    let sweeping = tokio::spawn(async move { sweep(&sweeper, &context, KEPT).await });
    change.commit_when_awaited(&db).await;
    sweeping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_session_taken_up_again_in_the_midst_of_a_sweep_keeps_its_visits() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    visit(&house, &session, "hrss").await;
    house.wait(200 * DAY);
    sweep_in_the_midst(&house, async |change| {
        assert_eq!(begin_again(&house, change, &session).await, session.id);
    })
    .await;
    assert_eq!(left(&house).await, (1, 1));
    let open = "SELECT COUNT(*) AS n FROM session WHERE ended_at IS NULL";
    assert_eq!(house.count(open).await, 1);
}

#[tokio::test]
async fn a_browser_used_in_the_midst_of_a_sweep_stays_known() {
    let house = House::open().await;
    let mut browser = house.browser();
    let session = browser.sign_in(PHONE).await;
    house.wait(401 * DAY);
    sweep_in_the_midst(&house, async |change| {
        let (cookies, headers) = (house.signin.site.cookies(), browser.headers());
        let browser = guard::Browser::of(cookies, &headers);
        let known = BrowserKnown::Yes;
        remember_browser(
            change,
            &browser,
            known,
            session.account,
            &session.device,
            Locale::Chinese,
            cookies,
        )
        .await
        .unwrap();
    })
    .await;
    assert_eq!(house.count("SELECT COUNT(*) AS n FROM known_browser").await, 1);
}

#[tokio::test]
async fn a_message_sent_in_the_midst_of_a_sweep_is_remembered() {
    let house = House::open().await;
    house.browser().sign_in(PHONE).await;
    house.wait(3 * DAY);
    let index = number(PHONE).index(&house.signin.vault);
    let stale = see(&house).await;
    let sent = [house.now()];
    sweep_in_the_midst(&house, async |change| {
        assert!(reserve_send(change, &index, &stale.number, &sent).await.unwrap());
    })
    .await;
    assert_eq!(see(&house).await.number.sent_at, sent);
}

async fn see(house: &House) -> guard::Seen {
    let (db, vault) = (&house.signin.db, &house.signin.vault);
    let nobody = guard::Browser::of(house.signin.site.cookies(), &http::HeaderMap::new());
    let index = number(PHONE).index(vault);
    look(db, vault, &index, &nobody, None, house.now()).await.unwrap()
}

#[tokio::test]
async fn a_session_that_was_swept_is_not_taken_up_again() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    house.wait(200 * DAY);
    swept(&house).await;
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    let begun = begin_again(&house, &mut change, &session).await;
    change.commit().await.unwrap();
    assert_ne!(begun, session.id);
    swept(&house).await;
    assert_eq!(left(&house).await, (1, 0));
}

async fn begin_again(house: &House, change: &mut Change, session: &Session) -> Uuid {
    let sessions = &house.signin.sessions;
    let begun = sessions
        .begin(change, session.account, Proof::Code, Some(session), &nowhere())
        .await;
    begun.unwrap().id
}

#[tokio::test]
async fn however_many_sessions_are_over_go_a_thousand_at_a_time() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    for _ in 0..1100 {
        let sessions = &house.signin.sessions;
        let begun = sessions
            .begin(&mut change, session.account, Proof::Code, None, &nowhere())
            .await;
        let id = begun.unwrap().id;
        sessions
            .join(&mut change, id, "hrss", "sub", "sid")
            .await
            .unwrap();
    }
    change.commit().await.unwrap();
    house.wait(200 * DAY);
    let round = async || sweep(&house.signin.db, &house.context(), KEPT).await.unwrap();
    let first = round().await;
    assert!((1000..=2100).contains(&first), "{first}");
    assert!(left(&house).await.1 >= 100);
    swept(&house).await;
    assert_eq!(left(&house).await, (0, 0));
}
