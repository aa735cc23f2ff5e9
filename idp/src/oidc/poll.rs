use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client_auth::{AuthenticatedClient, authenticate_at};
use super::json_body::json_body;
use super::userinfo::header_token;
use super::wire_error::no_store;
use super::{Code, Oidc, Parameters, WireError};
use crate::audit::{Actor, Context};
use crate::events::{acknowledge, waiting};
use crate::web::Facts;

const ENDPOINT: &str = "/ssf/poll";
/// Events of one answer.
const MOST: usize = 32;
/// How long an answer is held back where nothing waits, and how often we look meanwhile.
const PATIENCE: Duration = Duration::from_secs(8);
const PACE: Duration = Duration::from_secs(1);

/// RFC 8936 §2.2.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Asked {
    max_events: Option<usize>,
    return_immediately: bool,
    ack: Vec<String>,
    set_errs: Map<String, Value>,
}

/// POST `/ssf/poll`: a department that we cannot reach asks for what we would have sent it (RFC 8936). It proves itself by a
/// client assertion as its Bearer token.
///
/// # Errors
/// Where the caller is no such department.
pub async fn poll(
    State(oidc): State<Oidc>,
    facts: Facts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    let body = json_body(Code::InvalidRequest, &headers, body);
    let asked = body.and_then(read).map_err(WireError::into_response)?;
    let client = authenticated(&oidc, &headers, &facts)
        .await
        .map_err(WireError::into_response)?;
    if !client.unreachable {
        let said =
            "events are sent to this client; the operator says `--unreachable` where we cannot reach it";
        let refused = WireError::new(Code::AccessDenied, said);
        return Err((StatusCode::FORBIDDEN, refused).into_response());
    }
    let answer = async {
        for id in asked.set_errs.keys() {
            tracing::warn!(client = %client.client_id, id = %id.escape_debug(), "a department has not taken an event");
        }
        let context = Context::of(&facts, Actor::Client, &oidc.rng);
        acknowledge(&oidc.db, &context, &client.client_id, &asked.ack).await?;
        oidc.events(&client, &asked, &facts).await
    };
    let answer: Value = answer.await.map_err(WireError::into_response)?;
    let mut response = Json(answer).into_response();
    no_store(&mut response);
    Ok(response)
}

async fn authenticated(
    oidc: &Oidc,
    headers: &HeaderMap,
    facts: &Facts,
) -> Result<AuthenticatedClient, WireError> {
    let assertion = header_token(headers)?.ok_or_else(|| {
        WireError::new(Code::InvalidToken, "a client assertion is needed as Bearer token").bearer_alone()
    })?;
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let parameters = [
        ("client_assertion_type", kind.to_owned()),
        ("client_assertion", assertion),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
    let parameters: Parameters = parameters.into_iter().collect();
    authenticate_at(oidc, ENDPOINT, &HeaderMap::new(), &parameters, facts).await
}

fn read(body: Map<String, Value>) -> Result<Asked, WireError> {
    let invalid = |said| WireError::new(Code::InvalidRequest, said);
    let asked: Asked = serde_json::from_value(Value::Object(body))
        .map_err(|_| invalid("the body is no request to poll (RFC 8936)"))?;
    if asked.ack.len() > MOST {
        return Err(invalid("more is acknowledged than was sent"));
    }
    Ok(asked)
}

impl Oidc {
    async fn events(
        &self,
        client: &AuthenticatedClient,
        asked: &Asked,
        facts: &Facts,
    ) -> Result<Value, WireError> {
        let most = asked.max_events.unwrap_or(MOST).min(MOST);
        let began = crate::clock::moment();
        loop {
            // One more than is sent, to know whether there is more.
            let mut waiting = waiting(&self.db, &client.client_id, most + 1).await?;
            let is_all = waiting.len() <= most;
            let is_patient = !asked.return_immediately && most > 0 && began.elapsed() < PATIENCE;
            if waiting.is_empty() && is_patient {
                tokio::time::sleep(PACE).await;
                continue;
            }
            waiting.truncate(most);
            let mut sets = Map::new();
            for event in waiting {
                let issuer = self.config.public_url.issuer();
                let set = event
                    .sign(&self.keys, issuer, facts.now)
                    .map_err(WireError::internal)?;
                sets.insert(event.id, json!(set));
            }
            return Ok(json!({ "sets": sets, "moreAvailable": !is_all }));
        }
    }
}
