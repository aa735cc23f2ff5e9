//! What the figures were measured on.

use serde::Serialize;
use std::fs::read_to_string;
use std::process::Command;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) node: Option<String>,
    pub(crate) postgres: Option<String>,
    pub(crate) redis: Option<String>,
}

impl Machine {
    pub(crate) fn look() -> Machine {
        let information = read_to_string("/proc/cpuinfo").unwrap_or_default();
        let names = information.lines().filter(|line| line.starts_with("model name"));
        let names: Vec<&str> = names
            .filter_map(|line| line.split_once(": "))
            .map(|(_, name)| name)
            .collect();
        let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            processor: names.first().map_or("unknown".into(), |name| (*name).to_owned()),
            cores: names.len(),
            kernel: kernel.trim().to_owned(),
            node: version("node"),
            postgres: version("postgres"),
            redis: version("redis-server"),
        }
    }
}

fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}
