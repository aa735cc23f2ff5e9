use serde::{Deserialize, Serialize};

use crate::oidc::{Code, Parameters, WireError};

/// How the response reaches the client (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

pub(in crate::oidc) fn resolve_response_mode(parameters: &Parameters) -> Result<ResponseMode, WireError> {
    match parameters.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some(_) => Err(WireError::new(
            Code::InvalidRequest,
            "response_mode must be query or form_post",
        )),
    }
}
