//! The keys we sign with, and JSON Web Signatures by anyone's keys.
//! May import: audit, store, clock, rng.

pub mod jose;
