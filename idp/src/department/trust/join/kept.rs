use serde_json::{Map, Value};

use super::super::allowed::Allowed;
use crate::department::ClientMetadata;
use crate::department::model::Client;
use crate::federation::{Chain, Metadata, RELYING_PARTY, TrustFault};

/// What the operator says, and where its keys lie: no policy is about what stands here of them.
const NOT_ITS_OWN: [&str; 5] = ["client_id", "client_name", "client_name#en", "jwks", "jwks_uri"];

/// What a system is registered with goes on, within what its decision and its superiors say today. `why` its statement is
/// no news.
///
/// # Errors
/// Where they would not have it so, or it has to ask for that itself.
pub(super) fn kept(
    before: &Client,
    allowed: &Allowed,
    chain: &Chain,
    why: &TrustFault,
) -> Result<ClientMetadata, TrustFault> {
    if before.is_explicit() {
        return Err(why.clone());
    }
    let today = judged(before, chain)?.ok_or_else(|| why.clone())?;
    let mut metadata = before.metadata.clone();
    let (may, stated) = (allowed.scopes(), words(today.get("scope")));
    let scopes = before.metadata.scope.split_ascii_whitespace();
    metadata.scope = scopes
        .filter(|scope| may.contains(scope) && stated.contains(scope))
        .collect::<Vec<_>>()
        .join(" ");
    let grants = words(today.get("grant_types"));
    metadata
        .grant_types
        .retain(|grant| grants.contains(&grant.as_str()));
    allowed.name(&mut metadata);
    Ok(metadata)
}

/// What its superiors make of what it is registered with; nothing where they would change more than take scopes or grants
/// away.
fn judged(before: &Client, chain: &Chain) -> Result<Option<Map<String, Value>>, TrustFault> {
    let mut registered = before.registered();
    registered.retain(|name, _| !NOT_ITS_OWN.contains(&name.as_str()));
    let mut own = chain.subject().metadata().clone().into_types();
    let party = own.entry(RELYING_PARTY.to_owned()).or_default();
    party.extend(registered.clone());
    let resolved = chain.resolve_instead(Metadata::from(own))?;
    let is_same = |today: &Map<String, Value>| {
        registered.iter().all(|(name, value)| {
            matches!(name.as_str(), "scope" | "grant_types") || today.get(name) == Some(value)
        })
    };
    Ok(resolved.relying_party().cloned().filter(is_same))
}

fn words(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
