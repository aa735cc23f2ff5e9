//! Waiting for what comes by itself, and giving up in words.

use std::time::{Duration, Instant};

pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Looks again and again until there is something. What is there instead, where it never comes, stands in the panic.
pub async fn wait_for<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) if began.elapsed() >= PATIENCE => {
                panic!("{what} did not come within {PATIENCE:?}; there is {instead}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
