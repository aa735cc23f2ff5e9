//! The running `yimen` and what it wrote.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Where the binary under test is: `YIMEN_BIN`, or beside the test's own executable (`target/debug`).
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("YIMEN_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a running test has a path");
    own.ancestors()
        .map(|folder| folder.join("yimen"))
        .find(|candidate| candidate.is_file())
        .expect("build the binary first: cargo build -p yimen")
}

/// An example program of the workspace, which is built beside the binary.
pub fn example(name: &str) -> PathBuf {
    binary().with_file_name("examples").join(name)
}

/// A port nobody listens on, given once per test process and below the range the kernel gives to outgoing
/// connections. The server must know its port beforehand, since its public URL holds it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let start = u16::try_from(std::process::id() % 15_000).expect("below 15,000");
        let port = 10_000 + start.wrapping_add(step) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Process {
    pub(crate) fn serve(config: &Path, log: Arc<Mutex<String>>) -> Process {
        let mut child = Command::new(binary())
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        keep(child.stdout.take().expect("piped"), Arc::clone(&log));
        keep(child.stderr.take().expect("piped"), Arc::clone(&log));
        Process { child, log }
    }

    /// Waits for `/readyz` to say 200; `Err` with the log when the process ends or a minute passes.
    pub(crate) fn wait_until_ready(&mut self, port: u16) -> Result<(), String> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                thread::sleep(Duration::from_millis(50));
                return Err(format!(
                    "yimen ended with {status}:\n{}",
                    self.log.lock().unwrap()
                ));
            }
            if readyz(port) == Some(200) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(15));
        }
        Err(format!(
            "yimen is not ready after a minute:\n{}",
            self.log.lock().unwrap()
        ))
    }

    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Resident memory in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .unwrap_or(0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn keep(from: impl Read + Send + 'static, log: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}

fn readyz(port: u16) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(
        stream,
        "GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    )
    .ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.split(' ').nth(1)?.parse().ok()
}
