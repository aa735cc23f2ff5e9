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
    /// A value is too long to be encrypted.
    #[error("the value for {0} cannot be sealed")]
    Unsealable(&'static str),
    /// What was read before a wait is not so any more: the request may be tried again.
    #[error("{0} has changed meanwhile")]
    Overtaken(&'static str),
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
            sqlx::Error::Database(inner) if inner.code().is_some_and(|code| passes(&code)) => {
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

/// Whether trying again may succeed. PostgreSQL: a broken connection (class 08), a serialization failure,
/// a deadlock, a transaction that rested too long, no room for more (53), its shutdown or a statement that took too
/// long (57). `SQLite`, whose extended codes keep the primary one in their lowest byte: busy, locked, a failing or
/// full disk, a file that cannot be opened.
fn passes(code: &str) -> bool {
    if code.len() == 5 {
        return matches!(code, "40001" | "40P01" | "25P03") || matches!(&code[..2], "08" | "53" | "57");
    }
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn a_database_that_is_full_or_away_may_be_asked_again() {
        for code in [
            "53300", "08006", "57P01", "57014", "25P03", "40001", "5", "517", "6", "10", "3338", "13", "14",
        ] {
            assert!(passes(code), "{code}");
        }
        for code in ["42601", "23505", "22021", "1", "19", "2067", "11", ""] {
            assert!(!passes(code), "{code}");
        }
    }
}
