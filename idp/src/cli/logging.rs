use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use crate::config::{Log, LogFormat};

/// Begins to write the log to standard error.
pub(super) fn start(log: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&log.filter)
        .map_err(|fault| Failure::new(format!("log.filter `{}`: {fault}", log.filter)))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|fault| Failure::new(format!("the log cannot be started: {fault}")))
}
