use std::sync::Arc;

use crate::department::Client;
use crate::oidc::Parameters;
use crate::web::{ErrorKind, PageError};

/// Reads which client asks (RFC 6749 §4.1.1).
pub(in crate::oidc) fn read_client_id(parameters: &Parameters) -> Result<&str, PageError> {
    if parameters.is_repeated("client_id") {
        return Err(
            PageError::new(ErrorKind::FaultyRequest).developer("reason", "client_id was sent more than once")
        );
    }
    parameters
        .get("client_id")
        .ok_or_else(|| PageError::new(ErrorKind::FaultyRequest).developer("reason", "client_id is missing"))
}

/// Takes the client of this id, if there is one and it is active; `found` is what the records hold.
pub(in crate::oidc) fn identify_client(
    client_id: &str,
    found: Option<Arc<Client>>,
) -> Result<Arc<Client>, PageError> {
    found.filter(|client| client.is_active()).ok_or_else(|| {
        PageError::new(ErrorKind::UnknownClient)
            .developer(
                "reason",
                "no active client has this client_id; the operator adds one with `yimen client add`",
            )
            .developer("client_id", client_id)
    })
}
