use std::path::Path;

use serde_json::json;

use super::arguments::Admin;
use super::client::{open_records, operator as context};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::config::{self, Config};
use crate::operator::{self, Invited, Listed};

pub(super) async fn run(path: Option<&Path>, command: &Admin, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let context = context();
    match command {
        Admin::Add { name } => {
            let invited = operator::invite(&db, &context, name).await?;
            let link = link(&config, &invited);
            let until = invited.until.to_string();
            output.say(&json!({ "name": name, "link": link, "until": until }), || {
                format!(
                    "{link}\n\nHand this link to {name}, and to nobody else: whoever uses it first makes the passkey \
                     that acts as {name}. It works once, until {until}."
                )
            });
        }
        Admin::List => {
            let listed = operator::list(&db, context.now).await?;
            output.say(&listed, || table(&listed));
        }
        Admin::Remove { name } => {
            operator::remove(&db, &context, name).await?;
            output.say(&json!({ "name": name, "removed": true }), || {
                format!("{name} has been removed, and is signed out")
            });
        }
    }
    db.close().await;
    Ok(())
}

/// By which an operator makes a passkey.
pub(super) fn link(config: &Config, invited: &Invited) -> String {
    let origin = config.public_url.origin();
    format!("{origin}/admin/enrol/{}", invited.invitation.expose())
}

fn table(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "there are no operators; `yimen admin add NAME` makes one".to_owned();
    }
    let head = ["passkeys", "link good until", "name"].map(str::to_owned);
    let rows = listed.iter().map(|one| {
        let until = one.invited_until.clone().unwrap_or_else(|| "-".to_owned());
        [one.passkeys.to_string(), until, one.name.clone()]
    });
    align(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}
