use std::sync::Arc;

use super::model::{Client, Standing};
use super::trust::allowed::Pause;
use crate::web::{ErrorKind, PageError};

/// The client of this id, if there is one and it may sign anybody in; otherwise the page that says why not. `found` is
/// what the records hold.
///
/// # Errors
/// Where it is suspended, or there is none.
pub fn admit(client_id: &str, found: Option<Arc<Client>>) -> Result<Arc<Client>, PageError> {
    let unknown = || {
        PageError::new(ErrorKind::UnknownClient)
            .developer(
                "reason",
                "no active client has this client_id; the operator adds one with `yimen client add`",
            )
            .developer("client_id", client_id)
    };
    let client = found.ok_or_else(unknown)?;
    match client.standing {
        Standing::Active => Ok(client),
        Standing::Removed => Err(unknown()),
        Standing::Suspended(reason) => Err(paused(client_id, reason).about(|locale| client.asking(locale))),
    }
}

/// The page that says why the operator has suspended a system.
#[must_use]
pub fn paused(client_id: &str, reason: Option<Pause>) -> PageError {
    PageError::new(ErrorKind::ServicePaused)
        .saying(match reason {
            None => "error-paused-what",
            Some(Pause::Security) => "error-paused-security-what",
            Some(Pause::Maintenance) => "error-paused-maintenance-what",
            Some(Pause::Request) => "error-paused-request-what",
        })
        .developer("reason", "the operator has suspended this client")
        .developer("client_id", client_id)
}
