mod address;
pub(super) mod certificate;
pub(super) mod clock;
mod place;
mod providers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use self::clock::Reading;
use super::failure::Failure;
use super::finding::{Finding, Verdict, say};
use super::output::Output;
use crate::carrier::Carrier;
use crate::clock::Clock;
use crate::config::{self, Config, PrivateFile};
use crate::department::trust::About;
use crate::federation::Metadata;
use crate::fetch::extra_roots;
use crate::gateway::http_client;
use crate::http::{StartError, check_tls};
use crate::proofing::Authority;
use crate::rng::Rng;
use crate::state::State;
use crate::store::Db;

/// How long anything that is asked may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(path: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let findings = match load(path) {
        Ok((config, file)) => look(&config, &file).await,
        Err(fault) => vec![Finding::new("configuration", Verdict::Fault(fault.to_string()))],
    };
    say(&findings, output)
}

fn load(path: Option<&Path>) -> Result<(Config, PathBuf), Failure> {
    let file = config::find_file(path)?;
    Ok((config::load(&file, std::env::vars())?, file))
}

async fn look(config: &Config, file: &Path) -> Vec<Finding> {
    let mut findings = vec![
        Finding::new("configuration", Ok(format!("{} is sound", file.display()))),
        Finding::new("files", files(config)),
        Finding::new("tls", tls(config)),
    ];
    let mut readings: Vec<Reading> = Vec::new();
    let (verdict, clock) = database(config).await;
    findings.push(Finding::new("database", verdict));
    readings.extend(clock);
    let (verdict, clock) = state(config).await;
    findings.push(Finding::new("short-lived state", verdict));
    readings.extend(clock);
    findings.push(Finding::new("sms", providers::check(config).await));
    findings.push(Finding::new("proofing", proofing(config)));
    findings.push(Finding::new("carrier", carrier(config)));
    findings.push(Finding::new("place", place::check(config)));
    findings.push(Finding::new("federation", federation(config)));
    findings.push(Finding::new("proxies", proxies(config)));
    let asked = address::ask(config).await;
    findings.extend(asked.findings);
    readings.extend(asked.clock);
    let synchronised = clock::ask_systemd().await;
    findings.push(Finding::new("clock", clock::check(&readings, synchronised)));
    findings
}

/// A fault as the start of a node would tell it.
fn placed(config: &Config, fault: impl Into<StartError>) -> String {
    Failure::to_start(&config.written, &fault.into()).to_string()
}

fn federation(config: &Config) -> Result<String, String> {
    let about = About::of(config, Metadata::default()).map_err(|fault| placed(config, fault))?;
    Ok(format!(
        "departments know us as {}; anchors besides ourselves: {}",
        about.id,
        about.anchors.len()
    ))
}

fn files(config: &Config) -> Result<String, String> {
    let faults: Vec<String> = config
        .private_files
        .iter()
        .filter_map(PrivateFile::fault)
        .collect();
    if faults.is_empty() {
        Ok("those that hold secrets can be read by their owner alone".to_owned())
    } else {
        Err(faults.join("; "))
    }
}

fn tls(config: &Config) -> Verdict {
    let Some(tls) = &config.settings.tls else {
        return Verdict::Fine("left to a reverse proxy".to_owned());
    };
    if let Err(fault) = check_tls(tls) {
        return Verdict::Fault(placed(config, fault));
    }
    match CertificateDer::from_pem_file(&tls.certificate) {
        Ok(der) => certificate::check(&der, config.public_url.host(), Clock::system().now()),
        Err(fault) => Verdict::Fault(format!("tls.certificate {}: {fault}", tls.certificate.display())),
    }
}

