use super::{Offered, named};
use crate::oidc::{Parameters, WireError};

/// `none`: a public client has nothing to prove itself by, and only says who it is (RFC 6749 §2.1 and §3.2.1).
pub(super) fn read(parameters: &Parameters) -> Result<Offered, WireError> {
    Ok(Offered::Nothing {
        client_id: named(parameters)?,
    })
}
