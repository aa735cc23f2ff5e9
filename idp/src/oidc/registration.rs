use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::find_client::hold_back;
use super::json_body::json_body;
use super::userinfo::header_token;
use super::wire_error::no_store;
use super::{Code, Oidc, WireError};
use crate::audit::{Actor, Context};
use crate::department::dynamic::{Registered, Registrar, RegistrationFault};
use crate::federation::Relaxation;
use crate::web::Facts;

const ENDPOINT: &str = "/oauth2/register";

/// POST `/oauth2/register`: a system registers itself (OpenID Connect Dynamic Client Registration 1.0 §3, RFC 7591 §3).
///
/// # Errors
/// As RFC 7591 §3.2.2 and RFC 6750 §3.1 name them.
pub async fn register_client(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    let registering = async {
        let token = header_token(&headers)?;
        hold_back(&oidc.state, oidc.senders, &oidc.config, &facts).await?;
        let asked = json_body(Code::InvalidClientMetadata, &headers, body)?;
        let registered = oidc
            .registrar()
            .register(&oidc.by_itself(&facts), token.as_deref(), asked)
            .await;
        registered.map_err(WireError::from)
    };
    let registered = registering.await.map_err(WireError::into_response)?;
    Ok(oidc.tell(StatusCode::CREATED, &registered))
}

/// GET `/oauth2/register/{id}`: what it is registered with (RFC 7592 §2.1).
///
/// # Errors
/// 401 for a token that is not this client's, and where there is none.
pub async fn read_registration(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let reading = async {
        let token = header_token(&headers)?;
        let read = oidc.registrar().read(&id, token.as_deref()).await;
        read.map_err(WireError::from)
    };
    let registered = reading.await.map_err(told)?;
    Ok(oidc.tell(StatusCode::OK, &registered))
}

/// PUT `/oauth2/register/{id}`: replaces all of it (RFC 7592 §2.2).
///
/// # Errors
/// As of registering, and 401 for a token that is not this client's.
pub async fn replace_registration(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    let replacing = async {
        let token = header_token(&headers)?;
        let asked = json_body(Code::InvalidClientMetadata, &headers, body)?;
        let registrar = oidc.registrar();
        let replaced = registrar
            .replace(&oidc.by_itself(&facts), &id, token.as_deref(), asked)
            .await;
        replaced.map_err(WireError::from)
    };
    let registered = replacing.await.map_err(told)?;
    Ok(oidc.tell(StatusCode::OK, &registered))
}

/// DELETE `/oauth2/register/{id}`: ends it (RFC 7592 §2.3).
///
/// # Errors
/// 401 for a token that is not this client's.
pub async fn end_registration(
    State(oidc): State<Oidc>,
    Path(id): Path<String>,
    facts: Facts,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let ending = async {
        let token = header_token(&headers)?;
        let registrar = oidc.registrar();
        let ended = registrar
            .end(&oidc.by_itself(&facts), &id, token.as_deref())
            .await;
        ended.map_err(WireError::from)
    };
    ending.await.map_err(told)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    no_store(&mut response);
    Ok(response)
}

/// RFC 7592 §2: a client that may not look after its registration now is told 403.
fn told(fault: WireError) -> Response {
    if fault.code == Code::AccessDenied {
        return (StatusCode::FORBIDDEN, fault).into_response();
    }
    fault.into_response()
}

impl Oidc {
    fn registrar(&self) -> Registrar {
        Registrar {
            db: self.db.clone(),
            fetcher: self.fetcher.clone(),
            departments: self.departments.clone(),
            issuer: self.config.public_url.issuer().to_owned(),
            relaxation: if self.config.settings.dev {
                Relaxation::PlainLoopback
            } else {
                Relaxation::Nothing
            },
        }
    }

    fn by_itself(&self, facts: &Facts) -> Context {
        Context::of(facts, Actor::Client, &self.rng)
    }

    fn tell(&self, status: StatusCode, registered: &Registered) -> Response {
        let endpoint = self.config.public_url.join(ENDPOINT);
        let mut response = (status, Json(registered.answer(&endpoint))).into_response();
        no_store(&mut response);
        response
    }
}

impl From<RegistrationFault> for WireError {
    fn from(fault: RegistrationFault) -> Self {
        let code = match fault {
            RegistrationFault::Store(fault) => return fault.into(),
            RegistrationFault::Closed => {
                return Self::new(Code::InvalidToken, fault.to_string()).bearer_alone();
            }
            RegistrationFault::Token => return Self::new(Code::InvalidToken, fault.to_string()).bearer(),
            RegistrationFault::Suspended => Code::AccessDenied,
            RegistrationFault::RedirectUri(_) => Code::InvalidRedirectUri,
            RegistrationFault::Metadata(_) => Code::InvalidClientMetadata,
            RegistrationFault::Statement(_) => Code::InvalidSoftwareStatement,
            RegistrationFault::Unapproved(_) => Code::UnapprovedSoftwareStatement,
        };
        Self::new(code, fault.to_string())
    }
}
