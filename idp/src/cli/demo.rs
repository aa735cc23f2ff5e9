//! `yimen demo`: the provider, two departments and the authority that knows names, seeded, in one process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use yimen_demo::{Kind, PEOPLE, Person, Settings as DepartmentSettings};

use super::arguments::Demo;
use super::client::operator;
use super::failure::Failure;
use super::logging;
use super::output::Output;
use super::serve::stop_signal;
use crate::account::{self, PhoneNumber, Proven};
use crate::audit::{Action, Change, Context, Event};
use crate::clock::{Clock, Timestamp};
use crate::config;
use crate::department::{self, AuthMethod, ClientMetadata, ManageError, Purpose};
use crate::fetch::extra_roots;
use crate::gateway::http_client;
use crate::http::{App, listen, serve};
use crate::proofing::{Authority, Claim, IdentityNumber, RealName, Verdict};
use crate::rng::Rng;
use crate::store::{Db, Vault};

/// Residents who are there from the start, each proven by the authority; anyone else's first sign-in makes their
/// account.
const RESIDENTS: [(&str, &str); 3] = [
    ("13800000001", "张三丰"),
    ("13800000002", "李秀英"),
    ("13800000003", "Maria Rossi"),
];

/// One of the two departments of the demo.
struct Department {
    kind: Kind,
    url: String,
    key_file: PathBuf,
}

pub(super) async fn run(options: &Demo, output: &Output) -> Result<(), Failure> {
    let data = options
        .data
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("yimen-demo-{}", options.port)));
    std::fs::create_dir_all(&data)
        .map_err(|fault| Failure::new(format!("--data {}: {fault}", data.display())))?;
    let clock = Clock::system();
    let (stopping, stopped) = watch::channel(false);
    let secret = secret_in(&data)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let authority = format!("http://localhost:{}", listener.local_addr()?.port());
    let file = write_configuration(&data, options.port, &authority)?;
    let config = config::load(&file, std::iter::empty())?;
    logging::start(&config)?;
    let issuer = config.public_url.issuer().to_owned();
    let departments = departments(&data, options.port);
    let listening = listen(config.settings.listen).await?;
    let mut listeners = Vec::new();
    for step in [1, 2] {
        listeners.push(department_listener(options.port.saturating_add(step)).await?);
    }
    let mut running = tokio::task::JoinSet::new();
    let (moved, stop) = (demo_clock(clock.clone()), until(stopped.clone()));
    running.spawn(async move {
        yimen_demo::serve_authority(&secret, moved, listener, stop)
            .await
            .map_err(|fault| Failure::new(fault.to_string()))
    });
    seed(&config, &departments, clock.now()).await?;
    let app = App::build(config, clock.clone(), Rng::system()).await?;

    let signal = stop_signal()?;
    tokio::spawn(async move {
        signal.await;
        // Received by the services below for as long as they run.
        let _ = stopping.send(true);
    });
    for (at, (department, listener)) in departments.iter().zip(listeners).enumerate() {
        let settings = DepartmentSettings {
            issuer: issuer.clone(),
            department: department.url.clone(),
            client_id: department.url.clone(),
            key_file: department.key_file.clone(),
            other_department: departments[1 - at].url.clone(),
            extra_ca: None,
            internal_address: None,
            clock: demo_clock(clock.clone()),
        };
        let (kind, stop) = (department.kind, until(stopped.clone()));
        running.spawn(async move {
            yimen_demo::serve(kind, settings, listener, stop)
                .await
                .map_err(|fault| Failure::new(fault.to_string()))
        });
    }
    let stop = until(stopped);
    running.spawn(async move { serve(app, listening, stop).await.map_err(Failure::from) });
    greet(output, &issuer, &departments, &authority, &file);
    while let Some(ended) = running.join_next().await {
        ended.map_err(Failure::from)??;
    }
    Ok(())
}

/// The ports after the provider's are theirs.
fn departments(data: &Path, port: u16) -> [Department; 2] {
    let at = |step, kind, key: &str| Department {
        kind,
        url: format!("http://localhost:{}", port.saturating_add(step)),
        key_file: data.join(key),
    };
    [
        at(1, Kind::SocialSecurity, "social-security.key"),
        at(2, Kind::BusinessRegistration, "business-registration.key"),
    ]
}

/// `/dev/clock` moves the departments and the authority along with the provider.
fn demo_clock(clock: Clock) -> yimen_demo::Clock {
    yimen_demo::Clock::new(move || {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().millis()).unwrap_or_default())
    })
}

/// Resolves when the demo is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    let _ = stopped.wait_for(|stopping| *stopping).await;
}

async fn department_listener(port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address).await.map_err(|fault| {
        Failure::new(format!(
            "cannot listen on port {port} for a department: {fault}; is it in use? Choose others with --port"
        ))
    })
}

