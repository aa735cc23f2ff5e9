use crate::oidc::{Code, Parameters, WireError};

/// The code flow is the only one (RFC 9700 §2.1.2).
pub(in crate::oidc) fn check_response_type(parameters: &Parameters) -> Result<(), WireError> {
    match parameters.need("response_type")? {
        "code" => Ok(()),
        _ => Err(WireError::new(
            Code::UnsupportedResponseType,
            "response_type must be code",
        )),
    }
}
