use crate::department::Client;
use crate::oidc::authorization_details::{AuthorizationDetails, Holders, check_holders};
use crate::oidc::{Code, WireError};

/// Whether a client may ask for these records, and they are there to be had (RFC 9396 §5). It is checked when the request
/// comes and again whenever it goes on, since the operator may have decided otherwise meanwhile.
pub(in crate::oidc) fn check_authorization_details(
    asked: &AuthorizationDetails,
    client: &Client,
    holders: &Holders,
) -> Result<(), WireError> {
    let refuse = |said: String| Err(WireError::new(Code::InvalidAuthorizationDetails, said));
    if !asked.is_empty() && client.is_public() {
        return refuse("a public client cannot prove that a token for them is meant for it".to_owned());
    }
    for key in asked.iter() {
        if !client.metadata.asks.contains_key(key) {
            let said = "which the operator has not let this client ask for";
            return refuse(format!("authorization_details names {key}, {said}"));
        }
    }
    check_holders(asked, holders)
}
