//! What a client must look like before it is registered, one rule a file.

mod addresses;
mod admin;
mod authentication;
mod names;
mod scope;
mod sector;

use super::model::ClientMetadata;

pub(super) use addresses::check_redirects;
pub use scope::{DEVICE_CODE, GRANT_TYPES, SCOPES, TOKEN_EXCHANGE};
pub(super) use sector::{is_host, sector_of};

/// Checks what a client is to be registered with (OpenID Connect Dynamic Client Registration 1.0 §2).
/// With `dev`, plain http is allowed on loopback hosts.
///
/// # Errors
/// What is wrong, and what is allowed.
pub fn check(metadata: &ClientMetadata, dev: bool) -> Result<(), String> {
    names::check(metadata)?;
    addresses::check(metadata, dev)?;
    authentication::check(metadata)?;
    admin::check(metadata)?;
    scope::check(metadata)
}

/// Whether a text that residents read is short, visible and on one line.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), String> {
    names::plain(field, text)
}

/// Whether the scopes are known to us.
pub(super) fn check_scope(metadata: &ClientMetadata) -> Result<(), String> {
    scope::check(metadata)
}

/// Checks the part of it that the operator decides on beforehand: names, scopes and purposes.
pub(super) fn check_words(metadata: &ClientMetadata) -> Result<(), String> {
    names::check(metadata)?;
    scope::check(metadata)
}

#[cfg(test)]
mod tests;
