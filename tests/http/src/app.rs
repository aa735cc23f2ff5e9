//! One running server and what a test asks of it.

use crate::answer::Answer;
use crate::backend::{Backend, Records};
use crate::browser::Browser;
use crate::client::{Client, Registration};
use crate::key::since_1970;
use crate::privacy::Secrets;
use crate::process::{Process, binary};
use crate::resident::Resident;
use crate::setup::{self, Setup};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// What callers need of the server after it has started.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) secrets: Secrets,
    /// How far the server's clock has been moved, in milliseconds.
    ahead: Arc<AtomicU64>,
}

impl Reach {
    /// The time by the server's clock, as a department's clock has it too.
    pub(crate) fn now(&self) -> Duration {
        since_1970() + Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }
}

/// A real `yimen serve` on a port, a database and a key prefix of its own. When it is dropped, the test
/// fails if a message to a department has not been delivered, or if the log holds a panic or anything personal.
pub struct TestApp {
    pub(crate) reach: Reach,
    process: Mutex<Process>,
    port: u16,
    log: Arc<Mutex<String>>,
    records: Records,
    dir: TempDir,
    /// Whether the test leaves messages undelivered, and says so.
    leaves_messages: AtomicBool,
}

impl TestApp {
    pub async fn start() -> TestApp {
        Setup::new().start().await
    }

