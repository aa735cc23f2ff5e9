//! A process under test, pinned to its core and gone when we are.

use crate::Result;
use crate::http::{Connection, Request};
use crate::window::moment;
use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub(crate) fn start<S: AsRef<OsStr>>(
        core: usize,
        program: &Path,
        arguments: &[S],
        log: &Path,
    ) -> Result<Self> {
        let output = File::create(log)?;
        // setpriv and taskset replace themselves by the program, which so keeps our child's process id.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "taskset", "-c", &core.to_string()])
            .arg(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        Ok(Server {
            child,
            log: log.to_owned(),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `target` answers 200 and says how long that took.
    pub(crate) async fn ready(&mut self, port: u16, target: &str) -> Result<Duration> {
        let start = moment();
        while start.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("ended with {status} before it was ready: {}", self.last_words()).into());
            }
            if let Ok(mut connection) = Connection::open(port).await
                && let Ok(answer) = connection.send(&Request::get(target)).await
                && answer.status == 200
            {
                return Ok(start.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(format!("not ready after half a minute: {}", self.last_words()).into())
    }

    /// Asks it to stop, as systemd would, and waits.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Command::new("kill")
            .args(["-TERM", &self.pid().to_string()])
            .status()?;
        let start = moment();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("did not stop within 20 s of SIGTERM".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody listens on, given once and below the range the kernel gives to outgoing connections, of which a
/// benchmark leaves thousands in `TIME_WAIT`.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 20_000)?;
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (start + step % 20_000) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
}
