//! What the provider's refusal means (RFC 6749 §5.2).

use serde::Deserialize;

use crate::client::Yimen;
use crate::clock::LEEWAY;
use crate::error::Error;

/// The provider's own words.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    pub(crate) error_description: Option<String>,
}

impl Refusal {
    /// Of a question that the department asks itself: no resident has said no to it.
    pub(crate) fn into_error(self, yimen: &Yimen) -> Error {
        let drift = yimen.provider().http.drift();
        let description = self.error_description.as_deref();
        match self.error.as_str() {
            "invalid_client" if drift.unsigned_abs() > LEEWAY.as_secs() => {
                Error::ClockSkew { seconds: drift }
            }
            "invalid_client" | "unauthorized_client" => yimen.unknown_client(&match description {
                Some(text) => format!("{}: {text}", self.error),
                None => self.error,
            }),
            "access_denied" => yimen.turned_away(description.unwrap_or(&self.error)),
            // RFC 9396 §5.
            "invalid_authorization_details" => yimen.may_not_ask(description.unwrap_or(&self.error), &[]),
            code => Error::refused(code, description),
        }
    }
}
