//! Every statement of every room, read from the source: prepared on both databases, and its plan read. A sign-in costs
//! the same with ten accounts and with ten million, so nothing looks through a table that grows with them.

#[path = "../../tests/statements/literals.rs"]
mod literals;

use std::path::Path;

use self::literals::literals;
use super::sample::Records;
use super::value::{Value, arguments};
use super::{Args, Row, Tx};

/// Tables that stay small however many residents there are: read whole, by an operator or once in a while.
const SMALL: [&str; 9] = [
    "allowed_department",
    "client",
    "federation_entity",
    "federation_key",
    "initial_access_token",
    "kiosk",
    "operator",
    "relying_party",
    "signing_key",
];

#[test]
fn the_statements_are_found_in_the_source() {
    let found = statements();
    // Near the true number: who takes a statement away lowers it, who loses some does not go unnoticed.
    assert!(found.len() >= 220, "{}", found.len());
    for part in [
        "FROM tally",
        "oauth_grant g",
        "INTO audit",
        "UPDATE outbox",
        "FROM client",
        "INTO consent",
        "signing_key",
        // In a list, and in a field.
        "DELETE FROM phone_move",
        "FROM oauth_grant g JOIN refresh_token r",
    ] {
        assert!(found.iter().any(|sql| sql.contains(part)), "{part}");
    }
}

#[test]
fn literals_are_read_as_the_compiler_reads_them() {
    let source = r##"
        // "a remark", and it's no literal
        const ONE: &'static str = "SELECT a \
             FROM b WHERE c = '\"' AND d = $1";
        let (quote, end) = ('"', '\'');
        f(["two", r#"thr"ee"#]);"##;
    let expected = ["SELECT a FROM b WHERE c = '\"' AND d = $1", "two", "thr\"ee"];
    assert_eq!(literals(source), expected);
}

#[tokio::test]
async fn on_sqlite_every_statement_finds_its_rows_by_index() {
    let records = Records::on_sqlite().await;
    for sql in statements() {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let nulls = vec![Value::Text(None); arguments(&sql)];
        let steps = records.db.all(explain.leak(), nulls).await;
        let steps = texts(&steps.unwrap_or_else(|fault| panic!("{fault}: {sql}")), "detail");
        // A statement of sub-selects alone has one row of its own.
        for step in steps.iter().filter(|step| *step != "SCAN CONSTANT ROW") {
            // A search without an index is a scan too: MAX and MIN are looked for so.
            let whole = !step.contains(" USING ") && looks_through(step, "SEARCH ");
            assert!(!whole && !looks_through(step, "SCAN "), "{step}: {sql}");
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn on_postgres_every_statement_finds_its_rows_by_index() {
    let records = Records::on_postgres()
        .await
        .expect("YIMEN_TEST_POSTGRES names a server");
    let mut tx = records.db.begin().await.unwrap();
    // The tables are empty; whoever still looks through one has no other way.
    run(&mut tx, "SET LOCAL enable_seqscan = off".to_owned()).await;
    run(
        &mut tx,
        "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
    )
    .await;
    for (at, sql) in statements().into_iter().enumerate() {
        run(&mut tx, format!("PREPARE statement_{at} AS {sql}")).await;
        let nulls = vec!["NULL"; arguments(&sql)].join(", ");
        let nulls = if nulls.is_empty() {
            nulls
        } else {
            format!("({nulls})")
        };
        let plan = run(&mut tx, format!("EXPLAIN EXECUTE statement_{at}{nulls}")).await;
        let steps = texts(&plan, "QUERY PLAN");
        for step in &steps {
            assert!(!looks_through(step, "Seq Scan on "), "{step}: {sql}");
        }
    }
}

/// Whether a step of a plan reads the whole of a table that grows.
fn looks_through(step: &str, mark: &str) -> bool {
    let Some((_, rest)) = step.split_once(mark) else {
        return false;
    };
    let table = rest.split([' ', '(']).next().unwrap_or_default();
    // Not a table: what stands in the statement itself (`excluded`, a list of values).
    !table.is_empty() && !table.starts_with('*') && !SMALL.contains(&table)
}

async fn run(tx: &mut Tx, sql: String) -> Vec<Row> {
    let sql: &'static str = sql.leak();
    let rows = tx.all(sql, Args::new()).await;
    rows.unwrap_or_else(|fault| panic!("{fault}: {sql}"))
}

fn texts(rows: &[Row], column: &'static str) -> Vec<String> {
    rows.iter().map(|row| row.text(column).unwrap()).collect()
}

/// The literals of the rooms that hold SQL, wherever they stand: in constants, lists, fields and calls. Not those of
/// this room, which asks the databases about themselves.
fn statements() -> Vec<String> {
    let mut sources = Vec::new();
    read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let code = |source: &'static str| source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    sources
        .into_iter()
        .flat_map(|source| literals(code(source.leak())))
        .filter(|text| is_sql(text))
        .collect()
}

fn is_sql(text: &str) -> bool {
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "]
        .iter()
        .any(|verb| text.starts_with(verb))
}

fn read_all(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            if name != "store" && name != "tests" {
                read_all(&entry.path(), sources);
            }
        } else if !name.contains("test") {
            sources.push(std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}
