//! What is known of each system that came under a decision: pinned keys, and why it last could not join.

mod model;
pub mod records;

pub use model::{Entity, EntityStatus, Held, Stumble};
