mod invite;
mod options;
mod said;
mod words;

use std::path::Path;

use serde_json::{Value, json};

pub(super) use self::invite::Invite;
pub(super) use self::options::{give, put};
pub(super) use self::said::Said;
use self::words::{by_name, line, said, status};
pub(super) use self::words::{changed_rows, missing};
use super::arguments::{Client as Command, UpdateClient};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::audit::{Actor, Context};
use crate::clock::Clock;
use crate::config::{self, Config, PublicUrl};
use crate::department::dynamic::end_invitation;
use crate::department::trust::allowed::Pause;
use crate::department::{
    self, Added, Amendment, Changed, Client, ClientMetadata, DataKey, Subjects, Updated, Wording,
};
use crate::http::{Migration, StartError, bring_up_to_date};
use crate::rng::Rng;
use crate::store::Db;

pub(super) async fn run(path: Option<&Path>, command: &Command, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let context = operator();
    match command {
        Command::Add(add) => {
            let mut metadata = ClientMetadata {
                scope: "openid profile phone".to_owned(),
                ..ClientMetadata::default()
            };
            add.options.set(&mut metadata, &config.public_url)?;
            let (id, sector) = (add.id.clone(), add.options.sector.clone());
            let missing = department::not_offered(&db, &metadata.asks).await?;
            let added = department::add(&db, &context, id, sector, metadata, config.settings.dev).await?;
            say_added(output, &added, &missing);
        }
        Command::Update(update) => {
            let before = department::show(&db, &update.id).await?;
            let amendment = amendment(update, &before, &config.public_url)?;
            let missing = department::not_offered(&db, &amendment.metadata.asks).await?;
            let done = department::update(&db, &context, &before, amendment, config.settings.dev).await?;
            let mut value = changes_as_json(&update.id, &done);
            value["not_offered"] = json!(missing);
            output.say(&value, || said(&update.id, &done) + &words::missing(&missing));
        }
        Command::List => {
            let clients = department::list(&db).await?;
            let list: Vec<Value> = clients.iter().map(as_json).collect();
            output.say(&list, || align(&clients.iter().map(line).collect::<Vec<_>>()));
        }
        Command::Show { id } => {
            let client = department::show(&db, id).await?;
            output.say(&as_json(&client), || by_name(&client));
        }
        Command::RotateSecret { id } => {
            say_added(output, &department::rotate_secret(&db, &context, id).await?, &[])
        }
        Command::Suspend { id, reason } => {
            let reason = reason.as_deref().and_then(Pause::named);
            department::suspend(&db, &context, id, reason).await?;
            output.say(&json!({ "client_id": id, "suspended": true }), || {
                format!("{id} is suspended; every node will go by it within seconds")
            });
        }
        Command::Resume { id } => {
            department::resume(&db, &context, id).await?;
            output.say(&json!({ "client_id": id, "resumed": true }), || {
                format!("{id} goes on; what it was given before stays ended")
            });
        }
        Command::Invite(wish) => invite::invite(&config, &db, &context, wish, output).await?,
        Command::Invitations => invite::list(&db, &context, output).await?,
        Command::Uninvite { id } => {
            end_invitation(&db, &context, *id).await?;
            output.say(&json!({ "invitation": id, "ended": true }), || {
                format!("nobody registers by the invitation {id} any more; what was registered by it stays")
            });
        }
        Command::Remove { id } => {
            department::remove(&db, &context, id).await?;
            output.say(&json!({ "client_id": id, "removed": true }), || {
                format!("{id} has been removed")
            });
        }
    }
    db.close().await;
    Ok(())
}

/// The records, for a command that works on them: at this version, or not at all.
pub(super) async fn open_records(config: &Config) -> Result<Db, Failure> {
    let placed = |fault: StartError| Failure::to_start(&config.written, &fault);
    let db = Db::open(&config.settings.database).await;
    let db = db.map_err(StartError::from).map_err(placed)?;
    bring_up_to_date(&db, Migration::ByCommand)
        .await
        .map_err(placed)?;
    Ok(db)
}

/// The operator at the command line.
pub(super) fn operator() -> Context {
    let rng = Rng::system();
    Context::without_request(Clock::system().now(), Actor::Operator, &rng)
}

fn say_added(output: &Output, added: &Added, missing: &[DataKey]) {
    let mut value = json!(added);
    if !missing.is_empty() {
        value["not_offered"] = json!(missing);
    }
    output.say(&value, || {
        let secret = added.client_secret.as_deref().map(words::secret);
        let secret = secret.map_or_else(String::new, |secret| format!("\n{secret}"));
        format!(
            "client_id: {}{secret}{}",
            added.client_id,
            words::missing(missing)
        )
    });
}

fn as_json(client: &Client) -> Value {
    let mut value = json!(client.metadata);
    value["client_id"] = json!(client.client_id);
    value["active"] = json!(client.is_active());
    value["status"] = json!(status(client));
    value["origin"] = json!(client.origin.as_str());
    value["sector"] = json!(client.sector);
    value
}

fn amendment(update: &UpdateClient, before: &Client, provider: &PublicUrl) -> Result<Amendment, Failure> {
    let mut metadata = before.metadata.clone();
    for name in &update.clear {
        name.clear(&mut metadata);
    }
    update.options.set(&mut metadata, provider)?;
    Ok(Amendment {
        metadata,
        sector: update.options.sector.clone(),
        subjects: if update.new_subjects {
            Subjects::MayChange
        } else {
            Subjects::Stay
        },
        wording: if update.same_purpose {
            Wording::MeansTheSame
        } else {
            Wording::Differs
        },
    })
}

fn changes_as_json(id: &str, done: &Updated) -> Value {
    let consequences = done.consequences.iter().map(|one| {
        let mut value = json!(one);
        value["said"] = json!(one.to_string());
        value
    });
    let mut value = json!({
        "client_id": id,
        "changed": as_changes(&done.changed),
        "consequences": consequences.collect::<Vec<_>>(),
    });
    if let Some(secret) = &done.client_secret {
        value["client_secret"] = json!(secret);
    }
    value
}

/// What was, and what is, by the names of the options.
pub(super) fn as_changes(changed: &[Changed]) -> Value {
    let each = changed
        .iter()
        .map(|one| (one.name.to_owned(), json!({ "from": one.from, "to": one.to })));
    Value::Object(each.collect())
}
