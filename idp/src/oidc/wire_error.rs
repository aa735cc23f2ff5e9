use axum::Json;
use axum::http::header::{CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::state::StateError;
use crate::store::StoreError;
use crate::web::{ErrorKind, PageError, TRY_AGAIN};

/// Every error code that our protocol endpoints send, with the status it has outside redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    // RFC 6749 §4.1.2.1 and §5.2
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    // OpenID Connect Core 1.0 §3.1.2.6
    LoginRequired,
    ConsentRequired,
    RequestUriNotSupported,
    RegistrationNotSupported,
    InvalidRequestUri,
    InvalidRequestObject,
    // OpenID Connect Core Unmet Authentication Requirements 1.0
    UnmetAuthenticationRequirements,
    // RFC 8707 §2
    InvalidTarget,
    // RFC 8628 §3.5
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
    // RFC 6750 §3.1
    InvalidToken,
    InsufficientScope,
    // OpenID Federation 1.0 §8.9
    NotFound,
    InvalidTrustAnchor,
    InvalidTrustChain,
    InvalidMetadata,
}

impl Code {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidTarget => "invalid_target",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::NotFound => "not_found",
            Self::InvalidTrustAnchor => "invalid_trust_anchor",
            Self::InvalidTrustChain => "invalid_trust_chain",
            Self::InvalidMetadata => "invalid_metadata",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::NotFound | Self::InvalidTrustAnchor => StatusCode::NOT_FOUND,
            Self::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// An error of the protocol: the code and description the other side reads, and apart from
/// them the cause that only the log reads.
#[derive(Clone, Debug)]
pub struct WireError {
    pub code: Code,
    pub description: String,
    cause: Option<String>,
    challenge: Option<Challenge>,
}

/// The scheme a 401 names in `WWW-Authenticate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Challenge {
    Basic,
    Bearer,
    /// The request had no token at all: RFC 6750 §3.1 wants no error code then.
    BearerAlone,
}

impl WireError {
    #[must_use]
    pub fn new(code: Code, description: impl Into<String>) -> Self {
        Self {
            code,
            description: quotable(&description.into()),
            cause: None,
            challenge: None,
        }
    }

    /// A fault of our own, of which the other side learns nothing.
    #[must_use]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(Code::ServerError, "the request could not be completed").because(cause)
    }

    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Adds the Basic challenge that a failed Basic authentication must get (RFC 6749 §5.2).
    #[must_use]
    pub const fn basic(mut self) -> Self {
        self.challenge = Some(Challenge::Basic);
        self
    }

    /// Adds the Bearer challenge of a protected resource (RFC 6750 §3).
    #[must_use]
    pub const fn bearer(mut self) -> Self {
        self.challenge = Some(Challenge::Bearer);
        self
    }

    #[must_use]
    pub const fn bearer_alone(mut self) -> Self {
        self.challenge = Some(Challenge::BearerAlone);
        self
    }

    fn challenge_header(&self) -> Option<HeaderValue> {
        let text = match self.challenge? {
            Challenge::Basic => "Basic realm=\"yimen\"".to_owned(),
            Challenge::BearerAlone => "Bearer realm=\"yimen\"".to_owned(),
            Challenge::Bearer => format!(
                "Bearer realm=\"yimen\", error=\"{}\", error_description=\"{}\"",
                self.code.as_str(),
                self.description
            ),
        };
        HeaderValue::try_from(text).ok()
    }
}

/// `error_description` allows printable ASCII without quote and backslash (RFC 6749 §5.2).
fn quotable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        })
        .collect()
}

impl IntoResponse for WireError {
    fn into_response(self) -> Response {
        match &self.cause {
            Some(cause) => tracing::warn!(code = self.code.as_str(), %cause, "protocol request failed"),
            None => {
                tracing::info!(code = self.code.as_str(), description = %self.description, "protocol request refused")
            }
        }
        let body = json!({ "error": self.code.as_str(), "error_description": self.description });
        let mut response = (self.code.status(), Json(body)).into_response();
        no_store(&mut response);
        if let Some(challenge) = self.challenge_header() {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if self.code == Code::TemporarilyUnavailable {
            let wait = HeaderValue::from(TRY_AGAIN.as_secs());
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}

/// Tokens and errors about them are never cached (RFC 6749 §5.1).
pub fn no_store(response: &mut Response) {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
        .headers_mut()
        .insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

impl From<StoreError> for WireError {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Unavailable(cause) => {
                let said = "the service cannot reach its records; try again shortly";
                Self::new(Code::TemporarilyUnavailable, said).because(cause)
            }
            fault @ StoreError::Overtaken(_) => {
                let said = "what the request is about has just changed; try again";
                Self::new(Code::TemporarilyUnavailable, said).because(fault)
            }
            fault => Self::internal(fault),
        }
    }
}

impl From<StateError> for WireError {
    fn from(fault: StateError) -> Self {
        Self::new(
            Code::TemporarilyUnavailable,
            "the service cannot reach its short-lived state; try again shortly",
        )
        .because(fault)
    }
}

impl WireError {
    /// The page, where a request is at fault and there is no address yet to say so to: its service's developer reads why.
    #[must_use]
    pub fn into_service_fault(self) -> PageError {
        match self.code {
            Code::TemporarilyUnavailable | Code::ServerError => self.into(),
            code => PageError::new(ErrorKind::FaultyRequest)
                .developer("oauth_error", code.as_str())
                .developer("reason", &self.description)
                .because(self.cause.unwrap_or(self.description)),
        }
    }
}

/// Where a page has to say what a program would be told.
impl From<WireError> for PageError {
    fn from(fault: WireError) -> Self {
        let cause = fault.cause.unwrap_or(fault.description);
        match fault.code {
            Code::TemporarilyUnavailable => Self::new(ErrorKind::Unavailable).retry_after(TRY_AGAIN),
            _ => Self::new(ErrorKind::Internal),
        }
        .because(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_stays_within_its_alphabet() {
        let error = WireError::new(Code::InvalidScope, "scope \"门\\x\r\n\" is unknown");
        assert_eq!(error.description, "scope '?'x??' is unknown");
    }

    #[test]
    fn a_failed_bearer_request_is_challenged() {
        let response = WireError::new(Code::InvalidToken, "expired")
            .bearer()
            .into_response();
        assert_eq!(response.status(), 401);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert_eq!(
            challenge,
            "Bearer realm=\"yimen\", error=\"invalid_token\", error_description=\"expired\""
        );
    }
}
