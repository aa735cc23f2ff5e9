use std::path::Path;

use serde_json::json;

use super::arguments::Migrate;
use super::failure::Failure;
use super::output::Output;
use crate::config::{self, Config};
use crate::http::StartError;
use crate::store::Db;

pub(super) async fn run(path: Option<&Path>, options: &Migrate, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let file = config.settings.database.file_to_be_made();
    let pending = match file {
        // To open the file would make it.
        Some(_) if options.plan => Db::all_migrations(),
        _ => migrate(&config, options).await?,
    };
    output.say(
        &json!({ "migrations": &pending, "applied": !options.plan }),
        || said(&pending, options, file),
    );
    Ok(())
}

fn said(pending: &[String], options: &Migrate, file: Option<&str>) -> String {
    let steps = pending.join("\n  ");
    match (pending.len(), options.plan, file) {
        (all, true, Some(file)) => {
            format!("no database yet: {file} would be made, and all {all} migrations applied:\n  {steps}")
        }
        (0, ..) => "nothing to do: the database is up to date".to_owned(),
        (_, true, None) => format!("to be applied:\n  {steps}"),
        (_, false, _) => format!("applied:\n  {steps}"),
    }
}

/// What was missing; applied, unless it is only planned.
async fn migrate(config: &Config, options: &Migrate) -> Result<Vec<String>, Failure> {
    let db = Db::open(&config.settings.database)
        .await
        .map_err(|fault| Failure::to_start(&config.written, &fault.into()))?;
    if let Some(number) = db.newer_migration().await? {
        return Err(Failure::to_start(&config.written, &StartError::Newer(number)));
    }
    let pending = db.pending_migrations().await?;
    if !options.plan {
        db.migrate().await?;
    }
    db.close().await;
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_plan_makes_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("yimen.toml");
        let database = folder.path().join("yimen.db").display().to_string();
        let text = format!(
            "public_url = \"https://id.city.example\"\nmaster_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n\
             [database]\nurl = \"sqlite:{database}\"\n[sms]\nproviders = [\"webhook\"]\n\
             [sms.webhook]\nurl = \"https://sms.city.example\"\nsecret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n"
        );
        std::fs::write(&path, text).unwrap();
        let output = Output::new(true);
        run(Some(&path), &Migrate { plan: true }, &output).await.unwrap();
        assert_eq!(files(folder.path()), ["yimen.toml"]);
        let all = Db::all_migrations();
        let planned = said(&all, &Migrate { plan: true }, Some(&database));
        let first = format!(
            "no database yet: {database} would be made, and all {} migrations",
            all.len()
        );
        assert!(
            planned.starts_with(&first) && planned.contains("\n  0001 "),
            "{planned}"
        );

        run(Some(&path), &Migrate { plan: false }, &output).await.unwrap();
        assert_eq!(
            files(folder.path()),
            ["yimen.db", "yimen.toml"],
            "closed, so that the file is whole by itself"
        );
        run(Some(&path), &Migrate { plan: true }, &output).await.unwrap();
        assert_eq!(files(folder.path()), ["yimen.db", "yimen.toml"]);
    }
}
