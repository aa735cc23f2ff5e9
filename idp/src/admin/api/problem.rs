use std::fmt::Display;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::department::trust::allowed::PatternFault;
use crate::department::trust::{DecideError, TermsFault};
use crate::store::StoreError;
use crate::web::{TRY_AGAIN, api_headers};

/// What went wrong, for a program and whoever wrote it (RFC 9457): `code` tells cases of one status apart, `errors` names
/// each field with what was found and what is expected.
#[derive(Debug)]
pub struct Problem(Box<Details>);

#[derive(Debug)]
struct Details {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<Value>,
    challenge: Option<String>,
}

impl Problem {
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            challenge: None,
        }))
    }

    /// A field that cannot be taken as it is.
    #[must_use]
    pub fn field(field: &str, found: impl Display, expected: impl Into<String>) -> Self {
        let (found, expected) = (found.to_string(), expected.into());
        let detail = format!("{field}: {expected}");
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail);
        problem
            .0
            .errors
            .push(json!({ "field": field, "found": found, "expected": expected }));
        problem
    }

    /// Without a token that serves here (RFC 6750 §3).
    #[must_use]
    pub fn unauthorised(code: &'static str, detail: &str) -> Self {
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, code, detail);
        problem.0.challenge = Some(match code {
            "token_missing" => "Bearer".to_owned(),
            _ => format!("Bearer error=\"invalid_token\", error_description=\"{detail}\""),
        });
        problem
    }

    /// With a token that serves for less (RFC 6750 §3.1).
    #[must_use]
    pub fn insufficient(scope: &str) -> Self {
        let detail = format!("this needs the scope {scope}");
        let mut problem = Self::new(StatusCode::FORBIDDEN, "insufficient_scope", detail);
        problem.0.challenge = Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""));
        problem
    }

    /// The path leads nowhere.
    #[must_use]
    pub fn not_found() -> Self {
        let detail = "nothing is here; openapi.json below the API's address says what is where";
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    #[must_use]
    pub fn method_not_allowed() -> Self {
        let detail = "this does not take that method; the Allow header names those it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    #[must_use]
    pub fn unavailable() -> Self {
        let detail = "the service is busy; try again shortly";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", detail)
    }

    /// Somebody else has changed it since it was read.
    #[must_use]
    pub fn overtaken() -> Self {
        let detail = "it is not as it was when you read it: read it again, and send its ETag as If-Match";
        Self::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Details {
            status,
            code,
            detail,
            errors,
            challenge,
        } = *self.0;
        // Of the type about:blank (RFC 9457 §4.2.1), which need not be written.
        let mut body = json!({
            "status": status.as_u16(),
            "title": status.canonical_reason(),
            "code": code,
            "detail": detail,
        });
        if !errors.is_empty() {
            body["errors"] = errors.into();
        }
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        api_headers(headers);
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(TRY_AGAIN.as_secs()));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(fault: StoreError) -> Self {
        tracing::error!(%fault, "the records did not answer the admin API");
        Self::unavailable()
    }
}

impl From<PatternFault> for Problem {
    fn from(fault: PatternFault) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_pattern", fault.to_string())
    }
}

impl From<TermsFault> for Problem {
    fn from(fault: TermsFault) -> Self {
        Self::field(fault.field, fault.found, fault.expected)
    }
}

impl From<DecideError> for Problem {
    /// In the API's own terms: what the command line is told names its commands.
    fn from(error: DecideError) -> Self {
        let conflict = |code, detail: String| Self::new(StatusCode::CONFLICT, code, detail);
        match error {
            DecideError::Pattern(fault) => fault.into(),
            DecideError::Invalid(fault) => fault.into(),
            DecideError::Unknown(pattern) => {
                let detail =
                    format!("nothing is allowed as {pattern}, and no system of that address has joined");
                Self::new(StatusCode::NOT_FOUND, "unknown_department", detail)
            }
            DecideError::Already(pattern, what) => {
                conflict("already", format!("{pattern} is {what} already"))
            }
            DecideError::NotSuspended(pattern) => {
                conflict("not_suspended", format!("{pattern} is not suspended"))
            }
            DecideError::Overtaken(_) => Self::overtaken(),
            DecideError::NothingHeld(id) => conflict("nothing_held", format!("no keys of {id} wait for you")),
            DecideError::OtherKeys { held, .. } => {
                let expected = format!(
                    "exactly the keys that are held, {held}, after they were compared with what the department says, over \
                     another way than the one they came by"
                );
                Self::field("fingerprints", "others", expected)
            }
            DecideError::Store(fault) => fault.into(),
        }
    }
}
