use std::time::Duration;

use serde_json::{Map, Value};

use super::fault::RegistrationFault;
use super::invitation::InvitationKind;
use super::reach::Reach;
use super::warrant::{By, Warrant};
use crate::audit::Change;
use crate::clock::Timestamp;
use crate::department::Origin;
use crate::department::consequence::{Wording, revisions};
use crate::department::records as clients;
use crate::department::trust::allowed::{Allowed, by_pattern, narrowest, records as decisions};
use crate::department::trust::entity::{EntityStatus, records as entities};
use crate::federation::{EntityId, NameSubtree, Relaxation};
use crate::keys::jose::{Accept, Algorithm, Audience, ClaimRules, Expiry, Typ, Unverified};
use crate::store::{Db, StoreError, hash};

/// What a JWT says of itself, and not of the software (RFC 7519 §4.1).
const OF_THE_TOKEN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The word of a department whose keys are pinned, for software that it names (RFC 7591 §2.3). The operator has allowed it
/// by its address; where it is a superior of others, he has said which hosts it may vouch for.
pub(super) async fn by_statement(
    db: &Db,
    statement: &str,
    relaxation: Relaxation,
    issuer: &str,
    now: Timestamp,
) -> Result<Warrant, RegistrationFault> {
    let wrong = |why: &dyn std::fmt::Display| RegistrationFault::Statement(format!("is refused: {why}"));
    let token = Unverified::parse_long(statement).map_err(|fault| wrong(&fault))?;
    let claims = token.unproven_claims().map_err(|fault| wrong(&fault))?;
    let named = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let id = EntityId::parse(named, relaxation)
        .map_err(|_| wrong(&"iss must be the entity identifier of a department"))?;
    let stranger = || {
        RegistrationFault::Unapproved("is of nobody whom the operator has allowed by its address".to_owned())
    };
    let all = by_pattern(decisions::list(db).await?);
    let allowed = narrowest(&all, &id).filter(|allowed| allowed.is_active() && allowed.pattern.names_one());
    let allowed = allowed.ok_or_else(stranger)?;
    let entity = entities::find(db, &id).await?;
    let entity = entity.filter(|entity| entity.status == EntityStatus::Joined);
    let keys = entity
        .and_then(|entity| entity.keys().ok())
        .ok_or_else(stranger)?;
    let accept = Accept {
        algorithms: Algorithm::ALL,
        typ: Typ::Jwt,
    };
    let rules = ClaimRules {
        issuer: id.as_str(),
        audience: Audience::Includes(&[issuer]),
        expiry: Expiry::Ahead,
    };
    let signed = token.verify(&keys, &accept).map_err(|fault| wrong(&fault))?;
    signed.check(&rules, now).map_err(|fault| wrong(&fault))?;
    for needed in ["software_id", "redirect_uris"] {
        if !claims.contains_key(needed) {
            return Err(wrong(&format!("it has no {needed}")));
        }
    }
    Ok(Warrant {
        terms: allowed.terms.clone(),
        scopes: allowed.scopes().into_iter().map(str::to_owned).collect(),
        reach: reach(&id, allowed)?,
        kind: InvitationKind::Web,
        by: By::Statement {
            allowed: Box::new(Allowed::clone(allowed)),
            hash: what_is_signed(statement),
        },
        stated: of_the_software(claims),
    })
}

/// The same statement with another signature is no other one: of ECDSA, anybody makes a second.
fn what_is_signed(statement: &str) -> [u8; 32] {
    hash(statement.rsplit_once('.').map_or(statement, |(signed, _)| signed))
}

fn of_the_software(mut claims: Map<String, Value>) -> Map<String, Value> {
    claims.retain(|name, _| !OF_THE_TOKEN.contains(&name.as_str()));
    claims
}

fn reach(id: &EntityId, allowed: &Allowed) -> Result<Reach, RegistrationFault> {
    let Some(superior) = &allowed.terms.superior else {
        return Ok(Reach::Below(id.clone()));
    };
    let names = superior.permitted.iter();
    let names: Vec<_> = names.filter_map(|name| NameSubtree::parse(name)).collect();
    if names.is_empty() {
        // Nobody has to answer at the host, as a system of a federation does.
        let said = "is of a superior for which the operator has named no hosts (--permit)";
        return Err(RegistrationFault::Unapproved(said.to_owned()));
    }
    Ok(Reach::Permitted(names))
}

/// What a decision says otherwise now holds for the clients that registered themselves under it too.
pub(in crate::department) async fn follow(change: &mut Change, allowed: &Allowed) -> Result<(), StoreError> {
    for (id, under) in clients::all_under(change).await? {
        if under != allowed.id {
            continue;
        }
        let Some(before) = clients::find_within(change, &id).await? else {
            continue;
        };
        if before.origin != Origin::Dynamic {
            continue;
        }
        let mut after = before.clone();
        after.metadata = allowed.keep(&before.metadata);
        after.metadata.revisions = revisions(&before.metadata, &after.metadata, Wording::Differs);
        after.updated_at = change.now().max(before.updated_at.plus(Duration::from_millis(1)));
        if after.metadata != before.metadata && !clients::update(change, &after, before.updated_at).await? {
            return Err(StoreError::Overtaken("a client that registered itself"));
        }
    }
    Ok(())
}
