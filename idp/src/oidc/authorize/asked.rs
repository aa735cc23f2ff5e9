use crate::oidc::Parameters;
use crate::oidc::par::Pushed;

/// The parameters of a request, and how they came.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub parameters: Parameters,
    /// They came in a request object (RFC 9101).
    pub is_signed: bool,
    /// They came beforehand (RFC 9126).
    pub pushed: Option<Pushed>,
}

impl Asked {
    /// As the browser brought them. Anybody may have written them.
    #[must_use]
    pub fn plainly(parameters: Parameters) -> Self {
        Self {
            parameters,
            ..Self::default()
        }
    }
}
