use super::{Offered, named};
use crate::oidc::{Parameters, WireError};

/// `client_secret_post`: the client's id and secret stand in the body (RFC 6749 §2.3.1).
pub(super) fn read(parameters: &Parameters, secret: &str) -> Result<Offered, WireError> {
    Ok(Offered::Post {
        client_id: named(parameters)?,
        secret: secret.to_owned(),
    })
}
