use super::request::AuthorizationRequest;
use crate::account::{Identity, Lacking, Strength};
use crate::clock::Timestamp;
use crate::oidc::acr::Reach;
use crate::oidc::{Code, WireError};
use crate::signin::Ways;

/// What the browser that asks has brought along.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// When the person signed in, if there is a live session.
    pub auth_time: Option<Timestamp>,
    /// The session's subject identifier for this client, if it ever got one.
    pub sub: Option<&'a str>,
    pub identity: Identity,
    pub strength: Strength,
    /// What our pages can add to a sign-in.
    pub ways: Ways,
    pub answer: RaiseAnswer,
    pub consent: ConsentState,
}

/// Whether the resident was asked to raise the sign-in, and would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaiseAnswer {
    Open,
    Declined,
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
    /// Add what the wanted `acr` lacks.
    Raise,
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
    if let Some(step) = raise(request, present) {
        return step;
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

/// What the wanted `acr` asks for before anything is issued. An essential one that is not reached is an error
/// (OpenID Connect Core 1.0 §5.5.1.1, RFC 9470 §5); a voluntary one is asked for once, and no more is said of it.
fn raise(request: &AuthorizationRequest, present: Present<'_>) -> Option<Step> {
    let may_ask = match request.acr.reach(present.identity, present.strength) {
        Reach::Enough => return None,
        // A passkey alone is no use where the name will not be known.
        Reach::Lacks(Lacking::Passkey) => {
            present.ways.passkey && (present.ways.real_name || present.identity > Identity::Unknown)
        }
        Reach::Lacks(Lacking::RealName) => present.ways.real_name,
        Reach::Lacks(Lacking::Window) | Reach::Never => false,
    };
    if may_ask && present.answer == RaiseAnswer::Open && !request.prompt.none {
        return Some(Step::Raise);
    }
    request.acr.is_essential.then(|| {
        let said = if may_ask {
            "the sign-in does not reach the required acr, and was not raised to it"
        } else {
            "no sign-in offered here reaches the required acr"
        };
        Step::Refuse(WireError::new(Code::UnmetAuthenticationRequirements, said))
    })
}

#[cfg(test)]
#[path = "next_step_tests.rs"]
mod tests;
