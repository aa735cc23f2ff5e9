use super::house::House;
use crate::account;
use crate::signin;
use crate::store::{Args, Backend};

/// Sign-in costs the same with ten accounts and with ten million: no statement reads a whole table.
#[tokio::test]
async fn every_statement_finds_its_rows_by_index() {
    let house = House::open().await;
    if house.signin.db.backend() != Backend::Sqlite {
        return;
    }
    let statements = account::STATEMENTS.iter().chain(&signin::guard::STATEMENTS);
    for sql in statements
        .chain(&signin::sessions::STATEMENTS)
        .chain(&[signin::sweep::SWEEP])
    {
        let explained = house
            .signin
            .db
            .all(format!("EXPLAIN QUERY PLAN {sql}").leak(), Args::new())
            .await;
        for step in explained.unwrap() {
            let step = step.text("detail").unwrap();
            // The one row of a SELECT that names no table.
            let scans = step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
            assert!(!scans, "{step}: {sql}");
        }
    }
}
