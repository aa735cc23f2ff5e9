//! Yimen as it would run: the release binary, a configuration file, the command line.

use crate::gateway::{Gateway, SECRET};
use crate::server::{Server, free_port};
use crate::side::{Codes, Provider, Side};
use crate::{Options, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where records and short-lived state are kept.
#[derive(Clone, Debug)]
pub(crate) struct Keeping {
    pub(crate) name: &'static str,
    pub(crate) database: String,
    pub(crate) synchronous: &'static str,
    pub(crate) state: String,
    /// Whether writes are counted in PostgreSQL.
    pub(crate) is_postgres: bool,
}

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) side: Side,
    pub(crate) first_start: Duration,
    pub(crate) start: Duration,
}

/// Yimen's own, for whoever writes into its database.
pub(crate) const MASTER_KEY: &str = "YmVuY2htYXJrIGJlbmNobWFyayBiZW5jaG1hcmstLTE=";

/// A database with its schema and its client, and a configuration that names it.
#[derive(Debug)]
pub(crate) struct Prepared {
    port: u16,
    config: PathBuf,
    secret: String,
    first_start: Duration,
}

/// Starts it on an empty database, adds the client, and starts it again on what is then there.
pub(crate) async fn start(
    options: &Options,
    keeping: &Keeping,
    gateway: &Gateway,
    folder: &Path,
) -> Result<Running> {
    let prepared = prepare(options, keeping, gateway, folder).await?;
    run(options, keeping, gateway, prepared).await
}

/// Starts it on an empty database, stops it, and adds the client.
pub(crate) async fn prepare(
    options: &Options,
    keeping: &Keeping,
    gateway: &Gateway,
    folder: &Path,
) -> Result<Prepared> {
    let folder = folder.join(keeping.name.replace([' ', '+'], "-"));
    std::fs::create_dir_all(&folder)?;
    let port = free_port()?;
    let config = folder.join("yimen.toml");
    std::fs::write(&config, configuration(keeping, port, &gateway.open().await?))?;
    let mut server = serve(options, &config, &folder.join("first.log"))?;
    let first_start = server.ready(port, "/readyz").await?;
    server.stop().await?;
    let secret = add_client(options, &config)?;
    Ok(Prepared {
        port,
        config,
        secret,
        first_start,
    })
}

/// Starts it on what is there.
pub(crate) async fn run(
    options: &Options,
    keeping: &Keeping,
    gateway: &Gateway,
    prepared: Prepared,
) -> Result<Running> {
    let Prepared {
        port,
        config,
        secret,
        first_start,
    } = prepared;
    let mut server = serve(options, &config, &config.with_extension("log"))?;
    let start = server.ready(port, "/readyz").await?;
    let provider = Provider::discover(port, &secret, Codes::Gateway(gateway.clone())).await?;
    let side = Side {
        name: keeping.name,
        port,
        pid: server.pid(),
        database_pids: if keeping.is_postgres {
            options.database_pids.clone()
        } else {
            Vec::new()
        },
        database: keeping.is_postgres.then(|| keeping.database.clone()),
        provider: Some(provider),
    };
    Ok(Running {
        server,
        side,
        first_start,
        start,
    })
}

fn configuration(keeping: &Keeping, port: u16, gateway: &str) -> String {
    format!(
        r#"public_url = "http://localhost:{port}"
listen = "127.0.0.1:{port}"
dev = true
master_key = "{MASTER_KEY}"
[database]
url = "{}"
synchronous = "{}"
migrate_at_start = true
[state]
url = "{}"
[http]
trusted_proxies = ["127.0.0.0/8"]
[fetch]
allow = ["127.0.0.0/8"]
[sms]
providers = ["webhook"]
daily_budget = 100000000
[sms.webhook]
url = "{gateway}"
secret = "{SECRET}"
[log]
filter = "warn"
"#,
        keeping.database, keeping.synchronous, keeping.state
    )
}

fn serve(options: &Options, config: &Path, log: &Path) -> Result<Server> {
    let arguments = ["serve".into(), "--config".into(), PathBuf::from(config)];
    Server::start(options.server_core, &options.yimen, &arguments, log)
}

fn add_client(options: &Options, config: &Path) -> Result<String> {
    let output = Command::new(&options.yimen)
        .args(["client", "add", "--json", "--config"])
        .arg(config)
        .args([
            "--id",
            "bench",
            "--name",
            "压力测试",
            "--department",
            "云川市某局",
        ])
        .args(["--redirect-uri", "https://bench.example/callback"])
        .args([
            "--scope",
            "openid phone offline_access",
            "--auth-method",
            "client_secret_basic",
        ])
        .args(["--id-token-alg", "ES256", "--grant-type", "authorization_code"])
        .args([
            "--grant-type",
            "refresh_token",
            "--grant-type",
            "client_credentials",
        ])
        .output()?;
    if !output.status.success() {
        return Err(format!("yimen client add: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok(answer["client_secret"]
        .as_str()
        .ok_or("client add gave no secret")?
        .to_owned())
}
