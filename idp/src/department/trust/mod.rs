//! Whom the operator lets join without registration, and what is known of each system that has.

pub mod allowed;
pub mod entity;
#[cfg(test)]
mod records_test;
