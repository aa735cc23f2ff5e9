use std::fmt;

use crate::config::Written;
use crate::http::StartError;

/// Why a command did not do its work, in a sentence that says what to do.
#[derive(Debug)]
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn new(said: impl Into<String>) -> Self {
        Self(said.into())
    }

    /// A fault of one key of the configuration, with the place where it was set.
    pub(super) fn at(written: &Written, key: &str, fault: impl fmt::Display) -> Self {
        Self(format!("{}: {fault}", written.place(key)))
    }

    pub(super) fn to_start(written: &Written, fault: &StartError) -> Self {
        match fault.key() {
            Some(key) => Self::at(written, &key, fault),
            None => Self(fault.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whatever the rooms below say is said as it is.
impl<E: std::error::Error> From<E> for Failure {
    fn from(fault: E) -> Self {
        Self(fault.to_string())
    }
}
