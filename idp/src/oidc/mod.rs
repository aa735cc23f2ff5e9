//! The protocol.
//! May import: web.

pub mod pages;
