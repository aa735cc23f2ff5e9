use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::Federation;
use super::answer::{Kept, signed};
use super::asked::invalid;
use super::resolve::refused;
use crate::department::trust::join::{JoinFault, Registration};
use crate::federation::RELYING_PARTY;
use crate::keys::StatementType;
use crate::keys::jose::Unverified;
use crate::oidc::WireError;
use crate::oidc::find_client::{chain, chain_in_header, hold_back};
use crate::web::Facts;

/// POST `/federation/register`: a system asks to be registered (OpenID Federation 1.0 §12.2).
///
/// # Errors
/// Why it is not, by the names of §8.9.
pub async fn register(
    State(federation): State<Federation>,
    facts: Facts,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, WireError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => invalid("the body is too large"),
        _ => invalid("the body could not be read"),
    })?;
    let asked = Request::read(&headers, &body)?;
    hold_back(&federation.state, federation.senders, &federation.config, &facts).await?;
    let registration = federation
        .joining
        .register(&asked.configuration, asked.chain, &asked.anchors, facts.now)
        .await
        .map_err(not_registered)?;
    let answer = federation.answer(&registration, &facts);
    signed(StatementType::ExplicitRegistration, answer, Kept::Not)
}

impl Federation {
    /// §12.2.3.
    fn answer(
        &self,
        registration: &Registration,
        facts: &Facts,
    ) -> Result<String, crate::keys::jose::SignError> {
        let client = &registration.client;
        let id = registration.id.as_str();
        let ends = client.expires_at.unwrap_or(facts.now);
        let claims = json!({
            "iss": self.ourselves.id().as_str(),
            "sub": id,
            "aud": id,
            "iat": facts.now.seconds(),
            "exp": ends.seconds(),
            "jwks": registration.jwks,
            "trust_anchor": registration.trust_anchor.as_str(),
            "authority_hints": [registration.superior.as_str()],
            "metadata": { RELYING_PARTY: client.registered() },
        });
        self.ourselves.sign(StatementType::ExplicitRegistration, &claims)
    }
}

/// What is sent, in one of the two ways (§12.2.1).
struct Request {
    configuration: String,
    /// Statements that came along.
    chain: Option<Vec<String>>,
    /// Where the chains lead that came along.
    anchors: Vec<String>,
}

impl Request {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, WireError> {
        let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        match kind.trim().to_ascii_lowercase().as_str() {
            "application/entity-statement+jwt" => {
                let text = str::from_utf8(body).map_err(|_| invalid("the body is no entity statement"))?;
                Ok(Self::by(text.trim().to_owned(), &[]))
            }
            "application/trust-chain+json" => {
                let written = serde_json::from_slice(body).ok().and_then(chain);
                let statements = written.ok_or_else(|| invalid("the body is no trust chain"))?;
                let (first, rest) = statements
                    .split_first()
                    .ok_or_else(|| invalid("the body is no trust chain"))?;
                Ok(Self::by(first.clone(), rest))
            }
            _ => Err(invalid(
                "the body must be application/entity-statement+jwt or application/trust-chain+json",
            )),
        }
    }

    fn by(configuration: String, rest: &[String]) -> Self {
        let chain = chain_in_header(&configuration, "trust_chain");
        let peer = chain_in_header(&configuration, "peer_trust_chain");
        let chains = [chain.as_deref(), peer.as_deref(), Some(rest)];
        let anchors = chains.into_iter().flatten().filter_map(<[_]>::last);
        Self {
            anchors: anchors.filter_map(|jwt| issuer(jwt)).collect(),
            chain,
            configuration,
        }
    }
}

/// Who says that it is the last in a chain; nothing of it is proven.
fn issuer(jwt: &str) -> Option<String> {
    let claims = Unverified::parse_long(jwt).ok()?.unproven_claims().ok()?;
    Some(claims.get("iss")?.as_str()?.to_owned())
}

fn not_registered(fault: JoinFault) -> WireError {
    match fault.trust() {
        Some(trust) => refused(trust),
        None => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::keys::jose::{Algorithm, forge::ForgedKey};

    fn read(kind: &str, body: &str) -> Result<Request, WireError> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]);
        Request::read(&headers, body.as_bytes())
    }

    #[test]
    fn a_request_is_a_configuration_or_a_chain() {
        let key = ForgedKey::new(Algorithm::Es256);
        let top = key.sign(
            &key.header("entity-statement+jwt"),
            &json!({"iss": "https://a.example"}),
        );
        let mut header = key.header("entity-statement+jwt");
        header["trust_chain"] = json!(["x", top]);
        let own = key.sign(&header, &json!({}));
        let asked = read("Application/Entity-Statement+JWT; x=y", &own).unwrap();
        assert_eq!(asked.chain.unwrap()[0], "x");
        assert_eq!(asked.anchors, ["https://a.example"]);
        let asked = read("application/trust-chain+json", &json!([own, top]).to_string()).unwrap();
        assert_eq!((asked.configuration, asked.anchors.len()), (own, 2));
        for (kind, body) in [
            ("application/json", "{}"),
            ("application/jwt", "x"),
            ("application/trust-chain+json", "[]"),
            ("application/trust-chain+json", "[1]"),
            ("application/trust-chain+json", "x"),
        ] {
            assert!(read(kind, body).is_err(), "{kind} {body}");
        }
    }
}
