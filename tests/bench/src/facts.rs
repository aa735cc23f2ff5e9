//! What is measured once: the size of the binary, its dependencies, how fast it starts, what it holds in memory.

use crate::Result;
use serde::Serialize;
use std::path::Path;

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Facts {
    pub(crate) binary_mib: f64,
    pub(crate) packages: usize,
    /// Empty folder to ready: the schema is written and signing keys are made.
    pub(crate) first_start_seconds: f64,
    /// Start to ready on data that is there.
    pub(crate) start_seconds: f64,
    pub(crate) idle_mib: f64,
    /// After all flows.
    pub(crate) loaded_mib: f64,
    pub(crate) peer_idle_mib: Option<f64>,
    pub(crate) peer_loaded_mib: Option<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "a file of some megabytes")]
pub(crate) fn size_mib(file: &Path) -> Result<f64> {
    Ok(std::fs::metadata(file)?.len() as f64 / 1024.0 / 1024.0)
}

/// Packages in a lock file.
pub(crate) fn packages(lock: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(lock)?;
    Ok(text.lines().filter(|line| *line == "[[package]]").count())
}
