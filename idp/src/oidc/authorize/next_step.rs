use serde_json::json;

use super::request::AuthorizationRequest;
use crate::clock::Timestamp;
use crate::oidc::{Code, WireError};

/// What the browser that asks has brought along.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// When the person signed in, if there is a live session.
    pub auth_time: Option<Timestamp>,
    /// The session's subject identifier for this client, if it ever got one.
    pub sub: Option<&'a str>,
    pub acr: &'a str,
    pub consent: ConsentState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentState {
    /// Everything asked for has been allowed; when the oldest answer was given.
    Stands {
        since: Timestamp,
    },
    Missing,
}

/// What to do next with an authorization request.
#[derive(Debug)]
pub enum Step {
    SignIn,
    AskConsent,
    Issue,
    Refuse(WireError),
}

/// Decides by what is present (OpenID Connect Core 1.0 §3.1.2.3 and §3.1.2.4).
#[must_use]
pub fn next_step(request: &AuthorizationRequest, present: Present<'_>) -> Step {
    let Some(auth_time) = present.auth_time else {
        return sign_in(request);
    };
    if request.fresh_after().is_some_and(|after| auth_time < after) {
        return sign_in(request);
    }
    if let Some(hinted) = &request.hinted
        && present.sub != Some(hinted.0.as_str())
    {
        // Someone else has just signed in: the hint was for another user, and is not answered with this one.
        if auth_time >= request.received_at {
            let said = "another person than the one in id_token_hint signed in";
            return Step::Refuse(WireError::new(Code::LoginRequired, said));
        }
        return sign_in(request);
    }
    if let Some(error) = unmet_acr(request, present.acr) {
        return Step::Refuse(error);
    }
    let given = match present.consent {
        ConsentState::Stands { since } => !request.prompt.consent || since >= request.received_at,
        ConsentState::Missing => false,
    };
    if given {
        Step::Issue
    } else if request.prompt.none {
        Step::Refuse(WireError::new(
            Code::ConsentRequired,
            "the resident has not yet agreed to share what is asked for",
        ))
    } else {
        Step::AskConsent
    }
}

fn sign_in(request: &AuthorizationRequest) -> Step {
    if request.prompt.none {
        Step::Refuse(WireError::new(Code::LoginRequired, "the resident must sign in"))
    } else {
        Step::SignIn
    }
}

/// An essential `acr` that we cannot reach is an error, a voluntary one is not
/// (OpenID Connect Core 1.0 §5.5.1.1).
fn unmet_acr(request: &AuthorizationRequest, acr: &str) -> Option<WireError> {
    let wanted = request.claims.id_token.get("acr")?.as_ref()?;
    (wanted.essential && !wanted.accepts(&json!(acr))).then(|| {
        WireError::new(
            Code::UnmetAuthenticationRequirements,
            "no sign-in offered here reaches the required acr",
        )
    })
}

#[cfg(test)]
#[path = "next_step_tests.rs"]
mod tests;
