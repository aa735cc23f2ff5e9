use std::time::Duration;

use uuid::Uuid;

use super::model::{Known, Method, Step, Took, Who};
use super::{Adoption, Cell, Figures, Finish, Week, adoption, close_weeks, flush, sweep_adoption};
use crate::args;
use crate::audit::Context;
use crate::clock::Timestamp;
use crate::config::MasterKey;
use crate::rng::Rng;
use crate::store::sample::Records;
use crate::store::{Db, Vault};

const CLIENT: &str = "hrss";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A Wednesday.
const NOW: Timestamp = Timestamp::from_seconds(1_767_760_000);

fn node() -> Adoption {
    Adoption::new(Vault::new(&MasterKey::from_bytes([3; 32]), Rng::system()))
}

fn context(now: Timestamp) -> Context {
    Context::of_node(now, &Rng::system())
}

fn resident(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// From the number to the department, in 25 seconds.
fn walk(first: &Adoption, second: &Adoption, number: u128) {
    let name = number.to_string();
    let at_number = first.stay(CLIENT, NOW, Step::Number, Who::Browser(Some(&name)));
    first.came(CLIENT, NOW, None, &at_number);
    let at_code = second.stay(CLIENT, NOW, Step::Code, Who::Browser(Some(&name)));
    second.came(CLIENT, NOW, Some(&at_number), &at_code);
    finish(first, number, Some(&at_code));
}

fn finish(node: &Adoption, number: u128, from: Option<&super::Stay>) {
    let finish = Finish {
        account: resident(number),
        method: Method::Sms,
        known: Known::New,
        took: Took::Span(Duration::from_secs(25)),
    };
    node.finished(CLIENT, NOW, from, finish);
}

fn leave_at_code(node: &Adoption, name: &str) {
    let stay = node.stay(CLIENT, NOW, Step::Code, Who::Browser(Some(name)));
    node.came(CLIENT, NOW, None, &stay);
}

async fn published(db: &Db) -> Option<Figures> {
    let over = NOW.plus(DAY * 9);
    while close_weeks(db, &context(over)).await.unwrap() > 0 {}
    let week = Week::of(NOW);
    let shown = adoption(db, CLIENT, week, week).await.unwrap();
    shown.into_iter().next().map(|shown| shown.figures)
}

#[tokio::test]
async fn thirty_through_two_nodes_are_thirty_in_whatever_order_they_tell() {
    let records = Records::open().await;
    let (first, second) = (node(), node());
    for number in 0..30 {
        walk(&first, &second, number);
    }
    // Who went on from the second is told of before who came to it.
    flush(&first, &records.db, &context(NOW)).await.unwrap();
    flush(&second, &records.db, &context(NOW)).await.unwrap();
    let figures = published(&records.db).await.unwrap();
    assert_eq!((figures.begun, figures.finished), (Some(30), Some(30)));
    assert_eq!(figures.parts[&Cell::BySms], Some(30));
    assert_eq!(figures.parts[&Cell::Within30s], Some(30));
    assert_eq!(figures.parts[&Cell::LeftNumber], None);
    assert_eq!(figures.returning_percent, Some(0));
}

#[tokio::test]
async fn two_nodes_that_add_at_once_lose_nothing() {
    let records = Records::open().await;
    let nodes = [node(), node(), node(), node()];
    for round in 0..5 {
        for (number, node) in (round * 40..).zip(nodes.iter().cycle()).take(40) {
            walk(node, node, number);
        }
        let [a, b, c, d] = &nodes;
        let at_once = context(NOW);
        let added = tokio::join!(
            flush(a, &records.db, &at_once),
            flush(b, &records.db, &at_once),
            flush(c, &records.db, &at_once),
            flush(d, &records.db, &at_once),
        );
        added.0.and(added.1).and(added.2).and(added.3).unwrap();
    }
    let figures = published(&records.db).await.unwrap();
    assert_eq!((figures.begun, figures.finished), (Some(200), Some(200)));
}

/// Who comes again and again is one person; who went on is not there any more.
#[tokio::test]
async fn nine_who_left_are_too_few_however_often_they_came() {
    let records = Records::open().await;
    let node = node();
    for number in 0..12 {
        walk(&node, &node, number);
    }
    for _ in 0..20 {
        for number in 0..9 {
            leave_at_code(&node, &format!("left {number}"));
        }
    }
    flush(&node, &records.db, &context(NOW)).await.unwrap();
    let figures = published(&records.db).await.unwrap();
    assert_eq!(figures.parts[&Cell::LeftCode], None);
    assert_eq!((figures.begun, figures.finished), (Some(10), Some(10)));
}

#[tokio::test]
async fn ten_who_left_are_told_of() {
    let records = Records::open().await;
    let node = node();
    for number in 0..10 {
        leave_at_code(&node, &format!("left {number}"));
        flush(&node, &records.db, &context(NOW)).await.unwrap();
    }
    let figures = published(&records.db).await.unwrap();
    assert_eq!(
        (figures.parts[&Cell::LeftCode], figures.begun),
        (Some(10), Some(10))
    );
    assert_eq!(figures.finished, None);
}

#[tokio::test]
async fn browsers_that_keep_no_cookie_are_nobody() {
    let records = Records::open().await;
    let node = node();
    for _ in 0..50 {
        let stay = node.stay(CLIENT, NOW, Step::Number, Who::Browser(None));
        node.came(CLIENT, NOW, None, &stay);
    }
    flush(&node, &records.db, &context(NOW)).await.unwrap();
    assert_eq!(published(&records.db).await.unwrap().begun, None);
}

/// Asking before and after one more person: nothing is shown of a week that is not over, and what is shown of one that
/// is does not change.
#[tokio::test]
async fn nothing_is_learned_by_asking_again() {
    let records = Records::open().await;
    let (db, node, week) = (&records.db, node(), Week::of(NOW));
    for number in 0..14 {
        finish(&node, number, None);
    }
    flush(&node, db, &context(NOW)).await.unwrap();
    for later in [Duration::ZERO, DAY * 3, DAY * 5] {
        close_weeks(db, &context(NOW.plus(later))).await.unwrap();
        assert_eq!(adoption(db, CLIENT, week.back(9), week).await.unwrap(), []);
    }
    let shown = published(db).await.unwrap();
    assert_eq!(shown.finished, Some(10));
    finish(&node, 14, None);
    flush(&node, db, &context(NOW.plus(DAY * 9))).await.unwrap();
    assert_eq!(published(db).await.unwrap(), shown);
    // Not even a node whose clock is wrong changes it.
    finish(&node, 15, None);
    flush(&node, db, &context(NOW)).await.unwrap();
    assert_eq!(published(db).await.unwrap(), shown);
}

#[tokio::test]
async fn of_a_week_that_is_over_only_what_is_shown_is_kept() {
    let records = Records::open().await;
    let (db, node) = (&records.db, node());
    for number in 0..9 {
        finish(&node, number, None);
        leave_at_code(&node, &number.to_string());
    }
    flush(&node, db, &context(NOW)).await.unwrap();
    assert_eq!(count(db, LISTED).await, 9 * 5);
    finish(&node, 9, None);
    flush(&node, db, &context(NOW)).await.unwrap();
    assert_eq!(
        count(db, LISTED).await,
        9,
        "ten are listed no more, nine at the code are"
    );
    published(db).await.unwrap();
    assert_eq!((count(db, LISTED).await, count(db, CELLS).await), (0, 0));
    let two_years = NOW.plus(DAY * 760);
    assert_eq!(
        sweep_adoption(db, &context(NOW.plus(DAY * 700))).await.unwrap(),
        0
    );
    assert_eq!(sweep_adoption(db, &context(two_years)).await.unwrap(), 1);
}

#[test]
fn nobody_is_told_from_others_across_weeks_or_departments() {
    let node = node();
    let of = |client, at| node.stay(client, at, Step::Number, Who::Browser(Some("b")));
    let one = of("a", NOW);
    assert_eq!(one, of("a", NOW.plus(DAY)));
    assert_ne!(one, of("a", NOW.plus(DAY * 7)));
    assert_ne!(one, of("b", NOW));
    let account = node.stay("a", NOW, Step::Number, Who::Account(resident(1)));
    assert_ne!(one, account);
}

const LISTED: &str = "SELECT COUNT(*) AS n FROM adoption_person";
const CELLS: &str = "SELECT COUNT(*) AS n FROM adoption_cell";

async fn count(db: &Db, sql: &'static str) -> i64 {
    db.one(sql, args![]).await.unwrap().int("n").unwrap()
}

#[tokio::test]
async fn what_could_not_be_added_is_added_later() {
    let records = Records::on_sqlite().await;
    let broken = Records::on_sqlite().await;
    broken.db.close().await;
    let node = node();
    for number in 0..10 {
        finish(&node, number, None);
    }
    assert!(flush(&node, &broken.db, &context(NOW)).await.is_err());
    flush(&node, &records.db, &context(NOW)).await.unwrap();
    assert_eq!(published(&records.db).await.unwrap().finished, Some(10));
}
