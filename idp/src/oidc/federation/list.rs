use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::Federation;
use super::answer::{Kept, headers};
use super::asked::Asked;
use crate::department::trust::{Member, mark_type};
use crate::federation::{FEDERATION_ENTITY, RELYING_PARTY};
use crate::oidc::WireError;

/// GET `/federation/list`: who is right below us, by the filters of OpenID Federation 1.0 §8.2.1.
///
/// # Errors
/// Where a filter is not what the standard has.
pub async fn list(
    State(Federation {
        ourselves, members, ..
    }): State<Federation>,
    asked: Asked,
) -> Result<Response, WireError> {
    let types: Vec<&str> = asked.all("entity_type").collect();
    let must_be_superior = asked.flag("intermediate")?;
    let must_be_marked = asked.flag("trust_marked")?;
    let mark = asked.one("trust_mark_type")?;
    let is_listed = |member: &Member| {
        let has_mark = |wanted: &str| {
            member
                .marks()
                .any(|name| mark_type(ourselves.id(), name) == wanted)
        };
        member.is_right_below()
            && (types.is_empty() || types.contains(&entity_type(member)))
            && (!must_be_superior || member.is_superior())
            && (!must_be_marked || member.marks().next().is_some())
            && mark.is_none_or(has_mark)
    };
    let all = members.all().await?;
    let ids: Vec<&str> = all
        .iter()
        .filter(|member| is_listed(member))
        .map(|member| member.id.as_str())
        .collect();
    Ok((headers("application/json", Kept::Not), json!(ids).to_string()).into_response())
}

/// As what we know it.
fn entity_type(member: &Member) -> &'static str {
    if member.is_superior() {
        FEDERATION_ENTITY
    } else {
        RELYING_PARTY
    }
}
