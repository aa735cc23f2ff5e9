use axum::Json;
use axum::extract::FromRequest as _;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::claims::for_userinfo;
use super::resident::known;
use super::tokens::{Authentication, read_access_token};
use super::wire_error::no_store;
use super::{Code, Form, Oidc, Scope, WireError, grant};
use crate::web::Facts;

/// GET and POST `/oauth2/userinfo` (OpenID Connect Core 1.0 §5.3).
///
/// # Errors
/// As RFC 6750 §3.1 names them.
pub async fn userinfo(
    State(oidc): State<Oidc>,
    facts: Facts,
    request: Request,
) -> Result<Response, WireError> {
    let token = bearer_token(request).await?;
    let refuse = || {
        WireError::new(
            Code::InvalidToken,
            "the access token is not valid, or has been ended",
        )
        .bearer()
    };
    let issuer = oidc.config.public_url.issuer();
    let claims = read_access_token(&oidc.keys, issuer, &token, facts.now).ok_or_else(refuse)?;
    let grant_id = claims.text("grant").ok_or_else(refuse)?;
    let grant = grant::find(&oidc.db, grant_id).await?.ok_or_else(refuse)?;
    let client = oidc.departments.client(&grant.client_id).await?;
    let client = client.filter(|client| client.is_active()).ok_or_else(refuse)?;
    let grant = grant.held_to(&client);
    grant::check_live(&grant, facts.now).map_err(|_| refuse())?;
    let scope = Scope::parse(claims.text("scope").unwrap_or_default()).only(&grant.scope);
    if !scope.has("openid") {
        return Err(
            WireError::new(Code::InsufficientScope, "the access token lacks the scope openid").bearer(),
        );
    }
    let authentication: Authentication =
        serde_json::from_str(&grant.authentication).map_err(WireError::internal)?;
    let (known, consented) = known(&oidc, grant.account, &client, facts.now).await?;
    let mut body = for_userinfo(&known, &scope, &authentication.claims, &consented);
    body.insert("sub".to_owned(), json!(grant.sub));
    let mut response = Json(body).into_response();
    no_store(&mut response);
    Ok(response)
}

/// The token from the header or the form body, never from the query, and not from both
/// (RFC 6750 §2, RFC 9700 §4.3.2).
async fn bearer_token(request: Request) -> Result<String, WireError> {
    let from_header = header_token(request.headers())?;
    let has_form = request.method() == Method::POST && request.headers().contains_key(CONTENT_TYPE);
    let from_body = if has_form {
        let Form(parameters) = Form::from_request(request, &()).await?;
        parameters.get("access_token").map(str::to_owned)
    } else {
        None
    };
    match (from_header, from_body) {
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (Some(_), Some(_)) => Err(WireError::new(
            Code::InvalidRequest,
            "the access token was sent in more than one way",
        )
        .bearer()),
        (None, None) => Err(WireError::new(Code::InvalidToken, "an access token is needed").bearer_alone()),
    }
}

pub(super) fn header_token(headers: &HeaderMap) -> Result<Option<String>, WireError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| Some(token.trim().to_owned()))
        .ok_or_else(|| {
            WireError::new(Code::InvalidRequest, "the Authorization header must be Bearer").bearer()
        })
}
