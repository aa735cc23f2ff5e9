use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::failure::Failure;
use crate::config::{Config, LogFormat};

/// Libraries that write what they were sent into their complaints, as long as it is: a form of 64 KiB makes a line five
/// times that. What they found wrong is in the error that they return, and our own line says that.
const SILENT: [&str; 2] = ["webauthn_rs=off", "webauthn_rs_core=off"];

/// Begins to write the log to standard error.
pub(super) fn start(config: &Config) -> Result<(), Failure> {
    let log = &config.settings.log;
    let filter = EnvFilter::try_new(&log.filter).map_err(|fault| {
        let said = format!(
            "log.filter is `{}`: {fault}; write it as RUST_LOG, such as \"info\" or \"warn,yimen=debug\"",
            log.filter
        );
        Failure::at(&config.written, "log.filter", said)
    })?;
    let silent = SILENT.iter().filter_map(|name| name.parse().ok());
    let filter = silent.fold(filter, EnvFilter::add_directive);
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
