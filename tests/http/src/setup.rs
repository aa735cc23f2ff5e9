//! The configuration a test's server starts with.

use crate::TestApp;
use crate::backend::{Backend, Records, Template, postgres_url, redis_url, unique_name};
use crate::process::Process;
use crate::tap::Tap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;
use toml::{Table, Value};
use url::Url;

/// Settings over the harness's own; `TestApp::start()` is `Setup::new().start()`.
#[derive(Clone, Debug)]
pub struct Setup {
    settings: Vec<(String, Value)>,
    empty: bool,
    port: Option<u16>,
    database_through: Option<Url>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup::new()
    }
}

impl Setup {
    pub fn new() -> Setup {
        Setup {
            settings: Vec::new(),
            empty: false,
            port: None,
            database_through: None,
        }
    }

    /// `set("session.idle", "5m")`: any key of `yimen.toml`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Setup {
        self.settings.push((key.to_owned(), value.into()));
        self
    }

    /// Starts on an empty database and not on a copy of one that has been migrated already.
    #[must_use]
    pub fn empty(mut self) -> Setup {
        self.empty = true;
        self
    }

    /// Listens where a text says it does, and not on a port of its own.
    #[must_use]
    pub fn on(mut self, port: u16) -> Setup {
        self.port = Some(port);
        self
    }

    /// Puts taps before PostgreSQL and Redis, whose wires alone can be cut.
    pub fn with_taps(mut self) -> (Setup, Taps) {
        assert_eq!(
            Backend::of_this_run(),
            Backend::PostgresRedis,
            "nothing to cut: SQLite and memory live in the process"
        );
        let (database, through) = Tap::before(&postgres_url());
        let (state, state_url) = Tap::before(&redis_url());
        self.database_through = Some(through);
        let setup = self.set("state.url", String::from(state_url));
        (setup, Taps { database, state })
    }

    pub async fn start(self) -> TestApp {
        let dir = tempfile::Builder::new()
            .prefix("yimen-http-")
            .tempdir()
            .expect("a temporary folder");
        let records = Records::named(Backend::of_this_run(), dir.path());
        if self.empty {
            records.create().await;
        } else {
            records.copy(template().await).await;
        }
        TestApp::launch(dir, records, &self)
    }

    /// Writes `yimen.toml` for a server on `port`.
    pub(crate) fn write(&self, dir: &Path, records: &Records, port: u16) -> PathBuf {
        let mut config = Table::new();
        let mut put = |key: &str, value: Value| set(&mut config, key, value);
        put("public_url", format!("http://localhost:{port}").into());
        put("listen", format!("127.0.0.1:{port}").into());
        put("dev", true.into());
        put(
            "master_key",
            "dGhlIHRlc3RzJyBvd24gbWFzdGVyIGtleSwgMzIgYi4=".into(),
        );
        put("database.url", self.database_url(records).into());
        put("database.migrate_at_start", true.into());
        put("database.max_connections", 8.into());
        match Backend::of_this_run() {
            Backend::SqliteMemory => put("state.url", "memory:".into()),
            Backend::PostgresRedis => {
                put("state.url", String::from(redis_url()).into());
                put("state.prefix", unique_name().into());
            }
        }
        put("sms.providers", Value::Array(vec!["outbox".into()]));
        put("fetch.allow", Value::Array(vec!["127.0.0.0/8".into()]));
        put("log.filter", "info,yimen=debug".into());
        for (key, value) in &self.settings {
            put(key, value.clone());
        }
        let path = dir.join("yimen.toml");
        std::fs::write(&path, config.to_string()).expect("the configuration can be written");
        path
    }
}

impl Setup {
    fn database_url(&self, records: &Records) -> String {
        let Some(through) = &self.database_through else {
            return records.url();
        };
        let mut url: Url = records.url().parse().expect("PostgreSQL's address is a URL");
        url.set_host(through.host_str()).expect("an address is a host");
        url.set_port(through.port()).expect("the URL has a port");
        url.into()
    }
}

/// The taps before a server's database and its short-lived state.
#[derive(Clone, Debug)]
pub struct Taps {
    pub database: Tap,
    pub state: Tap,
}

fn set(config: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            config.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let inner = config
                .entry(section)
                .or_insert_with(|| Value::Table(Table::new()));
            set(inner.as_table_mut().expect("a section"), rest, value);
        }
    }
}

/// Records as a first start leaves them: migrated and with signing keys, which take a second to make.
async fn template() -> &'static Template {
    static TEMPLATE: OnceCell<Template> = OnceCell::const_new();
    TEMPLATE.get_or_init(make_template).await
}

async fn make_template() -> Template {
    let dir = tempfile::Builder::new()
        .prefix("yimen-template-")
        .tempdir()
        .expect("a temporary folder");
    let records = Records::named(Backend::of_this_run(), dir.path());
    records.create().await;
    let (mut process, _) = start(&Setup::new(), dir.path(), &records, &Arc::default());
    process.terminate();
    process
        .wait(std::time::Duration::from_secs(20))
        .expect("the first server stops");
    records.into_template()
}

/// Starts a server with the settings of the one on `first`, listening elsewhere.
pub(crate) fn start_beside(config: &str, first: u16, dir: &Path, log: &Arc<Mutex<String>>) -> (Process, u16) {
    let port = crate::process::free_port();
    let listens = |port| format!("listen = \"127.0.0.1:{port}\"");
    let path = dir.join("yimen.toml");
    std::fs::write(&path, config.replace(&listens(first), &listens(port)))
        .expect("the configuration can be written");
    let mut process = Process::serve(&path, Arc::clone(log));
    if let Err(reason) = process.wait_until_ready(port) {
        panic!("{reason}");
    }
    (process, port)
}

/// Starts a server on a free port; another one when somebody else was quicker.
pub(crate) fn start(
    setup: &Setup,
    dir: &Path,
    records: &Records,
    log: &Arc<Mutex<String>>,
) -> (Process, u16) {
    for _ in 0..5 {
        let port = setup.port.unwrap_or_else(crate::process::free_port);
        let config = setup.write(dir, records, port);
        let mut process = Process::serve(&config, Arc::clone(log));
        match process.wait_until_ready(port) {
            Ok(()) => return (process, port),
            Err(reason) if reason.to_lowercase().contains("in use") => {}
            Err(reason) => panic!("{reason}"),
        }
    }
    panic!("five ports were taken one after another");
}
