use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::scope::Scope;

/// The `claims` parameter as far as we act on it (OpenID Connect Core 1.0 §5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Option<ClaimRequest>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Option<ClaimRequest>>,
}

/// How one claim is asked for; `null` stands for "voluntary".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRequest {
    #[serde(default)]
    pub essential: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<Value>>,
}

impl ClaimRequest {
    /// The values that answer the request; none where any does.
    pub fn wanted(&self) -> impl Iterator<Item = &Value> {
        self.value.iter().chain(self.values.iter().flatten())
    }

    /// Whether `held` answers the request; a request without values takes any.
    #[must_use]
    pub fn accepts(&self, held: &Value) -> bool {
        let mut wanted = self.wanted().peekable();
        wanted.peek().is_none() || wanted.any(|value| value == held)
    }
}

/// Which scope stands for a claim: a claim asked for by name needs the same consent.
#[must_use]
pub fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "name" => Some("profile"),
        "phone_number" | "phone_number_verified" => Some("phone"),
        _ => None,
    }
}

/// What we know of a resident, in the standard's names (OpenID Connect Core 1.0 §5.1).
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub name: Option<String>,
    pub phone_number: Option<String>,
}

impl Known {
    fn claim(&self, name: &str) -> Option<Value> {
        match name {
            "name" => self.name.as_ref().map(|name| json!(name)),
            "phone_number" => self.phone_number.as_ref().map(|phone| json!(phone)),
            "phone_number_verified" => self.phone_number.as_ref().map(|_| json!(true)),
            _ => None,
        }
    }
}

const BY_SCOPE: [(&str, &str); 3] = [
    ("profile", "name"),
    ("phone", "phone_number"),
    ("phone", "phone_number_verified"),
];

/// The claims that UserInfo answers: those of the granted scopes and those asked for by name,
/// as far as the resident's consent stands.
#[must_use]
pub fn for_userinfo(
    known: &Known,
    scope: &Scope,
    request: &ClaimsRequest,
    consented: &Scope,
) -> Map<String, Value> {
    let by_scope = BY_SCOPE
        .iter()
        .filter(|(group, _)| scope.has(group))
        .map(|(_, claim)| *claim);
    select(
        known,
        by_scope.chain(request.userinfo.keys().map(String::as_str)),
        consented,
    )
}

/// The claims that the ID token carries: with a code flow only those asked for by name
/// (OpenID Connect Core 1.0 §5.4).
#[must_use]
pub fn for_id_token(known: &Known, request: &ClaimsRequest, consented: &Scope) -> Map<String, Value> {
    select(known, request.id_token.keys().map(String::as_str), consented)
}

fn select<'a>(known: &Known, names: impl Iterator<Item = &'a str>, consented: &Scope) -> Map<String, Value> {
    names
        .filter(|name| scope_of(name).is_some_and(|group| consented.has(group)))
        .filter_map(|name| known.claim(name).map(|value| (name.to_owned(), value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        Known {
            name: Some("张三丰".to_owned()),
            phone_number: Some("+8613800000000".to_owned()),
        }
    }

    #[test]
    fn claims_of_scopes_go_to_userinfo_as_far_as_consented() {
        let scope = Scope::parse("openid profile phone");
        let claims = for_userinfo(
            &known(),
            &scope,
            &ClaimsRequest::default(),
            &Scope::parse("openid phone"),
        );
        assert_eq!(
            claims.keys().collect::<Vec<_>>(),
            ["phone_number", "phone_number_verified"]
        );
        assert!(for_id_token(&known(), &ClaimsRequest::default(), &scope).is_empty());
    }

    #[test]
    fn claims_asked_for_by_name_are_answered() {
        let request: ClaimsRequest =
            serde_json::from_value(json!({ "id_token": { "name": null, "acr": { "essential": true } } }))
                .unwrap();
        assert_eq!(
            for_id_token(&known(), &request, &Scope::parse("profile"))["name"],
            "张三丰"
        );
    }

    #[test]
    fn a_claim_request_accepts_its_values() {
        let request: ClaimRequest = serde_json::from_value(json!({ "values": ["a", "b"] })).unwrap();
        assert!(request.accepts(&json!("b")) && !request.accepts(&json!("c")));
        assert!(ClaimRequest::default().accepts(&json!("c")));
    }
}
