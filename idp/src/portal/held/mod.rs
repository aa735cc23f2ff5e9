//! Everything that is held about one resident: what the export shows, and what goes when they leave.
//! The one place that reads the tables of every room, so that none is forgotten; a test compares it with the
//! migrations.

mod erase;
mod export;
mod tables;
#[cfg(test)]
mod tables_test;
mod values;

pub use erase::sweep;
pub use export::{download_export, show_export};
pub(super) use values::named;
