use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::fetch::extra_roots;
use crate::http::check_tls;
use crate::rng::Rng;
use crate::sms::{self, Sms};
use crate::state::State;
use crate::store::Db;

/// How long the public address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The drift that client assertions and tokens still bear.
const DRIFT: Duration = Duration::from_secs(60);

/// One thing looked at: fine, or what is wrong and what to do.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    said: String,
}

impl Finding {
    fn of(check: &'static str, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        Self {
            check,
            ok,
            said: result.unwrap_or_else(|said| said),
        }
    }
}

pub(super) async fn run(path: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let file = config::find_file(path)?;
    let config = config::load(&file, std::env::vars())?;
    let mut findings = vec![Finding::of(
        "configuration",
        Ok(format!("{} is sound", file.display())),
    )];
    findings.push(Finding::of("tls", tls(&config)));
    findings.push(Finding::of("database", database(&config).await));
    findings.push(Finding::of("short-lived state", state(&config).await));
    findings.push(Finding::of("sms", sms_providers(&config)));
    findings.push(Finding::of("proxies", proxies(&config)));
    findings.extend(public_address(&config).await);
    output.say(&findings, || {
        findings
            .iter()
            .map(|one| format!("{} {}: {}\n", if one.ok { "✓" } else { "✗" }, one.check, one.said))
            .collect()
    });
    let wrong = findings.iter().filter(|one| !one.ok).count();
    if wrong == 0 {
        Ok(())
    } else {
        Err(Failure::new(format!(
            "{wrong} of {} checks failed",
            findings.len()
        )))
    }
}

fn tls(config: &Config) -> Result<String, String> {
    match &config.settings.tls {
        None => Ok("ends at a proxy".to_owned()),
        Some(tls) => match check_tls(tls) {
            Ok(()) => Ok("certificate and key belong together".to_owned()),
            Err(fault) => Err(fault.to_string()),
        },
    }
}

async fn database(config: &Config) -> Result<String, String> {
    let file = config.settings.database.sqlite_file();
    if let Some(file) = file.filter(|file| !Path::new(file).exists()) {
        return Ok(format!("{file} is made at the first start"));
    }
    let db = Db::open(&config.settings.database)
        .await
        .map_err(|fault| format!("{fault}; check database.url"))?;
    let pending = db.pending_migrations().await.map_err(|fault| fault.to_string())?;
    db.close().await;
    if pending.is_empty() {
        Ok("answers, and is at this version".to_owned())
    } else if file.is_some() {
        Ok(format!(
            "answers; the next start brings {} migrations",
            pending.len()
        ))
    } else {
        Err(format!(
            "{} migrations are missing; run `yimen migrate`",
            pending.len()
        ))
    }
}

async fn state(config: &Config) -> Result<String, String> {
    let state = State::open(&config.settings.state, Clock::system().now())
        .await
        .map_err(|fault| format!("{fault}; check state.url"))?;
    state.ping().await.map_err(|fault| fault.to_string())?;
    if config.settings.state.url.expose() == "memory:" {
        return Ok("in this process: right for a single node, wrong for several".to_owned());
    }
    match state.eviction().await {
        Ok(None) => Ok("answers, and gives up nothing that is still needed".to_owned()),
        Ok(Some(policy)) => Err(format!(
            "Redis' maxmemory-policy is {policy}: what it evicts may be the mark of a spent assertion; set noeviction"
        )),
        Err(fault) => Err(format!(
            "{fault}: whether Redis' maxmemory-policy is noeviction, as it must be, cannot be seen"
        )),
    }
}

fn sms_providers(config: &Config) -> Result<String, String> {
    let client = extra_roots(&config.settings.fetch)
        .map_err(|fault| fault.to_string())
        .and_then(|roots| sms::http_client(roots).map_err(|fault| fault.to_string()))?;
    Sms::new(&config.settings, client, Rng::system()).map_err(|fault| fault.to_string())?;
    let order: Vec<String> = config
        .settings
        .sms
        .providers
        .iter()
        .map(|one| format!("{one:?}").to_lowercase())
        .collect();
    if order.is_empty() {
        return Err("sms.providers is empty: nobody can sign in".to_owned());
    }
    Ok(format!("tried in the order {}", order.join(", ")))
}

fn proxies(config: &Config) -> Result<String, String> {
    let settings = &config.settings;
    if config.is_behind_unnamed_proxy() {
        return Err(
            "we seem to stand behind a reverse proxy, but http.trusted_proxies is empty: \
             every resident would seem to come from the proxy and share its limits"
                .to_owned(),
        );
    }
    Ok(match settings.http.trusted_proxies.len() {
        0 => "none trusted".to_owned(),
        count => format!("{count} ranges are believed about who asks"),
    })
}

/// Asks for our own discovery document as a department would, and compares the clocks.
async fn public_address(config: &Config) -> Vec<Finding> {
    match fetch_discovery(config).await {
        Err(said) => vec![Finding::of("public address", Err(said))],
        Ok((issuer, date)) => {
            let expected = config.public_url.issuer();
            let address = if issuer == expected {
                Ok(format!("{expected} answers as itself"))
            } else {
                Err(format!(
                    "{expected} answers as the issuer {issuer}: public_url differs between nodes, or the proxy leads elsewhere"
                ))
            };
            vec![
                Finding::of("public address", address),
                Finding::of("clock", clock(date.as_deref())),
            ]
        }
    }
}

async fn fetch_discovery(config: &Config) -> Result<(String, Option<String>), String> {
    let url = config.public_url.join("/.well-known/openid-configuration");
    let roots = extra_roots(&config.settings.fetch).map_err(|fault| fault.to_string())?;
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .tls_certs_merge(roots)
        .build()
        .map_err(|fault| fault.to_string())?;
    let response = client
        .get(&url)
        .send()
        .await
        .map_err(|fault| format!("{url} cannot be reached ({fault}); is the node running, and do DNS, proxy and certificate lead to it?"))?;
    let date = response
        .headers()
        .get("date")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let document: serde_json::Value = response
        .json()
        .await
        .map_err(|fault| format!("{url} does not answer with discovery: {fault}"))?;
    Ok((document["issuer"].as_str().unwrap_or_default().to_owned(), date))
}

fn clock(date: Option<&str>) -> Result<String, String> {
    let theirs = date
        .and_then(|text| {
            time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc2822).ok()
        })
        .ok_or("the answer had no date to compare with")?;
    let drift = (Clock::system().now().seconds() - theirs.unix_timestamp()).unsigned_abs();
    if drift > DRIFT.as_secs() {
        return Err(format!(
            "this machine's clock and the server's differ by {drift} s; set up NTP on both"
        ));
    }
    Ok(format!("within {drift} s of the server's"))
}
