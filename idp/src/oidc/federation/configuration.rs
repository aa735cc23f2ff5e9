use axum::extract::State;
use axum::response::Response;

use super::Federation;
use super::answer::{Kept, signed};
use crate::keys::StatementType;
use crate::oidc::WireError;
use crate::web::Facts;

/// GET `/.well-known/openid-federation`: what we are (OpenID Federation 1.0 §9).
///
/// # Errors
/// Where no key is active.
pub async fn entity_configuration(
    State(federation): State<Federation>,
    facts: Facts,
) -> Result<Response, WireError> {
    let configuration = federation.ourselves.configuration(facts.now);
    signed(StatementType::EntityStatement, configuration, Kept::Shortly)
}
