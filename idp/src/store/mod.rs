//! Records: one SQL text for SQLite and PostgreSQL, transactions, and the sealing of personal data.
//! May import: clock, rng, config.

mod db;
mod error;
mod migrations;
#[cfg(test)]
mod plans_test;
mod pool;
#[cfg(test)]
mod pool_test;
mod row;
#[cfg(test)]
pub(crate) mod sample;
mod value;
mod vault;

pub use db::{Backend, Db, Tx};
pub use error::StoreError;
pub use row::Row;
pub use value::{Args, Value};
pub use vault::{Vault, hash, same};

/// Arguments of a statement: `args![id, now, None::<&str>]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::Value::from($value)),*] };
}
pub use crate::args;
