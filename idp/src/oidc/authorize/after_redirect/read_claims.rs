use crate::oidc::claims::ClaimsRequest;
use crate::oidc::{Code, Parameters, WireError};

/// Reads the `claims` parameter (OpenID Connect Core 1.0 §5.5); claims we do not know are ignored later.
pub(in crate::oidc) fn read_claims(parameters: &Parameters) -> Result<ClaimsRequest, WireError> {
    let Some(text) = parameters.get("claims") else {
        return Ok(ClaimsRequest::default());
    };
    serde_json::from_str(text).map_err(|fault| {
        WireError::new(
            Code::InvalidRequest,
            format!(
                "claims is not a claims request: line {} column {}",
                fault.line(),
                fault.column()
            ),
        )
    })
}
