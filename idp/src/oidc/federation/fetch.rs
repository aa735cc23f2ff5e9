use axum::extract::State;
use axum::response::Response;

use super::Federation;
use super::answer::{Kept, signed};
use super::asked::{Asked, invalid};
use crate::department::trust::Member;
use crate::keys::StatementType;
use crate::oidc::{Code, WireError};
use crate::web::Facts;

/// GET `/federation/fetch`: what we state of an entity right below us (OpenID Federation 1.0 §8.1).
///
/// # Errors
/// Where it has not joined, is suspended, or is not asked for as the standard has it.
pub async fn fetch(
    State(Federation {
        ourselves, members, ..
    }): State<Federation>,
    facts: Facts,
    asked: Asked,
) -> Result<Response, WireError> {
    let subject = asked.entity("sub", ourselves.relaxation())?;
    if subject == *ourselves.id() {
        let said = "what we state of ourselves is at /.well-known/openid-federation";
        return Err(invalid(said));
    }
    let member = members.member(&subject).await?.filter(Member::is_right_below);
    let member = member.ok_or_else(|| unknown(&subject))?;
    let statement = ourselves.about(&member.id, &member.allowed, &member.keys, facts.now);
    signed(StatementType::EntityStatement, statement, Kept::Not)
}

/// One answer for who never joined, is suspended, or is none of ours.
pub(super) fn unknown(subject: &impl std::fmt::Display) -> WireError {
    WireError::new(Code::NotFound, format!("nothing is stated here of {subject}"))
}
