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