    pub(crate) fn launch(dir: TempDir, records: Records, setup: &Setup) -> TestApp {
        let log = Arc::default();
        let (process, port) = setup::start(setup, dir.path(), &records, &log);
        let url = format!("http://localhost:{port}");
        let reach = Reach {
            url,
            http: http_client(),
            secrets: Secrets::default(),
            ahead: Arc::default(),
        };
        TestApp {
            reach,
            process: Mutex::new(process),
            port,
            log,
            records,
            dir,
            leaves_messages: AtomicBool::new(false),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.reach.url)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn backend(&self) -> Backend {
        Backend::of_this_run()
    }

    /// Where the server's records are, as `database.url` has it.
    pub fn database_url(&self) -> String {
        self.records.url()
    }

    /// How many rows a table of the records has.
    pub async fn count(&self, table: &str) -> i64 {
        self.rows(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// The one number that a `SELECT COUNT(*)` asks the records for.
    pub async fn rows(&self, sql: &str) -> i64 {
        self.records.ask_number(sql.to_owned()).await
    }

    /// The column `it` of a statement's rows, as text, read past the server; bytes in hexadecimal.
    pub async fn read_records(&self, statement: &str) -> Vec<String> {
        self.records.texts(statement).await
    }

    /// The tables that hold one of these anywhere, read past the server.
    pub async fn traces(&self, of: &[String]) -> Vec<String> {
        self.records.traces(of).await
    }

    /// Runs SQL on the records, past the server.
    pub async fn change_records(&self, statements: &str) {
        self.records.change(statements).await;
    }

    /// This test ends with messages that no department has taken.
    pub fn expect_undelivered(&self) {
        self.leaves_messages.store(true, Ordering::Relaxed);
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.reach.clone())
    }

    pub fn resident(&self, phone: &str) -> Resident {
        Resident::new(self.reach.clone(), phone)
    }

    /// A confidential client with `client_secret_basic` that may ask for everything.
    pub async fn client(&self, id: &str) -> Client {
        self.register(Registration::new(id)).await
    }

    pub async fn register(&self, registration: Registration) -> Client {
        registration.register(self).await
    }

    /// The HTTP client of the harness, for libraries that bring none: it follows no redirects.
    pub fn http_client(&self) -> reqwest::Client {
        self.reach.http.clone()
    }

    /// A second node on the same records and short-lived state, listening on a port of its own.
    pub async fn second_node(&self) -> TestApp {
        let dir = tempfile::Builder::new()
            .prefix("yimen-node-")
            .tempdir()
            .expect("a temporary folder");
        let log = Arc::default();
        let config =
            std::fs::read_to_string(self.dir.path().join("yimen.toml")).expect("the first node's settings");
        let (process, port) = setup::start_beside(&config, self.port, dir.path(), &log);
        TestApp {
            reach: Reach {
                url: format!("http://localhost:{port}"),
                ..self.reach.clone()
            },
            process: Mutex::new(process),
            port,
            log,
            records: Records::OfAnother,
            dir,
            leaves_messages: AtomicBool::new(false),
        }
    }

    /// A plain request: no cookies, no redirects followed.
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.reach
            .http
            .request(method.parse().expect("a method"), self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        Answer::of(self.request("POST", path).form(form)).await
    }

    /// Something personal that a test is about to type: the log must not hold it.
    pub fn keep_secret(&self, text: &str) {
        self.reach.secrets.remember(text);
    }

    /// Moves the server's clock: `advance("90s")`.
    pub async fn advance(&self, by: &str) {
        let answer = self.post("/dev/clock", &[("advance", by)]).await;
        assert!(
            answer.status < 400,
            "/dev/clock answered {}: {}",
            answer.status,
            answer.body
        );
        let now = Duration::from_millis(answer.json()["now"].as_u64().expect("the time"));
        let ahead = now.saturating_sub(since_1970()).as_millis();
        let ahead = u64::try_from(ahead).expect("not for ever");
        self.reach.ahead.store(ahead, Ordering::Relaxed);
    }

    /// Moves the clock to just after a whole multiple of `seconds`, so that what is counted per period has
    /// the whole period before it.
    pub async fn begin_period(&self, seconds: i64) {
        let now = self.get("/dev/clock").await.json()["now"]
            .as_i64()
            .expect("the time")
            / 1000;
        self.advance(&format!("{}s", seconds - now % seconds + 1)).await;
    }

    /// Runs a command of the binary on this server's configuration.
    pub fn command(&self, arguments: &[&str]) -> (ExitStatus, String) {
        self.command_with(&[], arguments)
    }

    /// The same with variables in its environment, which stand over the configuration.
    pub fn command_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> (ExitStatus, String) {
        let output = Command::new(binary())
            .args(arguments)
            .envs(variables.iter().copied())
            .arg("--config")
            .arg(self.dir.path().join("yimen.toml"))
            .output()
            .expect("the binary runs");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status, text.concat())
    }

    /// The JSON a command prints with `--json`.
    pub fn command_json(&self, arguments: &[&str]) -> Value {
        let (status, text) = self.command(&[arguments, &["--json"]].concat());
        assert!(status.success(), "{arguments:?} failed: {text}");
        let json = text.find(['{', '[']).unwrap_or(0);
        let mut values = serde_json::Deserializer::from_str(&text[json..]).into_iter();
        values
            .next()
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("{arguments:?} printed no JSON: {text}"))
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn memory_kib(&self) -> u64 {
        self.process.lock().unwrap().memory()
    }

    /// SIGTERM; does not wait.
    pub fn terminate(&self) {
        self.process.lock().unwrap().terminate();
    }

    pub fn wait_for_end(&self, patience: Duration) -> Option<ExitStatus> {
        self.process.lock().unwrap().wait(patience)
    }

    /// SIGKILL.
    pub fn kill(&self) {
        self.process.lock().unwrap().kill();
    }

    /// A new process on the same port, configuration and records, once the old one is gone.
    pub fn start_again(&self) {
        if let Err(reason) = self.try_to_start_again() {
            panic!("{reason}");
        }
    }

    /// `Err` with the log where it does not serve.
    pub fn try_to_start_again(&self) -> Result<(), String> {
        let mut process = self.process.lock().unwrap();
        process.kill();
        self.reach.ahead.store(0, Ordering::Relaxed);
        *process = Process::serve(&self.dir.path().join("yimen.toml"), Arc::clone(&self.log));
        process.wait_until_ready(self.port)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let leaves_messages = self.leaves_messages.load(Ordering::Relaxed);
        let patience = Duration::from_secs(if leaves_messages { 0 } else { 5 });
        let undelivered = if std::thread::panicking() {
            Ok(0)
        } else {
            self.records.undelivered(patience)
        };
        let mut process = self
            .process
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        process.kill();
        self.records.remove();
        let log = self.log.lock().map(|log| log.clone()).unwrap_or_default();
        if std::thread::panicking() {
            let tail: Vec<_> = log.lines().rev().take(40).collect();
            println!("the server's last lines:");
            tail.iter().rev().for_each(|line| println!("  {line}"));
            return;
        }
        assert!(!log.contains("panicked at"), "the server panicked:\n{log}");
        let undelivered = undelivered.expect("the outbox can be counted");
        assert_eq!(
            undelivered > 0,
            leaves_messages,
            "{undelivered} messages to departments were not delivered:\n{log}"
        );
        let leaks = self.reach.secrets.leaks(&log);
        assert!(
            leaks.is_empty(),
            "the log holds personal data or secrets:\n{}",
            leaks.join("\n")
        );
    }
}

/// Follows nothing, keeps no cookies, and knows that `localhost` is 127.0.0.1.
#[expect(clippy::disallowed_methods, reason = "the harness's one client")]
pub(crate) fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .resolve("localhost", ([127, 0, 0, 1], 0).into())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        // A server that a test kills leaves no half-dead connection behind.
        .pool_max_idle_per_host(0)
        .build()
        .expect("an HTTP client")
}
