//! What a request says: a pattern, a version, a body.

use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest as _, Path, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::IntoResponse as _;
use serde_json::{Map, Value, json};

use super::Problem;
use crate::department::trust::allowed::{Allowed, Pattern, Terms};
use crate::federation::Relaxation;

/// The part of the path that names a decision or a system, percent-encoded.
pub(super) type Named = Result<Path<String>, PathRejection>;

pub(super) fn pattern(named: Named, relaxation: Relaxation) -> Result<Pattern, Problem> {
    let wrong = || {
        let detail = "the pattern in the path is not percent-encoded UTF-8";
        Problem::new(StatusCode::BAD_REQUEST, "invalid_pattern", detail)
    };
    let Path(text) = named.map_err(|_| wrong())?;
    Ok(Pattern::parse(&text, relaxation)?)
}

/// Of a decision as it stands: another with each change (RFC 9110 §8.8.3).
pub(in crate::admin) fn version(allowed: &Allowed) -> String {
    let id = allowed.id.simple().to_string();
    format!("\"{:x}-{}\"", allowed.updated_at.millis(), &id[20..])
}

/// Whether the caller writes over what it has read. Nothing stands there: it must not expect anything. Something does: it
/// must name it, so that nobody's change is lost by another's.
pub(super) fn check_version(headers: &HeaderMap, before: Option<&Allowed>) -> Result<(), Problem> {
    let (wanted, unwanted) = (listed(headers, &IF_MATCH), listed(headers, &IF_NONE_MATCH));
    let Some(before) = before else {
        return match wanted {
            None => Ok(()),
            Some(_) => Err(Problem::overtaken()),
        };
    };
    let now = version(before);
    let names_it = |list: &[&str]| list.iter().any(|one| *one == "*" || *one == now);
    if unwanted.is_some_and(|list| names_it(&list)) {
        return Err(Problem::overtaken());
    }
    match wanted {
        Some(list) if names_it(&list) => Ok(()),
        Some(_) => Err(Problem::overtaken()),
        None => {
            let detail = "say which state you change: send the ETag that you read as If-Match";
            Err(Problem::new(
                StatusCode::PRECONDITION_REQUIRED,
                "if_match_needed",
                detail,
            ))
        }
    }
}

fn listed<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<&'a str>> {
    let value = headers.get(name)?.to_str().unwrap_or_default();
    Some(value.split(',').map(str::trim).collect())
}

/// The members of a JSON body; none of an empty one.
pub(super) async fn members(request: Request) -> Result<Map<String, Value>, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).cloned();
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| {
        match rejection.into_response().status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = "the body is longer than http.body_limit allows";
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "unreadable", "the body broke off"),
        }
    })?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    let essence = kind
        .as_ref()
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next());
    if !essence.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        let detail = "the body is JSON: send it as application/json";
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            detail,
        ));
    }
    serde_json::from_slice(&body).map_err(|fault| {
        let detail = format!("the body is no JSON object: {fault}");
        Problem::new(StatusCode::BAD_REQUEST, "not_json", detail)
    })
}

/// The terms of a decision, whole: what is not named has its default. Members that nobody knows are refused, so that a
/// slip is not taken for a decision.
pub(super) fn terms(members: Map<String, Value>) -> Result<Terms, Problem> {
    let known = json!(Terms::default());
    for (name, value) in &members {
        if known.get(name).is_none() {
            let names = known.as_object().into_iter().flat_map(Map::keys);
            let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(Problem::field(
                name,
                "",
                format!("no such member; there are {names}"),
            ));
        }
        // Each alone, so that the fault has a name.
        let alone = json!({ name: value });
        let read = serde_json::from_value::<Terms>(alone);
        let read = read.map_err(|fault| Problem::field(name, value, fault.to_string()))?;
        if let Some(part) = unknown_part(value, &json!(read)[name]) {
            return Err(Problem::field(&format!("{name}.{part}"), "", "no such member"));
        }
    }
    let mut terms: Terms = serde_json::from_value(Value::Object(members))
        .map_err(|fault| Problem::field("", "", fault.to_string()))?;
    if terms.scope.is_empty() {
        "openid".clone_into(&mut terms.scope);
    }
    Ok(terms)
}

/// A member that was sent and that what was read of it does not have.
fn unknown_part(sent: &Value, read: &Value) -> Option<String> {
    let (sent, read) = (sent.as_object()?, read.as_object()?);
    sent.iter().find_map(|(name, value)| match read.get(name) {
        None => Some(name.clone()),
        Some(read) => unknown_part(value, read).map(|part| format!("{name}.{part}")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::response::IntoResponse as _;

    use super::*;

    fn read(value: Value) -> Result<Terms, Problem> {
        let Value::Object(members) = value else {
            panic!("no object")
        };
        terms(members)
    }

    #[test]
    fn what_is_not_named_has_its_default_and_what_is_not_known_is_refused() {
        let terms = read(json!({ "name": "养老金查询", "superior": { "max_path_length": 1 } })).unwrap();
        assert_eq!(
            (terms.name.as_str(), terms.scope.as_str()),
            ("养老金查询", "openid")
        );
        assert_eq!(terms.superior.unwrap().max_path_length, Some(1));
        for wrong in [
            json!({ "scopes": "openid" }),
            json!({ "name": 1 }),
            json!({ "ranges": ["10.0.0.0/99"] }),
            json!({ "superior": { "max_path_lenght": 1 } }),
            json!({ "purposes": { "phone": { "zh": "x", "en": "", "optinal": true } } }),
            json!({ "pattern": "*.gov.example" }),
            json!({ "status": "active" }),
        ] {
            let refused = read(wrong.clone()).unwrap_err().into_response();
            assert_eq!(refused.status(), 422, "{wrong}");
        }
    }

    /// Whoever writes back what they have read loses nothing, and the description says what that is.
    #[test]
    fn every_member_of_terms_is_read_written_and_described() {
        let written = json!(Terms::default());
        let description: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let described = &description["components"]["schemas"]["Terms"]["properties"];
        let names = |value: &Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(names(&written), names(described));
        assert_eq!(read(written).unwrap().sector, None);
    }

    #[test]
    fn nobody_writes_over_what_they_have_not_read() {
        let headers = |name: HeaderName, value: &str| HeaderMap::from_iter([(name, value.parse().unwrap())]);
        let status = |headers: &HeaderMap| {
            let refused = check_version(headers, None);
            refused.map_or_else(|refused| refused.into_response().status().as_u16(), |()| 200)
        };
        assert_eq!(status(&HeaderMap::new()), 200);
        assert_eq!(status(&headers(IF_NONE_MATCH, "*")), 200);
        assert_eq!(status(&headers(IF_MATCH, "*")), 412);
    }
}
