use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use tokio::process::Command;
use url::Url;

use super::PATIENCE;
use crate::cli::finding::Verdict;
use crate::clock::{Clock, Timestamp};

/// The drift that client assertions and tokens still bear.
const DRIFT: Duration = Duration::from_secs(60);

/// What another machine's clock showed, and ours beside it.
#[derive(Debug)]
pub(in crate::cli) struct Reading {
    of: &'static str,
    theirs: Timestamp,
    ours: Timestamp,
}

impl Reading {
    /// What has just been read of another clock.
    pub(in crate::cli) fn now(of: &'static str, theirs: Timestamp) -> Self {
        let ours = Clock::system().now();
        Self { of, theirs, ours }
    }

    fn drift(&self) -> Duration {
        self.ours.since(self.theirs).max(self.theirs.since(self.ours))
    }
}

/// Compares this machine's clock with those of others; `synchronised` is what systemd says of it.
pub(in crate::cli) fn check(readings: &[Reading], synchronised: Option<bool>) -> Verdict {
    if let Some(off) = readings.iter().find(|reading| reading.drift() > DRIFT) {
        let way = if off.ours > off.theirs {
            "ahead of"
        } else {
            "behind"
        };
        return Verdict::Fault(format!(
            "this machine's clock is {} s {way} that of {}; set up NTP on both",
            off.drift().as_secs(),
            off.of
        ));
    }
    let compared: Vec<String> = readings
        .iter()
        .map(|reading| format!("{} s from that of {}", reading.drift().as_secs(), reading.of))
        .collect();
    let compared = if compared.is_empty() {
        "no other machine's clock to compare with".to_owned()
    } else {
        compared.join(", ")
    };
    match synchronised {
        Some(true) => Verdict::Fine(format!("{compared}; systemd says that ours is synchronised")),
        Some(false) => Verdict::Warning(format!(
            "{compared}; systemd says that ours is not synchronised: set up NTP, with systemd-timesyncd or chrony"
        )),
        None => Verdict::Fine(compared),
    }
}

/// What systemd says; nothing where there is none.
pub(super) async fn ask_systemd() -> Option<bool> {
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    let answer = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    match answer.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

/// Whether the host that an address names is this machine, so that its clock is ours.
pub(super) async fn is_here(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    // Without a host it is a socket in the file system.
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return true;
    };
    let host = host.trim_matches(['[', ']']).to_owned();
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, 0))).await;
    let Ok(Ok(mut addresses)) = found else {
        return false;
    };
    addresses.all(|address| is_own(address.ip()))
}

/// A machine can bind its own addresses alone.
pub(super) fn is_own(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(of: &'static str, theirs: i64, ours: i64) -> Reading {
        Reading {
            of,
            theirs: Timestamp::from_seconds(theirs),
            ours: Timestamp::from_seconds(ours),
        }
    }

    #[test]
    fn clocks_may_differ_by_a_minute_either_way() {
        let readings = [
            reading("the database server", 100, 160),
            reading("Redis", 160, 100),
        ];
        let said = "60 s from that of the database server, 60 s from that of Redis";
        assert_eq!(check(&readings, None), Verdict::Fine(said.to_owned()));
        for (theirs, ours, way) in [(100, 161, "61 s ahead of"), (161, 100, "61 s behind")] {
            let readings = [
                reading("Redis", 100, 100),
                reading("the database server", theirs, ours),
            ];
            let Verdict::Fault(fault) = check(&readings, Some(true)) else {
                panic!("{way}");
            };
            assert!(
                fault.contains(way) && fault.contains("the database server"),
                "{fault}"
            );
        }
    }

    #[test]
    fn a_machine_by_itself_has_nothing_to_compare_with_and_systemds_word() {
        let said = "no other machine's clock to compare with";
        assert_eq!(check(&[], None), Verdict::Fine(said.to_owned()));
        let Verdict::Fine(fine) = check(&[], Some(true)) else {
            panic!();
        };
        assert!(
            fine.starts_with(said) && fine.ends_with("ours is synchronised"),
            "{fine}"
        );
        assert!(matches!(check(&[], Some(false)), Verdict::Warning(_)));
    }

    #[tokio::test]
    async fn what_is_on_this_machine_is_known() {
        for here in [
            "postgres://yimen@127.0.0.1:5432/yimen",
            "redis://[::1]",
            "postgres:///yimen?host=/run/postgresql",
        ] {
            assert!(is_here(here).await, "{here}");
        }
        assert!(!is_here("postgres://yimen@192.0.2.1/yimen").await);
    }
}
