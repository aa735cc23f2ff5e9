use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::error::StoreError;
use crate::clock::Timestamp;

/// A row of either database, read column by column.
pub enum Row {
    Pg(PgRow),
    Sqlite(SqliteRow),
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row")
    }
}

/// A reader for a required column and one for a column that may be NULL.
macro_rules! reader {
    ($name:ident, $maybe:ident, $type:ty) => {
        /// # Errors
        /// Where the column is not there or of another type.
        pub fn $name(&self, column: &'static str) -> Result<$type, StoreError> {
            match self {
                Self::Pg(row) => row.try_get(column),
                Self::Sqlite(row) => row.try_get(column),
            }
            .map_err(|_| StoreError::Corrupt(column))
        }

        /// # Errors
        /// Where the column is not there or of another type.
        pub fn $maybe(&self, column: &'static str) -> Result<Option<$type>, StoreError> {
            match self {
                Self::Pg(row) => row.try_get(column),
                Self::Sqlite(row) => row.try_get(column),
            }
            .map_err(|_| StoreError::Corrupt(column))
        }
    };
}

impl Row {
    reader!(text, maybe_text, String);
    reader!(int, maybe_int, i64);
    reader!(bool, maybe_bool, bool);
    reader!(bytes, maybe_bytes, Vec<u8>);

    /// # Errors
    /// As [`Row::int`].
    pub fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_millis)
    }

    /// # Errors
    /// As [`Row::int`].
    pub fn maybe_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int(column)?.map(Timestamp::from_millis))
    }

    /// # Errors
    /// Where the text is no UUID.
    pub fn uuid(&self, column: &'static str) -> Result<Uuid, StoreError> {
        self.text(column)?
            .parse()
            .map_err(|_| StoreError::Corrupt(column))
    }

    /// # Errors
    /// As [`Row::uuid`].
    pub fn maybe_uuid(&self, column: &'static str) -> Result<Option<Uuid>, StoreError> {
        let text = self.maybe_text(column)?;
        let read = |text: String| text.parse().map_err(|_| StoreError::Corrupt(column));
        text.map(read).transpose()
    }
}