async fn database(config: &Config) -> (Result<String, String>, Option<Reading>) {
    let settings = &config.settings.database;
    if let Some(file) = settings.file_to_be_made() {
        return (Ok(format!("{file} will be made at the first start")), None);
    }
    let db = match Db::open(settings).await {
        Ok(db) => db,
        Err(fault) => return (Err(placed(config, fault)), None),
    };
    let elsewhere = !clock::is_here(settings.url.expose()).await;
    let theirs = if elsewhere { db.clock().await } else { Ok(None) };
    let reading = theirs
        .ok()
        .flatten()
        .map(|theirs| Reading::now("the database server", theirs));
    let pending = db.pending_migrations().await;
    let newer = db.newer_migration().await.ok().flatten();
    db.close().await;
    if let Some(number) = newer {
        return (Err(placed(config, StartError::Newer(number))), reading);
    }
    let said = match pending {
        Err(fault) => Err(placed(config, fault)),
        Ok(pending) if pending.is_empty() => Ok("answers, and is up to date".to_owned()),
        Ok(pending) if settings.sqlite_file().is_some() => Ok(format!(
            "answers; the next start will apply {} migrations",
            pending.len()
        )),
        Ok(pending) => Err(format!(
            "{} migrations are missing; run `yimen migrate`",
            pending.len()
        )),
    };
    (said, reading)
}

async fn state(config: &Config) -> (Result<String, String>, Option<Reading>) {
    let settings = &config.settings.state;
    let state = match State::open(settings, Clock::system().now()).await {
        Ok(state) => state,
        Err(fault) => return (Err(placed(config, fault)), None),
    };
    if let Err(fault) = state.ping().await {
        return (Err(placed(config, fault)), None);
    }
    if settings.url.expose() == "memory:" {
        let said = "kept in the process: right for a single node, wrong for several";
        return (Ok(said.to_owned()), None);
    }
    let elsewhere = !clock::is_here(settings.url.expose()).await;
    let theirs = if elsewhere { state.clock().await } else { Ok(None) };
    let reading = theirs.ok().flatten().map(|theirs| Reading::now("Redis", theirs));
    let said = match state.eviction().await {
        Ok(None) => Ok("answers, and gives up nothing that is still needed".to_owned()),
        Ok(Some(policy)) => Err(format!(
            "Redis' maxmemory-policy is {policy}: what it evicts may be the mark of a spent assertion; set noeviction"
        )),
        Err(fault) => Err(format!(
            "{fault}: whether Redis' maxmemory-policy is noeviction, as it must be, cannot be seen"
        )),
    };
    (said, reading)
}

/// Only the node could tell, and it tells nobody what address it saw.
const UNTRIED: &str = "not tried: whether the proxy overwrites an X-Forwarded-For that a client made up";

/// Whether it could be asked; it is not, since that would take somebody's name.
fn proofing(config: &Config) -> Result<String, String> {
    let authority = Authority::new(&config.settings, client(config)?, Rng::system());
    Ok(match authority.map_err(|fault| placed(config, fault))? {
        Some(_) => "real names are verified by the authority that is configured".to_owned(),
        None => "no [proofing]: no real name is verified online".to_owned(),
    })
}

/// As [`proofing`]: to ask would take somebody's number.
fn carrier(config: &Config) -> Result<String, String> {
    let carrier = Carrier::new(&config.settings, client(config)?, Rng::system());
    Ok(match carrier.map_err(|fault| placed(config, fault))? {
        Some(_) => "silent numbers are asked after at the carriers that are configured".to_owned(),
        None => "no [carrier]: nobody is asked whether a silent number was given away".to_owned(),
    })
}

fn client(config: &Config) -> Result<reqwest::Client, String> {
    let roots = extra_roots(&config.settings.fetch).map_err(|fault| placed(config, fault))?;
    http_client(roots).map_err(|fault| placed(config, fault))
}

fn proxies(config: &Config) -> Result<String, String> {
    if config.is_behind_unnamed_proxy() {
        let said = "this node seems to be behind a reverse proxy, but http.trusted_proxies is empty: \
                    every resident would appear to come from the proxy and share its limits";
        return Err(Failure::at(&config.written, "http.trusted_proxies", said).to_string());
    }
    Ok(match config.settings.http.trusted_proxies.len() {
        0 => "none trusted".to_owned(),
        1 => format!("one trusted proxy range; {UNTRIED}"),
        count => format!("{count} trusted proxy ranges; {UNTRIED}"),
    })
}
