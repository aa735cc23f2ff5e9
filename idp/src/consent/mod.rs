//! What may go to whom, for what purpose, until when.
//! May import: web, clock.

pub mod pages;
