//! The operator's decisions: which addresses may join, and as what.

mod covering;
mod model;
mod pattern;
pub(in crate::department) mod records;

pub(in crate::department) use covering::by_pattern;
pub use covering::{AllowedDepartments, Decisions, narrowest};
pub use model::{Allowed, Pause, Status, Superior, Terms};
pub use pattern::{Pattern, PatternFault};
