use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::arguments::{AddClient, AuthMethod as Method, Client as Command};
use super::failure::Failure;
use super::output::Output;
use super::table::align;
use crate::audit::Context;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::department::{self, Added, AuthMethod, Client, ClientMetadata, Purpose};
use crate::http::bring_up_to_date;
use crate::rng::Rng;
use crate::store::Db;

pub(super) async fn run(path: Option<&Path>, command: &Command, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    let db = open_records(&config).await?;
    let context = operator();
    match command {
        Command::Add(options) => {
            let metadata = metadata_of(options)?;
            let (id, sector) = (options.id.clone(), options.sector.clone());
            let added = department::add(&db, &context, id, sector, metadata, config.settings.dev).await?;
            say_added(output, &added);
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
            say_added(output, &department::rotate_secret(&db, &context, id).await?)
        }
        Command::Remove { id } => {
            department::remove(&db, &context, id).await?;
            output.say(&json!({ "client_id": id, "removed": true }), || {
                format!("{id} is removed")
            });
        }
    }
    db.close().await;
    Ok(())
}

/// The records, for a command that works on them: at this version, or not at all.
pub(super) async fn open_records(config: &Config) -> Result<Db, Failure> {
    let db = Db::open(&config.settings.database).await?;
    bring_up_to_date(&db, false).await?;
    Ok(db)
}

/// The operator at the command line.
pub(super) fn operator() -> Context {
    let rng = Rng::system();
    Context {
        now: Clock::system().now(),
        request_id: String::new(),
        actor: "operator",
        rng,
    }
}

fn say_added(output: &Output, added: &Added) {
    output.say(added, || match &added.client_secret {
        Some(secret) => {
            format!("client_id: {}\nclient_secret: {secret}\nThe secret is shown this once; only its hash is kept.", added.client_id)
        }
        None => format!("client_id: {}", added.client_id),
    });
}

fn line(client: &Client) -> [String; 3] {
    let ClientMetadata {
        client_name,
        organisation,
        ..
    } = &client.metadata;
    [
        client.client_id.clone(),
        status(client).to_owned(),
        format!("{client_name} · {organisation}"),
    ]
}

const fn status(client: &Client) -> &'static str {
    if client.is_active() { "active" } else { "removed" }
}

/// What a client is registered with, one name or value a line.
fn by_name(client: &Client) -> String {
    let row = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
    let mut rows = vec![row("id", &client.client_id), row("status", status(client))];
    for field in client.fields() {
        let names = std::iter::once(field.name).chain(std::iter::repeat(""));
        rows.extend(names.zip(&field.values).map(|(name, value)| row(name, value)));
    }
    align(&rows)
}

fn as_json(client: &Client) -> Value {
    let mut value = json!(client.metadata);
    value["client_id"] = json!(client.client_id);
    value["active"] = json!(client.is_active());
    value["sector"] = json!(client.sector);
    value
}

fn metadata_of(options: &AddClient) -> Result<ClientMetadata, Failure> {
    let jwks = match &options.jwks {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|fault| Failure::new(format!("--jwks {}: {fault}", file.display())))?;
            let value = serde_json::from_str(&text)
                .map_err(|fault| Failure::new(format!("--jwks {}: {fault}", file.display())))?;
            Some(value)
        }
    };
    let mut metadata = ClientMetadata {
        client_name: options.name.clone(),
        client_name_en: options.name_en.clone().unwrap_or_default(),
        organisation: options.department.clone(),
        organisation_en: options.department_en.clone().unwrap_or_default(),
        redirect_uris: options.redirect_uris.clone(),
        post_logout_redirect_uris: options.post_logout_redirect_uris.clone(),
        initiate_login_uri: options.initiate_login_uri.clone(),
        backchannel_logout_uri: options.backchannel_logout_uri.clone(),
        token_endpoint_auth_method: match options.auth_method {
            Method::ClientSecretBasic => AuthMethod::ClientSecretBasic,
            Method::ClientSecretPost => AuthMethod::ClientSecretPost,
            Method::PrivateKeyJwt => AuthMethod::PrivateKeyJwt,
            Method::None => AuthMethod::None,
        },
        jwks,
        jwks_uri: options.jwks_uri.clone(),
        id_token_signed_response_alg: options.id_token_alg.clone(),
        scope: options.scope.clone(),
        policy_uri: options.policy_uri.clone(),
        tos_uri: options.tos_uri.clone(),
        purposes: purposes_of(options)?,
        ..ClientMetadata::default()
    };
    if !options.grant_types.is_empty() {
        metadata.grant_types.clone_from(&options.grant_types);
    }
    if options.native {
        metadata.application_type = "native".to_owned();
    }
    Ok(metadata)
}

fn purposes_of(options: &AddClient) -> Result<BTreeMap<String, Purpose>, Failure> {
    let mut purposes: BTreeMap<String, Purpose> = BTreeMap::new();
    for (flag, texts) in [
        ("--purpose", &options.purposes),
        ("--purpose-en", &options.purposes_en),
    ] {
        for text in texts {
            let (scope, words) = text.split_once('=').ok_or_else(|| {
                Failure::new(format!(
                    "{flag} {text}: write it as SCOPE=TEXT, such as phone=通知您办理结果"
                ))
            })?;
            let purpose = purposes.entry(scope.to_owned()).or_insert_with(empty_purpose);
            let place = if flag == "--purpose" {
                &mut purpose.zh
            } else {
                &mut purpose.en
            };
            words.clone_into(place);
        }
    }
    for scope in &options.optional {
        purposes
            .entry(scope.clone())
            .or_insert_with(empty_purpose)
            .optional = true;
    }
    Ok(purposes)
}

const fn empty_purpose() -> Purpose {
    Purpose {
        zh: String::new(),
        en: String::new(),
        optional: false,
    }
}
