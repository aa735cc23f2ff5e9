use thiserror::Error;

/// Why a statement failed. The text is for the log: it names columns, never values.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be reached or is too busy: the request may be tried again.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A unique or foreign key stood against the change.
    #[error("the change conflicts with what is stored ({0})")]
    Conflict(String),
    /// A stored value is not what the schema says, or cannot be opened with this master key.
    #[error("the stored value {0} cannot be read")]
    Corrupt(&'static str),
    /// Exactly one row was expected.
    #[error("no such record")]
    Missing,
    /// A change was about to be committed without its audit row.
    #[error("a change must be recorded in the audit before it is committed")]
    Unaudited,
    /// A mistake in our SQL or schema.
    #[error("the database refused the statement: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(fault: sqlx::Error) -> Self {
        match &fault {
            sqlx::Error::RowNotFound => Self::Missing,
            sqlx::Error::Database(inner)
                if inner.is_unique_violation() || inner.is_foreign_key_violation() =>
            {
                Self::Conflict(inner.constraint().unwrap_or("constraint").to_owned())
            }
            // 40001 and 40P01 are PostgreSQL's serialization failure and deadlock; class 57 is its
            // shutdown; 5 is SQLITE_BUSY with its extended forms: trying again may succeed.
            sqlx::Error::Database(inner)
                if inner.code().is_some_and(|code| {
                    matches!(code.as_ref(), "40001" | "40P01" | "5" | "261" | "517") || code.starts_with("57")
                }) =>
            {
                Self::Unavailable(inner.code().unwrap_or_default().into_owned())
            }
            sqlx::Error::Database(inner) => Self::Refused(inner.message().to_owned()),
            sqlx::Error::Io(_)
            // An answer that breaks off in the middle: the connection is gone.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Tls(_) => Self::Unavailable(fault.to_string()),
            _ => Self::Refused(fault.to_string()),
        }
    }
}
