use serde::{Deserialize, Serialize};

use crate::oidc::{Code, Parameters, WireError};

/// What the client asks us to show (OpenID Connect Core 1.0 §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Show nothing: answer with an error where a page would be needed.
    pub none: bool,
    /// Sign in anew, also for `select_account`: a browser holds one account at a time.
    pub login: bool,
    pub consent: bool,
}

/// Unknown values are ignored, as unknown parameters are.
pub(in crate::oidc) fn check_prompt(parameters: &Parameters) -> Result<Prompt, WireError> {
    let mut prompt = Prompt::default();
    let mut count = 0;
    for value in parameters
        .get("prompt")
        .unwrap_or_default()
        .split_ascii_whitespace()
    {
        count += 1;
        match value {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => {}
        }
    }
    if prompt.none && count > 1 {
        return Err(WireError::new(
            Code::InvalidRequest,
            "prompt none cannot be combined with other values",
        ));
    }
    Ok(prompt)
}
