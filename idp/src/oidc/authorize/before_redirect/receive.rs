use super::unpack_request_object::unpack_request_object;
use crate::clock::Timestamp;
use crate::department::Client;
use crate::oidc::authorize::Asked;
use crate::oidc::{Code, Oidc, Parameters, WireError, par};

/// Takes the parameters from where they are: pushed beforehand, signed in a request object, or as they stand. What
/// stands beside the first two does not count (RFC 9126 §4, RFC 9101 §6.3).
pub(in crate::oidc) async fn receive(
    oidc: &Oidc,
    client: &Client,
    sent: Parameters,
    now: Timestamp,
) -> Result<Asked, WireError> {
    for name in ["request", "request_uri"] {
        if sent.is_repeated(name) {
            let said = format!("{name} was sent more than once");
            return Err(WireError::new(Code::InvalidRequest, said));
        }
    }
    match (sent.get("request"), sent.get("request_uri")) {
        // OpenID Connect Core 1.0 §6.
        (Some(_), Some(_)) => Err(WireError::new(
            Code::InvalidRequest,
            "request and request_uri were sent together; send one",
        )),
        (Some(object), None) => unpack_request_object(oidc, client, object, now).await,
        (None, Some(uri)) if par::is_ours(uri) => par::read(oidc, client, uri, now).await,
        _ => Ok(Asked::plainly(sent)),
    }
}
