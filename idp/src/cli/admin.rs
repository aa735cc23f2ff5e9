use std::path::Path;

use serde_json::json;

use super::arguments::{Admin, Withdraw};
use super::client::{open_records, operator as context};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::account::{PhoneNumber, Withdrawn, withdraw_proof};
use crate::audit::{Change, Context};
use crate::config::{self, Config};
use crate::operator::{self, Act, ActError, Invited, Listed, Reason, Role};
use crate::store::{Db, Vault};

pub(super) async fn run(path: Option<&Path>, command: &Admin, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let context = context();
    match command {
        Admin::Add { name, role } => {
            let role = role.as_deref().and_then(Role::named);
            let invited = operator::invite(&db, &context, name, role).await?;
            let link = link(&config, &invited);
            let until = invited.until.to_string();
            output.say(&json!({ "name": name, "role": invited.role, "link": link, "until": until }), || {
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
        Admin::Withdraw(withdraw) => {
            take_off(&config, &db, &context, withdraw).await?;
            output.say(&json!({ "withdrawn": true }), || {
                "the account is nobody's known by name any more, and its owner is told".to_owned()
            });
        }
    }
    db.close().await;
    Ok(())
}

/// Takes the proof of whose it is off an account.
async fn take_off(config: &Config, db: &Db, context: &Context, wish: &Withdraw) -> Result<(), Failure> {
    let Ok(phone) = PhoneNumber::read(&wish.account_of, &config.settings.sms.country_codes) else {
        return Err(Failure::new(
            "--account-of is no mobile number that residents sign in with here",
        ));
    };
    let act = Act::read(&wish.reason, &Reason::FOR_WITHDRAWAL, &wish.file).map_err(|fault| match fault {
        ActError::Reason => Failure::new("--reason is none that a proof is withdrawn for"),
        ActError::File => Failure::new(
            "--file has letters, digits and hyphens, and is nobody's identity or telephone number",
        ),
    })?;
    let operator = operator::named(db, &wish.operator).await?;
    let vault = Vault::new(&config.master_key, context.rng.clone());
    let mut change = Change::begin(db, context).await?;
    match withdraw_proof(&mut change, &vault, &phone, &operator, &act).await? {
        Withdrawn::Done => Ok(change.commit().await?),
        Withdrawn::NoAccount => Err(Failure::new("no account has this number")),
        Withdrawn::Unproven => Err(Failure::new(
            "nobody was proven to have this number's account: there is nothing to withdraw",
        )),
    }
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
    let head = ["role", "passkeys", "link good until", "name"].map(str::to_owned);
    let rows = listed.iter().map(|one| {
        let until = one.invited_until.clone().unwrap_or_else(|| "-".to_owned());
        let role = one.role.as_str().to_owned();
        [role, one.passkeys.to_string(), until, one.name.clone()]
    });
    align(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}
