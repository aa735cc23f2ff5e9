//! What is measured once: the size of the binary, its dependencies, how fast it starts, what it holds in memory.

use crate::Result;
use serde::Serialize;
use std::path::Path;

#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Facts {
    /// Of 10⁶ bytes.
    pub(crate) binary_mb: f64,
    pub(crate) packages: usize,
    /// `cargo build --release` into an empty folder, the sources downloaded before.
    pub(crate) cold_build_seconds: Option<f64>,
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
pub(crate) fn size_mb(file: &Path) -> Result<f64> {
    Ok(std::fs::metadata(file)?.len() as f64 / 1e6)
}

/// Packages in a lock file.
pub(crate) fn packages(lock: &Path) -> Result<usize> {
    let text = std::fs::read_to_string(lock)?;
    Ok(text.lines().filter(|line| *line == "[[package]]").count())
}
