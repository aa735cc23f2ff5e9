use axum::extract::State;
use axum::response::Response;

use super::Federation;
use super::answer::{Kept, signed};
use super::asked::Asked;
use crate::department::trust::mark_named;
use crate::keys::StatementType;
use crate::oidc::{Code, WireError};
use crate::web::Facts;

/// GET `/federation/trust-mark`: a mark for whom the operator has given it to (OpenID Federation 1.0 §8.6).
///
/// # Errors
/// Where the entity does not have it.
pub async fn trust_mark(
    State(Federation {
        ourselves, members, ..
    }): State<Federation>,
    facts: Facts,
    asked: Asked,
) -> Result<Response, WireError> {
    let wanted = asked.need("trust_mark_type")?;
    let subject = asked.entity("sub", ourselves.relaxation())?;
    let member = members.member(&subject).await?;
    let name = mark_named(ourselves.id(), wanted);
    let held = member.and_then(|member| member.marks().find(|held| Some(*held) == name));
    let Some(name) = held else {
        let said = format!("{subject} does not have this trust mark");
        return Err(WireError::new(Code::NotFound, said));
    };
    let mark = ourselves.mark(&subject, name, facts.now);
    signed(StatementType::TrustMark, mark, Kept::Not)
}
