use std::path::Path;

use serde_json::json;

use super::arguments::Migrate;
use super::failure::Failure;
use super::output::Output;
use crate::config;
use crate::store::Db;

pub(super) async fn run(path: Option<&Path>, options: &Migrate, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = Db::open(&config.settings.database)
        .await
        .map_err(|fault| Failure::to_start(&config.written, &fault.into()))?;
    let pending = db.pending_migrations().await?;
    if !options.plan {
        db.migrate().await?;
    }
    output.say(
        &json!({ "migrations": pending, "applied": !options.plan }),
        || match (pending.len(), options.plan) {
            (0, _) => "nothing to do: the database is up to date".to_owned(),
            (_, true) => format!("to be applied:\n  {}", pending.join("\n  ")),
            (_, false) => format!("applied:\n  {}", pending.join("\n  ")),
        },
    );
    Ok(())
}
