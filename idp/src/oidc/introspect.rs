use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::authorization_details::{check_holders, read_details};
use super::client_auth::{AuthenticatedClient, authenticate};
use super::token::answer::granted;
use super::tokens::{opened_grant, read_access_token, read_exchanged_token};
use super::wire_error::no_store;
use super::{Code, Form, Oidc, Scope, WireError, grant};
use crate::clock::Timestamp;
use crate::consent::stands;
use crate::department::{Client, DataKey};
use crate::keys::jose::Claims;
use crate::store::hash;
use crate::web::Facts;

/// POST `/oauth2/introspect` (RFC 7662). A client learns of its own tokens, and of those by which others ask it for
/// records; every other token is `active: false`, without a reason (§2.2).
///
/// # Errors
/// Where the caller is not an authenticated client.
pub async fn introspect(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let client = authenticate(&oidc, &headers, &parameters, &facts).await?;
    if client.is_public() {
        return Err(WireError::new(
            Code::InvalidClient,
            "introspection needs a client that can authenticate",
        ));
    }
    let token = parameters.need("token")?;
    let found = match access_token(&oidc, &client, token, facts.now).await? {
        Some(found) => Some(found),
        None => match exchanged_token(&oidc, &client, token, facts.now).await? {
            Some(found) => Some(found),
            None => refresh_token(&oidc, &client, token, facts.now).await?,
        },
    };
    let mut response = Json(found.unwrap_or_else(|| json!({ "active": false }))).into_response();
    no_store(&mut response);
    Ok(response)
}

async fn access_token(
    oidc: &Oidc,
    client: &AuthenticatedClient,
    token: &str,
    now: Timestamp,
) -> Result<Option<Value>, WireError> {
    let issuer = oidc.config.public_url.issuer();
    let Some(claims) = read_access_token(&oidc.keys, issuer, token, now) else {
        return Ok(None);
    };
    if claims.text("client_id") != Some(client.client_id.as_str()) {
        return Ok(None);
    }
    let mut scope = Scope::parse(claims.text("scope").unwrap_or_default());
    let mut details = None;
    if let Some(id) = claims.text("grant") {
        let grant = grant::find(&oidc.db, id)
            .await?
            .map(|grant| grant.held_to(client));
        let Some(grant) = grant.filter(|grant| grant::check_live(grant, now).is_ok()) else {
            return Ok(None);
        };
        scope = scope.only(&grant.scope);
        details = granted(&grant);
    } else if is_before_suspension(client, &claims) {
        return Ok(None);
    }
    let mut body = json!({ "active": true, "token_type": "Bearer", "scope": scope.to_string() });
    // RFC 9396 §9.2.
    if let Some(details) = details {
        body["authorization_details"] = details;
    }
    tell(&claims, &mut body);
    Ok(Some(body))
}

/// What a token says itself.
fn tell(claims: &Claims, body: &mut Value) {
    for name in [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "acr",
        "auth_time",
    ] {
        if let Some(value) = claims.get(name) {
            body[name] = value.clone();
        }
    }
}

/// A token for another's records is told to both whom it concerns: to the client that asks, and to the one that has them.
async fn exchanged_token(
    oidc: &Oidc,
    caller: &AuthenticatedClient,
    token: &str,
    now: Timestamp,
) -> Result<Option<Value>, WireError> {
    let issuer = oidc.config.public_url.issuer();
    let Some(claims) = read_exchanged_token(&oidc.keys, issuer, token, now) else {
        return Ok(None);
    };
    let named = |name: &str| claims.text(name).unwrap_or_default().to_owned();
    let (asker, holder) = (named("client_id"), named("aud"));
    if ![&asker, &holder].contains(&&caller.client_id) {
        return Ok(None);
    }
    let Some(asker) = oidc.departments.client(&asker).await? else {
        return Ok(None);
    };
    let Some(id) = opened_grant(&oidc.vault, &holder, &named("grant")) else {
        return Ok(None);
    };
    let Some(grant) = grant::find(&oidc.db, &id).await? else {
        return Ok(None);
    };
    let grant = grant.held_to(&asker);
    let told = claims.get("authorization_details").unwrap_or(&Value::Null);
    let details = read_details(told)?;
    let given = oidc
        .consents
        .standing(grant.account, &asker.client_id, now)
        .await?;
    let may = |key: &DataKey| grant.details.has(key) && stands(key, grant.created_at, &given, &asker);
    let is_live = asker.is_active()
        && grant::check_live(&grant, now).is_ok()
        && details.iter().all(may)
        && check_holders(&oidc.departments, &details).await.is_ok();
    Ok(is_live.then(|| {
        let mut body = json!({ "active": true, "token_type": "Bearer", "authorization_details": told });
        if let Some(act) = claims.get("act") {
            body["act"] = act.clone();
        }
        tell(&claims, &mut body);
        body
    }))
}

/// Of a token that no resident stands behind.
fn is_before_suspension(client: &Client, claims: &Claims) -> bool {
    claims
        .time("iat")
        .is_none_or(|issued_at| client.has_ended(issued_at))
}

async fn refresh_token(
    oidc: &Oidc,
    client: &AuthenticatedClient,
    token: &str,
    now: Timestamp,
) -> Result<Option<Value>, WireError> {
    let Some(refresh) = grant::find_refresh(&oidc.db, &hash(token)).await? else {
        return Ok(None);
    };
    let Some(grant) = grant::find(&oidc.db, &refresh.grant_id).await? else {
        return Ok(None);
    };
    let grant = grant.held_to(client);
    let live = grant.client_id == client.client_id
        && refresh.expires_at > now
        && refresh.successor.is_none()
        && grant::check_live(&grant, now).is_ok();
    Ok(live.then(|| {
        json!({
            "active": true,
            "iss": oidc.config.public_url.issuer(),
            "sub": grant.sub,
            "client_id": grant.client_id,
            "scope": grant.scope.to_string(),
            "exp": refresh.expires_at.seconds(),
        })
    }))
}
