use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::Federation;
use super::answer::{Kept, signed};
use super::asked::invalid;
use crate::clock::Timestamp;
use crate::department::trust::{Member, mark_named};
use crate::federation::EntityId;
use crate::keys::StatementType;
use crate::keys::jose::{Audience, ClaimRules, Claims, Expiry, LEEWAY, Typ, Unverified};
use crate::oidc::{Code, Form, WireError};
use crate::web::Facts;

/// How a mark stands (OpenID Federation 1.0 §8.4.2).
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Active,
    Expired,
    Revoked,
    Invalid,
}

/// POST `/federation/trust-mark-status`: whether a mark still counts (OpenID Federation 1.0 §8.4).
///
/// # Errors
/// Where the mark is none of ours.
pub async fn trust_mark_status(
    State(federation): State<Federation>,
    facts: Facts,
    form: Result<Form, WireError>,
) -> Result<Response, WireError> {
    let Form(parameters) = form?;
    let mark = parameters.need("trust_mark")?;
    let ourselves = &federation.ourselves;
    let status = status(&federation, mark, facts.now).await?;
    let claims = json!({
        "iss": ourselves.id().as_str(),
        "iat": facts.now.seconds(),
        "trust_mark": mark,
        "status": status,
    });
    let answer = ourselves.sign(StatementType::TrustMarkStatus, &claims);
    signed(StatementType::TrustMarkStatus, answer, Kept::Not)
}

pub(super) async fn status(
    Federation {
        ourselves, members, ..
    }: &Federation,
    mark: &str,
    now: Timestamp,
) -> Result<Status, WireError> {
    let said = Unverified::parse(mark)
        .and_then(|token| token.unproven_claims())
        .map_err(|fault| invalid(format!("trust_mark: {fault}")))?;
    let text = |name| said.get(name).and_then(|value| value.as_str());
    let is_ours = text("iss") == Some(ourselves.id().as_str());
    let Some(name) =
        mark_named(ourselves.id(), text("trust_mark_type").unwrap_or_default()).filter(|_| is_ours)
    else {
        return Err(WireError::new(
            Code::NotFound,
            "we have issued no such trust mark",
        ));
    };
    let rules = ClaimRules {
        issuer: ourselves.id().as_str(),
        audience: Audience::Any,
        expiry: Expiry::MayHavePassed,
    };
    // A key that was revoked proves nothing any longer; one that is out of use still does.
    let typ = Typ::Is(StatementType::TrustMark.as_str());
    let Ok(claims) = ourselves.keys().verify(mark, typ, &rules, now) else {
        return Ok(Status::Invalid);
    };
    let holder = claims
        .text("sub")
        .and_then(|sub| EntityId::parse(sub, ourselves.relaxation()).ok());
    let member = match &holder {
        Some(holder) => members.member(holder).await?,
        None => None,
    };
    Ok(judge(&claims, name, member.as_ref(), now))
}

/// What the operator has taken back counts no more, whatever the mark says of its end.
fn judge(claims: &Claims, name: &str, holder: Option<&Member>, now: Timestamp) -> Status {
    let is_given = holder.is_some_and(|member| member.marks().any(|held| held == name));
    match claims.time("exp") {
        _ if !is_given => Status::Revoked,
        Some(end) if end.plus(LEEWAY) > now => Status::Active,
        _ => Status::Expired,
    }
}
