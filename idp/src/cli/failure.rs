use std::fmt;

/// Why a command did not do its work, in a sentence that says what to do.
#[derive(Debug)]
pub(super) struct Failure(String);

impl Failure {
    pub(super) fn new(said: impl Into<String>) -> Self {
        Self(said.into())
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
