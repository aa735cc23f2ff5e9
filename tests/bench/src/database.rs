//! What the benchmark asks of PostgreSQL: a database of its own, and how many transactions have written.

use crate::Result;
use sqlx::{Connection, PgConnection};
use url::Url;

/// Makes an empty database and returns its address.
pub(crate) async fn create(server: &str) -> Result<String> {
    let name = format!("yimen_bench_{}", std::process::id());
    let mut connection = PgConnection::connect(server).await?;
    for statement in [
        format!("DROP DATABASE IF EXISTS {name}"),
        format!("CREATE DATABASE {name}"),
    ] {
        let statement = sqlx::AssertSqlSafe(statement);
        sqlx::raw_sql(statement).execute(&mut connection).await?;
    }
    connection.close().await?;
    let mut url = Url::parse(server)?;
    url.set_path(&name);
    Ok(url.into())
}

/// Transactions that have been given an id so far: only those that write are.
pub(crate) async fn transactions_begun(url: &str) -> Result<u64> {
    let mut connection = PgConnection::connect(url).await?;
    let text: String = sqlx::query_scalar("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        .fetch_one(&mut connection)
        .await?;
    connection.close().await?;
    Ok(text.parse()?)
}
