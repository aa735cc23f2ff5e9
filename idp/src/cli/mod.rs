//! The commands of `yimen`: each reads the configuration, does one thing, and says what it did.
//! May import: http, oidc, signin, account, department, federation, operator, keys, sms, proofing, carrier, place, audit, store, state, fetch, gateway, clock, rng, config.

mod admin;
mod arguments;
#[cfg(test)]
#[cfg(feature = "demo")]
mod authority_test;
mod client;
mod configuration;
#[cfg(feature = "demo")]
mod demo;
mod department;
mod doctor;
mod failure;
mod finding;
mod keys;
mod kiosk;
mod logging;
mod migrate;
mod output;
mod serve;
mod table;

use clap::Parser as _;

use self::arguments::{Arguments, Command};
use self::failure::Failure;
use self::output::Output;

/// Runs the command line; answers the process's exit code.
#[must_use]
pub fn run() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run_command(&arguments, &output) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(failure) => {
            output.failed(&failure);
            std::process::ExitCode::FAILURE
        }
    }
}

fn run_command(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    // One provider of primitives for TLS in the whole process; a second call would be a mistake of ours.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        return Err(Failure::new("the TLS provider was installed twice"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|fault| Failure::new(format!("the runtime cannot start: {fault}")))?;
    let config = arguments.config.as_deref();
    runtime.block_on(async {
        match &arguments.command {
            Command::Serve => serve::run(config, output).await,
            #[cfg(feature = "demo")]
            Command::Demo(options) => demo::run(options, output).await,
            #[cfg(feature = "demo")]
            Command::DemoCounterparts(options) => demo::run_counterparts(options, output).await,
            Command::Migrate(options) => migrate::run(config, options, output).await,
            Command::Doctor => doctor::run(config, output).await,
            Command::Config(command) => configuration::run(config, command, output),
            Command::Client(command) => client::run(config, command, output).await,
            Command::Department(command) => department::run(config, command, output).await,
            Command::Kiosk(command) => kiosk::run(config, command, output).await,
            Command::Keys(command) => keys::run(config, command, output).await,
            Command::Admin(command) => admin::run(config, command, output).await,
        }
    })
}
