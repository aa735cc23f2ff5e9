use std::path::Path;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::logging;
use super::output::Output;
use crate::clock::Clock;
use crate::config::{self, Config, PrivateFile};
use crate::http::{App, StartError, listen, serve};
use crate::rng::Rng;

pub(super) async fn run(path: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    logging::start(&config)?;
    for fault in config.private_files.iter().filter_map(PrivateFile::fault) {
        tracing::warn!("{fault}");
    }
    let address = config.settings.listen;
    let issuer = config.public_url.issuer().to_owned();
    let written = config.written.clone();
    let placed = |fault: StartError| Failure::to_start(&written, &fault);
    let app = build(config).await?;
    let listening = listen(address).await.map_err(placed)?;
    output.say(
        &json!({ "issuer": issuer, "listen": address.to_string() }),
        || format!("{issuer} on {address}"),
    );
    serve(app, listening, stop_signal()?).await.map_err(placed)
}

async fn build(config: Config) -> Result<App, Failure> {
    let written = config.written.clone();
    App::build(config, Clock::system(), Rng::system())
        .await
        .map_err(|fault| Failure::to_start(&written, &fault))
}

/// Resolves at SIGTERM or Ctrl-C.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing what is in flight");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_stops_a_start_names_the_line_of_its_key() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let database = format!("url = \"sqlite:{}/yimen.db\"", dir.path().display());
        let good = format!(
            "public_url = \"http://localhost:8000\"\ndev = true\nlisten = \"127.0.0.1:8000\"\n\
             master_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n[database]\n{database}\n\
             [sms]\nproviders = [\"webhook\"]\n[sms.webhook]\nurl = \"https://sms.city.example\"\nsecret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"\n"
        );
        let path = dir.path().join("yimen.toml");
        for (from, to, line, said) in [
            ("whsec_", "", 11, "sms.webhook.secret must be"),
            ("https://sms", "ftp://sms", 10, "sms.webhook.url must be https"),
            (
                "[sms]",
                "[proofing]\nurl = \"https://a.example\"\nsecret = \"s\"\n[sms]",
                9,
                "proofing.secret must be",
            ),
            (
                "[\"webhook\"]",
                "[\"outbox\", \"outbox\"]",
                8,
                "names \"outbox\" twice",
            ),
            (
                "http://localhost",
                "http://192.0.2.1",
                1,
                "does not resolve to loopback",
            ),
            ("127.0.0.1:8000", "0.0.0.0:8000", 3, "listen is 0.0.0.0:8000"),
            (
                "[sms]",
                "[fetch]\nextra_ca = \"/nowhere\"\n[sms]",
                8,
                "fetch.extra_ca /nowhere",
            ),
            (
                &database,
                "url = \"sqlite:/nowhere/yimen.db\"",
                6,
                "database.url: ",
            ),
        ] {
            std::fs::write(&path, good.replace(from, to)).unwrap();
            let config = config::load(&path, std::iter::empty()).unwrap();
            let failure = build(config).await.err().unwrap().to_string();
            let place = format!("{}:{line}: ", path.display());
            assert!(failure.starts_with(&place) && failure.contains(said), "{failure}");
        }
    }
}
