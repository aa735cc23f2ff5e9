//! CPU time and memory as the kernel counts them (proc(5)).

use crate::Result;
use std::fs;

/// `utime` and `stime` are in clock ticks, of which user space sees 100 a second on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds that these processes have spent, each alone.
pub(crate) fn seconds(pids: &[u32]) -> Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        ticks += sum(&fs::read_to_string(format!("/proc/{pid}/stat"))?, 2);
    }
    Ok(from_ticks(ticks))
}

/// Seconds that these processes and their children have spent, dead children that were waited for included.
pub(crate) fn family_seconds(roots: &[u32]) -> Result<f64> {
    let mut ticks = 0;
    for pid in with_children(roots)? {
        // A child may end between the listing and the reading; its parent then has its time.
        if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
            ticks += sum(&stat, 4);
        }
    }
    Ok(from_ticks(ticks))
}

/// Seconds that all cores have been busy since the machine started.
pub(crate) fn machine() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().ok_or("/proc/stat is empty")?;
    let mut busy = 0;
    for (place, field) in line.split_whitespace().skip(1).take(8).enumerate() {
        // The fourth and fifth are idle and waiting for I/O.
        if place != 3 && place != 4 {
            busy += field.parse::<u64>()?;
        }
    }
    Ok(from_ticks(busy))
}

/// Resident memory of a process, in MiB.
pub(crate) fn resident_mib(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no VmRSS")?;
    Ok(kib.parse::<f64>()? / 1024.0)
}

fn with_children(roots: &[u32]) -> Result<Vec<u32>> {
    let mut family = roots.to_vec();
    let mut pairs = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
            let parent = fields(&stat).nth(1).and_then(|parent| parent.parse::<u32>().ok());
            pairs.extend(parent.map(|parent| (pid, parent)));
        }
    }
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        next += 1;
        let children = pairs
            .iter()
            .filter(|(pid, of)| *of == parent && !family.contains(pid));
        let children: Vec<u32> = children.map(|(pid, _)| *pid).collect();
        family.extend(children);
    }
    Ok(family)
}

/// The first of `utime`, `stime`, `cutime` and `cstime`.
fn sum(stat: &str, count: usize) -> u64 {
    let times = fields(stat).skip(11).take(count);
    times.filter_map(|time| time.parse::<u64>().ok()).sum()
}

/// The fields after the command's name, which may itself hold spaces: state, parent, …
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    let after = stat.rfind(')').map_or("", |at| &stat[at + 1..]);
    after.split_whitespace()
}

#[expect(clippy::cast_precision_loss, reason = "ticks of a few hours")]
fn from_ticks(ticks: u64) -> f64 {
    ticks as f64 / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_time_and_memory_can_be_read() {
        let own = std::process::id();
        assert!(family_seconds(&[own]).unwrap() >= seconds(&[own]).unwrap());
        assert!(machine().unwrap() > 0.0);
        assert!(resident_mib(own).unwrap() > 1.0);
    }

    #[test]
    fn a_command_may_hold_spaces_and_brackets() {
        let stat = "7 (a) b) S 3 1 1 0 -1 4 1 2 3 4 11 22 33 44 20";
        assert_eq!(fields(stat).nth(1), Some("3"));
        assert_eq!((sum(stat, 2), sum(stat, 4)), (33, 110));
    }
}