/// Writes `DIR/yimen.toml`, so that every other command works on the demo with `--config`.
fn write_configuration(data: &Path, port: u16, authority: &str) -> Result<PathBuf, Failure> {
    let key_file = data.join("master.key");
    if !key_file.exists() {
        write_private(&key_file, &STANDARD.encode(Rng::system().bytes::<32>()))?;
    }
    let text = toml::to_string(&json!({
        "public_url": format!("http://localhost:{port}"),
        "listen": format!("127.0.0.1:{port}"),
        "dev": true,
        "master_key": { "file": key_file },
        "database": { "url": format!("sqlite:{}", data.join("yimen.db").display()) },
        "sms": { "providers": ["outbox"] },
        "proofing": {
            "url": format!("{authority}/check"),
            "secret": { "file": data.join(PROOFING_KEY) },
            "timeout": "3s",
        },
        "fetch": { "allow": ["127.0.0.0/8", "::1/128"] },
        "log": { "filter": "warn" },
    }))?;
    let file = data.join("yimen.toml");
    std::fs::write(&file, format!("# Written by `yimen demo`.\n{text}"))?;
    Ok(file)
}

const PROOFING_KEY: &str = "proofing.key";

/// What provider and authority sign with; made at the first start.
fn secret_in(data: &Path) -> Result<String, Failure> {
    let file = data.join(PROOFING_KEY);
    if !file.exists() {
        let secret = STANDARD.encode(Rng::system().bytes::<32>());
        write_private(&file, &format!("whsec_{secret}"))?;
    }
    Ok(std::fs::read_to_string(file)?)
}

fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

