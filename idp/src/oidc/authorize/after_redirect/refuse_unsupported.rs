use crate::oidc::{Code, Parameters, WireError};

/// Refuses what we do not offer rather than ignore it: a request object at another's address would be a signed
/// request whose signature nobody checked (OpenID Connect Core 1.0 §3.1.2.6). Our own addresses, of what was pushed,
/// have been read before.
pub(in crate::oidc) fn refuse_unsupported(parameters: &Parameters) -> Result<(), WireError> {
    for (name, code) in [
        ("request_uri", Code::RequestUriNotSupported),
        ("registration", Code::RegistrationNotSupported),
    ] {
        if parameters.get(name).is_some() {
            return Err(WireError::new(
                code,
                format!("the parameter {name} is not supported"),
            ));
        }
    }
    Ok(())
}
