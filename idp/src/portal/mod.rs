//! The resident's own pages.
//! May import: web, clock.

pub mod pages;
