//! What the department states about itself in the federation, at `/.well-known/openid-federation` below its address
//! (OpenID Federation 1.0 §3.1.2, §9).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::clock::numeric_date;
use crate::error::Error;
use crate::keys::{Federation, Keys, Protocol, Ring};
use crate::registration;
use crate::settings::Settings;

pub(crate) const PATH: &str = "/.well-known/openid-federation";
pub(crate) const CONTENT_TYPE: &str = "application/entity-statement+jwt";
const LIFETIME: Duration = Duration::from_secs(24 * 3600);
const RENEWED_AFTER: Duration = Duration::from_secs(8 * 3600);

/// The statement that was signed last.
#[derive(Debug, Default)]
pub(crate) struct LastStatement(Mutex<Option<Signed>>);

#[derive(Debug)]
struct Signed {
    jwt: String,
    issued_at: u64,
    federation: Arc<Keys<Federation>>,
    protocol: Arc<Keys<Protocol>>,
}

impl LastStatement {
    /// The statement of now. One that cannot be signed anew serves as long as it lives.
    pub(crate) async fn of(
        &self,
        settings: &Settings,
        federation: &Ring<Federation>,
        protocol: &Ring<Protocol>,
        now: SystemTime,
    ) -> Result<String, Error> {
        let mut last = self.0.lock().await;
        let (federation, protocol) = (federation.now().await, protocol.now().await);
        let issued_at = issued_at(now);
        if let Some(signed) = &*last
            && signed.issued_at == issued_at
            && Arc::ptr_eq(&signed.federation, &federation)
            && Arc::ptr_eq(&signed.protocol, &protocol)
        {
            return Ok(signed.jwt.clone());
        }
        let claims = claims(settings, &federation, &protocol, issued_at, now);
        match federation.sign_entity_statement(&claims).await {
            Ok(jwt) => {
                *last = Some(Signed {
                    jwt: jwt.clone(),
                    issued_at,
                    federation,
                    protocol,
                });
                Ok(jwt)
            }
            Err(error) => match &*last {
                Some(signed) if numeric_date(now) < signed.issued_at + LIFETIME.as_secs() => {
                    tracing::warn!(%error, "the entity configuration could not be signed anew");
                    Ok(signed.jwt.clone())
                }
                _ => Err(error),
            },
        }
    }
}

/// The same for all nodes at one time: a superior refuses a statement that is older than the last it has seen.
fn issued_at(now: SystemTime) -> u64 {
    let now = numeric_date(now);
    now - now % RENEWED_AFTER.as_secs()
}

fn claims(
    settings: &Settings,
    federation: &Keys<Federation>,
    protocol: &Keys<Protocol>,
    issued_at: u64,
    now: SystemTime,
) -> Value {
    let mut relying_party = registration::metadata(settings, protocol);
    if let Some(members) = relying_party.as_object_mut() {
        // Its name is the entity's.
        members.remove("client_id");
        members.insert("client_registration_types".to_owned(), json!(["automatic"]));
    }
    let mut metadata = Map::new();
    metadata.insert("openid_relying_party".to_owned(), relying_party);
    if let Some(name) = &settings.organisation {
        metadata.insert(
            "federation_entity".to_owned(),
            json!({ "organization_name": name }),
        );
    }
    let mut claims = json!({
        "iss": settings.entity_id,
        "sub": settings.entity_id,
        "iat": issued_at,
        "exp": issued_at + LIFETIME.as_secs(),
        "jwks": federation.public_jwks(),
        "authority_hints": settings.authority_hints,
        "metadata": metadata,
    });
    let marks = settings.trust_marks.iter().filter(|mark| mark.is_live(now));
    let marks = marks
        .map(|mark| json!({ "trust_mark_type": mark.kind, "trust_mark": mark.jwt }))
        .collect::<Vec<_>>();
    if !marks.is_empty() {
        claims["trust_marks"] = json!(marks);
    }
    claims
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn nodes_state_the_same_time_and_always_one_that_has_come() {
        let at = |seconds| issued_at(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!((at(28_800), at(57_599), at(57_600)), (28_800, 28_800, 57_600));
    }
}
