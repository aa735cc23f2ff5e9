use std::path::Path;

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::failure::Failure;
use super::logging;
use super::output::Output;
use crate::clock::Clock;
use crate::config;
use crate::http::{App, listen, serve};
use crate::rng::Rng;

pub(super) async fn run(path: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let config = config::load(&config::find_file(path)?, std::env::vars())?;
    logging::start(&config.settings.log)?;
    let address = config.settings.listen;
    let issuer = config.public_url.issuer().to_owned();
    let app = App::build(config, Clock::system(), Rng::system()).await?;
    let listening = listen(address).await?;
    output.say(
        &json!({ "issuer": issuer, "listen": address.to_string() }),
        || format!("{issuer} on {address}"),
    );
    Ok(serve(app, listening, stop_signal()?).await?)
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
