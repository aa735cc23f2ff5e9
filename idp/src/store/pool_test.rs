//! What becomes of a connection whose work did not end well.

use std::time::Duration;

use super::sample::Records;
use crate::args;

const COUNT: &str = "INSERT INTO tally (subject, period, amount, expires_at) VALUES ($1, 1, 1, 1)";
const COUNTED: &str = "SELECT subject FROM tally";

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing_and_frees_its_connection() {
    let records = Records::open().await;
    // More often than there are connections.
    for _ in 0..10 {
        let mut change = records.db.begin().await.unwrap();
        change.execute(COUNT, args![vec![1_u8]]).await.unwrap();
    }
    assert!(records.db.all(COUNTED, args![]).await.unwrap().is_empty());
    let mut change = records.db.begin().await.unwrap();
    change.execute(COUNT, args![vec![1_u8]]).await.unwrap();
    change.commit().await.unwrap();
    assert_eq!(records.db.all(COUNTED, args![]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_statement_that_fails_ends_its_transaction_and_no_other() {
    let records = Records::open().await;
    for _ in 0..10 {
        let mut change = records.db.begin().await.unwrap();
        change.execute(COUNT, args![vec![1_u8]]).await.unwrap();
        assert!(change.execute(COUNT, args![vec![1_u8]]).await.is_err());
    }
    let mut change = records.db.begin().await.unwrap();
    change.execute(COUNT, args![vec![1_u8]]).await.unwrap();
    change.commit().await.unwrap();
}

/// A browser that hangs up takes its request away wherever that stands.
#[tokio::test]
async fn a_request_given_up_midway_mixes_up_nobody_elses_answer() {
    let records = Records::open().await;
    for wait in 0..60 {
        let work = async {
            let mut change = records.db.begin().await?;
            change.execute(COUNT, args![vec![1_u8]]).await?;
            change.all(COUNTED, args![]).await
        };
        let patience = Duration::from_micros(wait * 20);
        tokio::time::timeout(patience, work).await.ok();
        tokio::time::timeout(patience, records.db.all(COUNTED, args![]))
            .await
            .ok();
        let answer = records.db.one("SELECT CAST(7 AS BIGINT) AS seven", args![]).await;
        assert_eq!(answer.unwrap().int("seven").unwrap(), 7);
    }
    assert!(records.db.all(COUNTED, args![]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_pool_lends_nothing() {
    let records = Records::open().await;
    records.db.close().await;
    assert!(records.db.begin().await.is_err());
    assert!(records.db.all(COUNTED, args![]).await.is_err());
}

#[tokio::test]
#[should_panic(expected = "arguments of: INSERT")]
async fn an_argument_too_few_is_noticed() {
    let records = Records::on_sqlite().await;
    records.db.execute(COUNT, args![]).await.ok();
}
