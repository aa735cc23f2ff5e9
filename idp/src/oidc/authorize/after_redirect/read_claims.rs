use crate::department::Client;
use crate::oidc::claims::{ClaimsRequest, scope_of};
use crate::oidc::{Code, Parameters, Scope, WireError};

/// Reads the `claims` parameter (OpenID Connect Core 1.0 §5.5); claims we do not know are ignored later.
///
/// A claim that belongs to a scope needs the registration that the scope needs: the others are left out, as a
/// voluntary claim may be (§5.5.1).
pub(in crate::oidc) fn read_claims(
    parameters: &Parameters,
    client: &Client,
) -> Result<ClaimsRequest, WireError> {
    let Some(text) = parameters.get("claims") else {
        return Ok(ClaimsRequest::default());
    };
    let mut asked: ClaimsRequest = serde_json::from_str(text).map_err(|fault| {
        WireError::new(
            Code::InvalidRequest,
            format!(
                "claims is not a claims request: line {} column {}",
                fault.line(),
                fault.column()
            ),
        )
    })?;
    let registered = Scope::parse(&client.metadata.scope);
    let may_have = |claim: &str| scope_of(claim).is_none_or(|scope| registered.has(scope));
    asked.userinfo.retain(|claim, _| may_have(claim));
    asked.id_token.retain(|claim, _| may_have(claim));
    Ok(asked)
}
