//! The benchmark: a load client against the real `yimen`, an axum hello-world and npm's oidc-provider, taking turns.
//! Start it by `tests/bench/run`, which builds what is measured and pins each side to its own core.

mod browser;
mod budgets;
mod cpu;
mod database;
mod facts;
mod floor;
mod flow;
mod form;
mod gateway;
mod growth;
mod hello;
mod http;
mod id_token;
mod machine;
mod passkey;
mod plan;
mod population;
mod report;
mod rounds;
mod server;
mod side;
mod statistics;
mod table;
mod window;
mod yimen;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

type Fault = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Fault>;

#[derive(Debug, Parser)]
#[command(about = "Measures yimen beside an axum hello-world and npm's oidc-provider")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves a bare hello-world: the floor of what a request can cost.
    Hello { port: u16 },
    /// Starts the servers, measures, and writes the report.
    Run(Box<Options>),
}

#[derive(Clone, Debug, clap::Args)]
struct Options {
    /// The release build of yimen.
    #[arg(long)]
    yimen: PathBuf,
    /// The folder of npm's oidc-provider, its packages installed.
    #[arg(long)]
    peer: Option<PathBuf>,
    /// A PostgreSQL whose user may create databases; its commits reach the disk.
    #[arg(long, requires = "redis")]
    postgres: Option<String>,
    #[arg(long, requires = "postgres")]
    redis: Option<String>,
    /// Processes whose CPU counts as the database's, beside that of their children.
    #[arg(long, value_delimiter = ',')]
    database_pids: Vec<u32>,
    /// The core the servers run on; the client is pinned to another one by whoever starts it.
    #[arg(long)]
    server_core: usize,
    /// `Cargo.lock`, whose packages are counted.
    #[arg(long)]
    lock: PathBuf,
    /// Where the report is written.
    #[arg(long)]
    out: PathBuf,
    /// Fewer and shorter rounds: to see that everything runs, not to be quoted.
    #[arg(long)]
    quick: bool,
    /// Only the flows whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Also a sign-in by SMS of one of so many accounts, by default a thousand, a hundred thousand and a million.
    #[arg(long, value_name = "ACCOUNTS", num_args = 0..=1, value_delimiter = ',',
        default_missing_value = "1000,100000,1000000")]
    growth: Vec<u64>,
    /// How long a release build into an empty folder took.
    #[arg(long)]
    cold_build_seconds: Option<f64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Hello { port } => hello::serve(port).await,
        Command::Run(options) => plan::carry_out(&options).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            report::say(&format!("bench: {fault}"));
            ExitCode::FAILURE
        }
    }
}
