//! Speaks with what the operator has chosen for the city (a message gateway, an authority): one HTTP client, signed
//! requests, bounded answers.
//! May import: clock, config.

mod client;
mod counterpart;
mod exchange;
mod signature;

pub use client::{ClientError, http_client};
pub use counterpart::Counterpart;
pub use exchange::{Answer, Silence, exchange};
pub use signature::{SecretError, SigningKey};
