use serde_json::{Map, Value};

use super::chain::Chain;
use super::entity_id::EntityId;
use super::fault::{Step, TrustFault, Whose};
use super::statement::MarkOwner;
use crate::clock::Timestamp;
use crate::keys::jose::{Accept, Algorithm, JwkSet, LEEWAY, Typ, Unverified, numeric_date};

/// A trust mark whose issuer is trusted and may issue marks of its type (OpenID Federation 1.0 §7.3). Whether it was
/// taken back since, its issuer's status endpoint says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    pub trust_mark_type: String,
    pub issuer: EntityId,
    pub holder: EntityId,
    pub issued_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

impl Mark {
    /// `holder`: in whose configuration it stands. The issuer comes by its own chain, for who is not trusted cannot
    /// vouch, and with it the anchor that says who issues what.
    pub fn verify(jwt: &str, holder: &EntityId, issuer: &Chain, now: Timestamp) -> Result<Self, TrustFault> {
        let whose = Whose(holder.as_str());
        let by = issuer.subject();
        let claims = open(jwt, "trust-mark+jwt", by.keys(), whose)?;
        expect(&claims, "iss", by.subject().as_str(), whose)?;
        expect(&claims, "sub", holder.as_str(), whose)?;
        let (issued_at, expires_at) = check_times(&claims, whose, now)?;
        let trust_mark_type = text(&claims, "trust_mark_type", whose)?;

        // Every entity may publish such lists; the anchor's count alone.
        let anchor = issuer.anchor().configuration();
        let issuers = anchor.and_then(|anchor| anchor.trust_mark_issuers.get(trust_mark_type));
        if !issuers.is_some_and(|issuers| issuers.is_empty() || issuers.contains(by.subject())) {
            let expected = format!("{} among the anchor's issuers of {trust_mark_type}", by.subject());
            let found = issuers.map_or_else(
                || "no such type".to_owned(),
                |issuers| issuers.iter().map(EntityId::as_str).collect::<Vec<_>>().join(" "),
            );
            return Err(whose.fault(Step::Mark, "trust_mark_issuers", expected, found));
        }
        let owner = anchor.and_then(|anchor| anchor.trust_mark_owners.get(trust_mark_type));
        match (owner, claims.get("delegation")) {
            (None, None) => {}
            (Some(owner), Some(delegation)) => {
                check_delegation(delegation, owner, by.subject(), trust_mark_type, whose, now)?;
            }
            (Some(owner), None) => {
                let expected = format!("a delegation by {}", owner.id);
                return Err(whose.fault(Step::Mark, "delegation", expected, "nothing"));
            }
            (None, Some(_)) => {
                let expected = format!("an owner of {trust_mark_type} in the anchor's trust_mark_owners");
                return Err(whose.fault(Step::Mark, "delegation", expected, "none"));
            }
        }
        Ok(Self {
            trust_mark_type: trust_mark_type.to_owned(),
            issuer: by.subject().clone(),
            holder: holder.clone(),
            issued_at,
            expires_at,
        })
    }
}

/// §7.2.2: the owner of the type lets this issuer issue it.
fn check_delegation(
    delegation: &Value,
    owner: &MarkOwner,
    issuer: &EntityId,
    trust_mark_type: &str,
    whose: Whose<'_>,
    now: Timestamp,
) -> Result<(), TrustFault> {
    let Some(jwt) = delegation.as_str() else {
        return Err(whose.fault(Step::Mark, "delegation", "a signed JWT", delegation));
    };
    let claims = open(jwt, "trust-mark-delegation+jwt", &owner.keys, whose)?;
    expect(&claims, "iss", owner.id.as_str(), whose)?;
    expect(&claims, "sub", issuer.as_str(), whose)?;
    expect(&claims, "trust_mark_type", trust_mark_type, whose)?;
    check_times(&claims, whose, now)?;
    Ok(())
}

/// The claims, once type, key and signature are right.
fn open(jwt: &str, typ: &str, keys: &JwkSet, whose: Whose<'_>) -> Result<Map<String, Value>, TrustFault> {
    let fault = |claim, expected: &str, found: &dyn std::fmt::Display| {
        whose.fault(Step::Mark, claim, expected, found)
    };
    let token = Unverified::parse_long(jwt).map_err(|error| fault("jwt", "a signed JWT", &error))?;
    let header = token.header();
    if !header.has_type(Typ::Is(typ)) {
        return Err(fault("typ", typ, &header.typ.as_deref().unwrap_or("nothing")));
    }
    // Without it any of the keys might do.
    let Some(kid) = header.kid.clone().filter(|kid| !kid.is_empty()) else {
        return Err(fault("kid", "the name of the key that signed it", &"nothing"));
    };
    let claims = token
        .unproven_claims()
        .map_err(|error| fault("jwt", "a signed JWT", &error))?;
    let accept = Accept {
        algorithms: Algorithm::ALL,
        typ: Typ::Is(typ),
    };
    token
        .verify(keys, &accept)
        .map_err(|error| fault("kid", &format!("a signature by {kid}, its signer's key"), &error))?;
    Ok(claims)
}

fn text<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
    whose: Whose<'_>,
) -> Result<&'a str, TrustFault> {
    let found = claims.get(name).unwrap_or(&Value::Null);
    found
        .as_str()
        .ok_or_else(|| whose.fault(Step::Mark, name, "a text", found))
}

fn expect(
    claims: &Map<String, Value>,
    name: &'static str,
    expected: &str,
    whose: Whose<'_>,
) -> Result<(), TrustFault> {
    let found = text(claims, name, whose)?;
    if found == expected {
        Ok(())
    } else {
        Err(whose.fault(Step::Mark, name, expected, found))
    }
}

/// `exp` may be missing: such a mark stands until its issuer takes it back.
fn check_times(
    claims: &Map<String, Value>,
    whose: Whose<'_>,
    now: Timestamp,
) -> Result<(Timestamp, Option<Timestamp>), TrustFault> {
    let time = |name: &'static str| {
        numeric_date(claims, name).map_err(|fault| whose.fault(Step::Mark, name, "seconds since 1970", fault))
    };
    let issued_at = time("iat")?.ok_or_else(|| whose.fault(Step::Mark, "iat", "a time", "nothing"))?;
    if issued_at > now.plus(LEEWAY) {
        let expected = format!("a time that has come; it is {now} here: compare the clocks");
        return Err(whose.fault(Step::Mark, "iat", expected, issued_at));
    }
    let expires_at = time("exp")?;
    if let Some(expired) = expires_at.filter(|at| *at <= now.minus(LEEWAY)) {
        let expected = format!("a time to come; it is {now} here");
        return Err(whose.fault(Step::Mark, "exp", expected, expired));
    }
    Ok((issued_at, expires_at))
}
