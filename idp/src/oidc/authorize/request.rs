use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::after_redirect::{CodeChallenge, HintedSubject, Prompt, ResponseMode, resolve_response_mode};
use super::before_redirect::ProvenRedirect;
use crate::clock::Timestamp;
use crate::consent::Wanted;
use crate::department::Client;
use crate::oidc::acr::WantedAcr;
use crate::oidc::authorization_details::AuthorizationDetails;
use crate::oidc::claims::{ClaimsRequest, scope_of};
use crate::oidc::device::DeviceKey;
use crate::oidc::par::Pushed;
use crate::oidc::{Parameters, Scope, WireError};
use crate::signin::FRESH;

/// An authorization request all of whose parameters have been checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub client_id: String,
    pub reply_to: ReplyTo,
    pub scope: Scope,
    pub code_challenge: Option<CodeChallenge>,
    pub prompt: Prompt,
    pub max_age: Option<Duration>,
    pub claims: ClaimsRequest,
    /// Records of others that are asked for.
    #[serde(default)]
    pub details: AuthorizationDetails,
    #[serde(default)]
    pub acr: WantedAcr,
    pub hinted: Option<HintedSubject>,
    pub nonce: Option<String>,
    /// Where it was pushed, which of those it is.
    #[serde(default)]
    pub pushed: Option<Pushed>,
    pub received_at: Timestamp,
}

/// Who gets the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ReplyTo {
    /// The browser takes it to the client.
    Browser(Reply),
    /// A device that asks at the token endpoint (RFC 8628).
    Device(DeviceKey),
}

impl ReplyTo {
    pub(super) const fn browser(&self) -> Option<&Reply> {
        match self {
            Self::Browser(reply) => Some(reply),
            Self::Device(_) => None,
        }
    }
}

/// Where and how the client wants its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    pub redirect: ProvenRedirect,
    pub mode: ResponseMode,
    pub state: Option<String>,
}

impl Reply {
    /// The answer's form as far as it can be read, so that every later error reaches the client
    /// with its `state`, whatever else is wrong.
    pub(super) fn read(parameters: &Parameters, redirect: ProvenRedirect) -> (Self, Result<(), WireError>) {
        let mode = resolve_response_mode(parameters);
        let state = parameters.get("state").map(str::to_owned);
        let reply = Self {
            redirect,
            mode: mode.as_ref().copied().unwrap_or_default(),
            state,
        };
        (reply, mode.map(drop))
    }
}

impl AuthorizationRequest {
    /// What a device asks for. Whoever allows it has signed in just now: a telephone left open allows nothing.
    #[must_use]
    pub fn of_device(
        device: DeviceKey,
        client: &Client,
        (scope, details): (Scope, AuthorizationDetails),
        now: Timestamp,
    ) -> Self {
        Self {
            client_id: client.client_id.clone(),
            reply_to: ReplyTo::Device(device),
            scope,
            code_challenge: None,
            prompt: Prompt::default(),
            max_age: Some(FRESH),
            claims: ClaimsRequest::default(),
            details,
            acr: WantedAcr::default(),
            hinted: None,
            nonce: None,
            pushed: None,
            received_at: now,
        }
    }

    /// The scopes asked for, and those of claims asked for by name.
    fn consent_scope(&self) -> String {
        let by_name = self.claims.userinfo.keys().chain(self.claims.id_token.keys());
        let by_name = by_name.filter_map(|claim| scope_of(claim));
        self.scope.iter().chain(by_name).collect::<Vec<_>>().join(" ")
    }

    /// All whose consent is needed.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted {
            scopes: self.consent_scope(),
            records: self.details.iter().cloned().collect(),
        }
    }

    /// The moment from which a sign-in counts as fresh enough, if the request asks for one.
    #[must_use]
    pub fn fresh_after(&self) -> Option<Timestamp> {
        if self.prompt.login {
            return Some(self.received_at);
        }
        self.max_age.map(|age| self.received_at.minus(age))
    }

    /// Which sign-ins the sign-in pages may pass by. A session of another person than the hinted one
    /// led there, so only a new sign-in leads on: it would be sent back and forth for ever.
    #[must_use]
    pub fn signed_in_after(&self) -> Option<Timestamp> {
        if self.hinted.is_some() {
            Some(self.received_at)
        } else {
            self.fresh_after()
        }
    }
}
