mod adoption;
mod arguments;
mod check;
mod options;
mod project;
mod words;

use std::path::Path;

use serde_json::{Value, json};

use self::arguments::Allow;
pub(super) use self::arguments::Department;
use super::client::{as_changes, open_records, operator};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::config;
use crate::department;
use crate::department::trust::allowed::{Pattern, Pause, Terms};
use crate::department::trust::{self, Told};
use crate::federation::{EntityId, Relaxation};
use crate::store::Db;

pub(super) async fn run(path: Option<&Path>, command: &Department, output: &Output) -> Result<(), Failure> {
    if let Department::New { dir, sdk } = command {
        return project::write(dir, sdk, output);
    }
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let relaxation = if config.settings.dev {
        Relaxation::PlainLoopback
    } else {
        Relaxation::Nothing
    };
    let read = |text: &str| Pattern::parse(text, relaxation);
    let db = open_records(&config).await?;
    let context = operator();
    match command {
        Department::Allow(wish) => allow(&db, wish, &read(&wish.pattern)?, relaxation, output).await?,
        Department::List => {
            let all = trust::decisions(&db).await?;
            let list: Vec<Value> = all.iter().map(words::summary).collect();
            output.say(&list, || align(&all.iter().map(words::line).collect::<Vec<_>>()));
        }
        Department::Show { pattern } => {
            let looked = trust::look(&db, &read(pattern)?).await?;
            output.say(&words::as_json(&looked), || words::shown(&looked));
        }
        Department::New { .. } => {}
        Department::Check { url } => {
            let done = check::run(&config, &db, url, relaxation, output).await;
            db.close().await;
            return done;
        }
        Department::Suspend { pattern, reason } => {
            let reason = reason.as_deref().and_then(Pause::named);
            let told = trust::suspend(&db, &context, &read(pattern)?, reason).await?;
            say(output, pattern, "suspended", told, words::SUSPENDED);
        }
        Department::Resume { pattern } => {
            let told = trust::resume(&db, &context, &read(pattern)?).await?;
            say(output, pattern, "resumed", told, words::RESUMED);
        }
        Department::Remove { pattern } => {
            let pattern = read(pattern)?;
            let kept = trust::remove(&db, &context, &pattern).await?;
            let value = json!({
                "pattern": pattern.to_string(),
                "removed": true,
                "covered_by": kept.covered_by,
            });
            output.say(&value, || words::removed(&pattern, &kept));
        }
        Department::Adoption { of, from, to } => {
            let asked = adoption::Asked::new(of.as_deref(), relaxation, *from, *to);
            adoption::say(&db, &asked, &context, output).await?;
        }
        Department::TrustKeys { url, fingerprints } => {
            let id = EntityId::parse(url, relaxation)
                .map_err(|expected| Failure::new(format!("{}: expected {expected}", url.escape_debug())))?;
            let count = trust::trust_keys(&db, &context, &id, fingerprints).await?;
            let value = json!({ "entity_id": url, "trusted": fingerprints });
            output.say(&value, || {
                format!("{url}: {count} keys are trusted from now on, and no others")
            });
        }
    }
    db.close().await;
    Ok(())
}

async fn allow(
    db: &Db,
    wish: &Allow,
    pattern: &Pattern,
    relaxation: Relaxation,
    output: &Output,
) -> Result<(), Failure> {
    let before = trust::decided(db, pattern).await?;
    let mut terms = before.as_ref().map_or_else(
        || Terms {
            scope: "openid".to_owned(),
            ..Terms::default()
        },
        |before| before.terms.clone(),
    );
    wish.set(&mut terms)?;
    if let Some(old) = &wish.moved_from {
        terms.sector = Some(trust::sector_of(db, old).await?);
    }
    let is_confirmed = pattern.names_one();
    let scope = terms.scope.clone();
    let missing = department::not_offered(db, &terms.asks).await?;
    let done = trust::allow(db, &operator(), pattern, before.as_ref(), terms, relaxation).await?;
    let value = json!({
        "pattern": pattern.to_string(),
        "new": done.is_new,
        "changed": as_changes(&done.changed),
        "systems": done.systems,
        "suspended": done.is_suspended,
        "scopes": if is_confirmed { scope.as_str() } else { "openid" },
        "not_offered": missing,
    });
    output.say(&value, || {
        let said = words::allowed(pattern, &scope, &done);
        format!("{}{}", said.trim_end(), super::client::missing(&missing))
    });
    Ok(())
}

fn say(output: &Output, pattern: &str, what: &str, told: Told, words: [&str; 2]) {
    let value = json!({ "pattern": pattern, what: true, "one_system": told == Told::System });
    output.say(&value, || {
        let [of_decision, of_system] = words;
        let words = match told {
            Told::Decision => of_decision,
            Told::System => of_system,
        };
        format!("{pattern} {words}")
    });
}
