//! `yimen demo`: the provider and two departments, seeded, in one process; beside it the city's counterparts in another.

mod counterparts;
mod greeting;
mod seed;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use yimen_demo::{Kind, Settings as DepartmentSettings};

use self::counterparts::Counterparts;
pub(super) use self::counterparts::run as run_counterparts;
use self::greeting::greet;
use self::seed::seed;
use super::arguments::Demo;
use super::failure::Failure;
use super::logging;
use super::output::Output;
use super::serve::stop_signal;
use crate::clock::Clock;
use crate::config;
use crate::http::{App, listen, serve};
use crate::rng::Rng;

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
    let beside = Counterparts::start(options.port, &secret_in(&data)?).await?;
    let file = write_configuration(&data, options.port, &beside.url)?;
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
    let app = App::build(config.clone(), clock.clone(), Rng::system()).await?;
    let stop = until(stopped.clone());
    running.spawn(async move { serve(app, listening, stop).await.map_err(Failure::from) });
    // Of whom the counterparts are asked, who ask the provider what time it is.
    let hall = seed(&config, &departments, data.join("terminal.key"), clock.now()).await?;

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
    greet(output, &issuer, &departments, &beside.url, &hall, &file);
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

/// `/dev/clock` moves the departments along with the provider.
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
fn write_configuration(data: &Path, port: u16, counterparts: &str) -> Result<PathBuf, Failure> {
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
            "url": format!("{counterparts}/check"),
            "secret": { "file": data.join(COUNTERPARTS_KEY) },
            "timeout": "3s",
        },
        "carrier": {
            "url": format!("{counterparts}/recycled"),
            "secret": { "file": data.join(COUNTERPARTS_KEY) },
        },
        "fetch": { "allow": ["127.0.0.0/8", "::1/128"] },
        "log": { "filter": "warn" },
    }))?;
    let file = data.join("yimen.toml");
    std::fs::write(&file, format!("# Written by `yimen demo`.\n{text}"))?;
    Ok(file)
}

const COUNTERPARTS_KEY: &str = "counterparts.key";

/// The file with what provider and counterparts sign with; made at the first start.
fn secret_in(data: &Path) -> Result<PathBuf, Failure> {
    let file = data.join(COUNTERPARTS_KEY);
    if !file.exists() {
        let secret = STANDARD.encode(Rng::system().bytes::<32>());
        write_private(&file, &format!("whsec_{secret}"))?;
    }
    Ok(file)
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
