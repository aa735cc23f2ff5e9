use crate::department::Client;
use crate::oidc::{Code, Parameters, Scope, WireError};

/// Reads the scopes: unknown ones are ignored (OpenID Connect Core 1.0 §3.1.2.1), and a client
/// gets no more than it is registered for (RFC 6749 §3.3).
pub(in crate::oidc) fn resolve_scope(parameters: &Parameters, client: &Client) -> Result<Scope, WireError> {
    let asked = Scope::parse(parameters.need("scope")?);
    if !asked.has("openid") {
        return Err(WireError::new(Code::InvalidScope, "scope must contain openid"));
    }
    let granted = asked.only(&Scope::parse(&client.metadata.scope));
    if !granted.has("openid") {
        return Err(WireError::new(
            Code::InvalidScope,
            "this client is not registered for the scope openid",
        ));
    }
    Ok(granted)
}
