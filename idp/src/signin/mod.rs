//! Proving who is there: sign-in by SMS code, and the sessions that follow.
//! May import: web, clock.

pub mod pages;
