use std::path::Path;

use serde_json::{Value, json};

use super::arguments::Kiosk as Command;
use super::client::{open_records, operator};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::config::{self, Config};
use crate::signin::{AddedKiosk, Kiosk, add_kiosk, list_kiosks, remove_kiosk};

pub(super) async fn run(path: Option<&Path>, command: &Command, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let context = operator();
    match command {
        Command::Add { name } => {
            let added = add_kiosk(&db, &context, name).await?;
            let address = address(&config, &added);
            let value = json!({ "name": added.kiosk.name, "open": address });
            output.say(&value, || {
                format!("open this in the browser of {name}, once, within a day:\n{address}")
            });
        }
        Command::List => {
            let kiosks = list_kiosks(&db).await?;
            let list: Vec<Value> = kiosks.iter().map(as_json).collect();
            output.say(&list, || align(&kiosks.iter().map(line).collect::<Vec<_>>()));
        }
        Command::Remove { name } => {
            let ended = remove_kiosk(&db, &config, &context, name).await?;
            output.say(
                &json!({ "name": name, "removed": true, "signed_out": ended }),
                || format!("{name} has been removed; signed out there: {ended}"),
            );
        }
    }
    db.close().await;
    Ok(())
}

/// What makes a browser the kiosk.
pub(super) fn address(config: &Config, added: &AddedKiosk) -> String {
    config.public_url.join(&format!("/kiosk/enrol/{}", added.code))
}

fn as_json(kiosk: &Kiosk) -> Value {
    json!({
        "id": kiosk.id,
        "name": kiosk.name,
        "created_at": kiosk.created_at.to_string(),
        "enrolled_at": kiosk.enrolled_at.map(|at| at.to_string()),
    })
}

fn line(kiosk: &Kiosk) -> [String; 2] {
    let state = kiosk.enrolled_at.map_or_else(
        || format!("waits for its browser until {}", kiosk.enrolment_ends_at),
        |at| format!("since {at}"),
    );
    [kiosk.name.clone(), state]
}