/// Registers the departments and the residents that are not there yet.
async fn seed(config: &config::Config, departments: &[Department], now: Timestamp) -> Result<(), Failure> {
    let db = Db::open(&config.settings.database).await?;
    db.migrate().await?;
    let context = Context { now, ..operator() };
    for department in departments {
        let metadata = metadata_of(department)?;
        let (id, sector) = (department.url.clone(), sector_of(department.kind).to_owned());
        match department::add(&db, &context, Some(id), Some(sector), metadata, true).await {
            Ok(_) | Err(ManageError::Exists(_)) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    let vault = Vault::new(&config.master_key, context.rng.clone());
    let http = http_client(extra_roots(&config.settings.fetch)?)?;
    let authority = Authority::new(&config.settings, http, context.rng.clone())?;
    let authority = authority.ok_or_else(|| Failure::new("the demo's configuration names no authority"))?;
    for (number, name) in RESIDENTS {
        let phone = PhoneNumber::read(number, &config.settings.sms.country_codes)?;
        if account::find_by_phone(&db, &vault, &phone).await?.is_none() {
            settle(&db, &vault, &context, &authority, &phone, name).await?;
        }
    }
    db.close().await;
    Ok(())
}

/// A resident with an account and a name that the authority has confirmed.
async fn settle(
    db: &Db,
    vault: &Vault,
    context: &Context,
    authority: &Authority,
    phone: &PhoneNumber,
    name: &str,
) -> Result<(), Failure> {
    let unproven = || Failure::new(format!("the authority did not confirm {name}"));
    let number = PEOPLE.iter().find(|person| person.name == name);
    let number = number.ok_or_else(unproven)?.number;
    let claim = Claim::Document {
        name: RealName::read(name)?,
        number: IdentityNumber::read(number, context.now)?,
        photo: None,
    };
    let Ok(Verdict::Matched(matched)) = authority.ask(&claim, context.now).await else {
        return Err(unproven());
    };
    let mut change = Change::begin(db, context).await?;
    let resident = account::enter(&mut change, vault, phone).await?;
    if account::prove_real_name(&mut change, vault, resident, None, &matched).await? != Proven::Done {
        return Err(unproven());
    }
    change.record(Event::new(Action::Demo).account(resident)).await?;
    change.commit().await?;
    Ok(())
}

/// Both departments share the host `localhost`, and by that alone would share their subjects too.
const fn sector_of(kind: Kind) -> &'static str {
    match kind {
        Kind::SocialSecurity => "social-security.localhost",
        Kind::BusinessRegistration => "business-registration.localhost",
    }
}

fn metadata_of(department: &Department) -> Result<ClientMetadata, Failure> {
    let (name, name_en, organisation, organisation_en, scope) = match department.kind {
        Kind::SocialSecurity => (
            "养老金查询",
            "Pension statement",
            "云川市人力资源和社会保障局",
            "Yunchuan Social Security Bureau",
            "openid profile phone",
        ),
        Kind::BusinessRegistration => (
            "企业登记",
            "Business registration",
            "云川市市场监督管理局",
            "Yunchuan Market Regulation Bureau",
            "openid profile",
        ),
    };
    let purpose = |zh: &str, en: &str| Purpose {
        zh: zh.to_owned(),
        en: en.to_owned(),
        optional: false,
    };
    let at = |path: &str| format!("{}{path}", department.url);
    Ok(ClientMetadata {
        client_name: name.to_owned(),
        client_name_en: name_en.to_owned(),
        organisation: organisation.to_owned(),
        organisation_en: organisation_en.to_owned(),
        redirect_uris: vec![at("/yimen/callback")],
        post_logout_redirect_uris: vec![at("/")],
        backchannel_logout_uri: Some(at("/yimen/backchannel-logout")),
        initiate_login_uri: Some(at("/yimen/sign-in")),
        token_endpoint_auth_method: AuthMethod::PrivateKeyJwt,
        jwks: Some(
            yimen_demo::public_jwks(&department.key_file).map_err(|fault| Failure::new(fault.to_string()))?,
        ),
        id_token_signed_response_alg: "ES256".to_owned(),
        scope: scope.to_owned(),
        purposes: [
            (
                "profile".to_owned(),
                purpose("核对是您本人", "to check that it is you"),
            ),
            (
                "phone".to_owned(),
                purpose("通知您办理结果", "to tell you the outcome"),
            ),
        ]
        .into_iter()
        .filter(|(asked, _): &(String, Purpose)| scope.split(' ').any(|one| one == asked))
        .collect(),
        ..ClientMetadata::default()
    })
}

fn greet(output: &Output, issuer: &str, departments: &[Department; 2], authority: &str, file: &Path) {
    let [first, second] = departments.each_ref().map(|department| &department.url);
    let ready = json!({
        "provider": issuer,
        "departments": [first, second],
        "outbox": format!("{issuer}/dev/outbox"),
        "authority": authority,
        "people": PEOPLE.iter().map(|person| json!({
            "name": person.name,
            "number": person.number,
            "certificate": person.app,
            "outcome": person.outcome().1,
        })).collect::<Vec<_>>(),
        "config": file,
    });
    output.say(&ready, || {
        format!(
            "Yimen is open.\n\n  \
             1. Social security      {first}\n     \
                Press the sign-in button; any mobile number will do, such as 13800000001.\n  \
             2. The message arrives  {issuer}/dev/outbox\n  \
             3. Business registration {second}\n     \
                Open it: you are known there without signing in again.\n  \
             4. Your account         {issuer}/account\n  \
             5. Real names           {authority}\n     \
                The authority of this demo. When your name is to be verified, such as to sign a filing\n     \
                at the business registration, sign in with a number that is not yet anybody's, such as 13800000004,\n     \
                and be one of its people:\n{}\n\
             Other commands work on this demo with --config {}\n\
             Ctrl-C ends it.",
            people(),
            file.display()
        )
    });
}

/// The authority's people, a line each.
fn people() -> String {
    let line = |person: &Person| {
        let phone = RESIDENTS.iter().find(|(_, name)| *name == person.name);
        let phone = phone.map(|(phone, _)| format!(": {phone}"));
        format!(
            "     {}  {}  {}{}\n",
            person.number,
            person.name,
            person.outcome().1,
            phone.unwrap_or_default()
        )
    };
    PEOPLE.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_resident_is_somebody_else_to_each_department() {
        let data = std::env::temp_dir().join(format!("yimen-demo-seed-{}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = format!("http://{}", listener.local_addr().unwrap());
        let secret = secret_in(&data).unwrap();
        let clock = Clock::system();
        let asked = demo_clock(clock.clone());
        tokio::spawn(async move {
            yimen_demo::serve_authority(&secret, asked, listener, std::future::pending()).await
        });
        let file = write_configuration(&data, 8000, &authority).unwrap();
        let config = config::load(&file, std::iter::empty()).unwrap();
        let departments = departments(&data, 8000);
        seed(&config, &departments, clock.now()).await.unwrap();
        let db = Db::open(&config.settings.database).await.unwrap();
        let vault = Vault::new(&config.master_key, Rng::system());
        let phone = PhoneNumber::read(RESIDENTS[0].0, &[86]).unwrap();
        let resident = account::find_by_phone(&db, &vault, &phone)
            .await
            .unwrap()
            .unwrap();
        assert!(account::identity_proof(&db, resident.id).await.unwrap().is_some());
        let mut change = Change::begin(&db, &operator()).await.unwrap();
        let mut subjects = std::collections::BTreeSet::new();
        for client in department::list(&db).await.unwrap() {
            let sub = department::sub_for(&mut change, &client.sector, resident.id).await;
            subjects.insert(sub.unwrap());
        }
        assert_eq!(subjects.len(), 2);
        drop(change);
        db.close().await;
        std::fs::remove_dir_all(&data).unwrap();
    }
}
