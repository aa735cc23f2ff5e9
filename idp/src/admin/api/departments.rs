use axum::extract::{Request, State};
use axum::http::header::ETAG;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::Admin;
use super::read::{Named, check_version, members, pattern, terms, version};
use super::{Problem, answer};
use crate::department::AdminScope;
use crate::department::trust::allowed::{Allowed, Pattern, Pause};
use crate::department::trust::entity::Entity;
use crate::department::trust::{self, Overview, Told};
use crate::web::Facts;

/// Decisions in one answer.
const USUAL: usize = 50;
const MOST: usize = 200;

/// GET `/api/admin/v1/departments`: the decisions, a page at a time.
///
/// # Errors
/// As the token, `limit` or the records have it.
pub async fn list(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    admin
        .caller(&headers, &facts, AdminScope::DepartmentsRead)
        .await?;
    let (mut limit, mut after) = (USUAL, String::new());
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "limit" => {
                let read = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                limit = read.ok_or_else(|| Problem::field("limit", &value, format!("1 to {MOST}")))?;
            }
            "cursor" => after = value.into_owned(),
            other => return Err(Problem::field(other, "", "there are limit and cursor")),
        }
    }
    let all = trust::decisions(&admin.db).await?.into_iter();
    let mut rest = all.filter(|one| one.allowed.pattern.to_string() > after);
    let page: Vec<_> = rest.by_ref().take(limit).collect();
    let last = page.last().map(|one| one.allowed.pattern.to_string());
    let next = last.filter(|_| rest.next().is_some());
    let listed: Vec<_> = page.iter().map(summary).collect();
    Ok(answer(json!({ "departments": listed, "next_cursor": next })))
}

fn summary(one: &Overview) -> Value {
    let mut value = one.allowed.to_json();
    value["systems"] = json!(one.systems);
    value["waiting"] = json!({ "held_keys": one.held, "faults": one.stumbled });
    value
}

/// GET `/api/admin/v1/departments/{pattern}`: the decision of exactly this pattern, with its version.
///
/// # Errors
/// Where there is none.
pub async fn show(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
) -> Result<Response, Problem> {
    admin
        .caller(&headers, &facts, AdminScope::DepartmentsRead)
        .await?;
    let pattern = pattern(named, admin.relaxation())?;
    match trust::decided(&admin.db, &pattern).await? {
        Some(allowed) => Ok(decision(&allowed, StatusCode::OK)),
        None => Err(trust::DecideError::Unknown(pattern.to_string()).into()),
    }
}

/// PUT `/api/admin/v1/departments/{pattern}`: lets whoever it covers join on these terms, or on others than before.
///
/// # Errors
/// Where the terms cannot be kept to, or are not those that the caller has read.
pub async fn put(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
    request: Request,
) -> Result<Response, Problem> {
    let caller = admin
        .caller(&headers, &facts, AdminScope::DepartmentsWrite)
        .await?;
    let relaxation = admin.relaxation();
    let pattern = pattern(named, relaxation)?;
    let terms = terms(members(request).await?)?;
    let before = trust::decided(&admin.db, &pattern).await?;
    check_version(&headers, before.as_ref())?;
    let context = caller.context(&admin, &facts);
    let done = trust::allow(&admin.db, &context, &pattern, before.as_ref(), terms, relaxation).await?;
    let after = trust::decided(&admin.db, &pattern)
        .await?
        .ok_or_else(Problem::overtaken)?;
    let status = if done.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(decision(&after, status))
}

/// DELETE `/api/admin/v1/departments/{pattern}`: takes a decision back, or removes one system that a wider one let in.
///
/// # Errors
/// As [`put`].
pub async fn remove(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
) -> Result<Response, Problem> {
    let caller = admin
        .caller(&headers, &facts, AdminScope::DepartmentsWrite)
        .await?;
    let pattern = pattern(named, admin.relaxation())?;
    let before = trust::decided(&admin.db, &pattern).await?;
    check_version(&headers, before.as_ref())?;
    let context = caller.context(&admin, &facts);
    let kept = match &before {
        Some(read) => trust::remove_as_read(&admin.db, &context, read).await?,
        None => trust::remove(&admin.db, &context, &pattern).await?,
    };
    let mut value = said(&pattern, "removed", kept.told);
    value["covered_by"] = json!(kept.covered_by);
    Ok(answer(value))
}

/// GET `/api/admin/v1/departments/{pattern}/systems`: who came under it, with keys that wait and what went wrong.
///
/// # Errors
/// Where nothing of that name is allowed or has joined.
pub async fn systems(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
) -> Result<Response, Problem> {
    admin
        .caller(&headers, &facts, AdminScope::DepartmentsRead)
        .await?;
    let looked = trust::look(&admin.db, &pattern(named, admin.relaxation())?).await?;
    let systems: Vec<_> = looked.systems.iter().map(Entity::to_json).collect();
    let under = looked.allowed.map(|allowed| allowed.pattern.to_string());
    Ok(answer(json!({ "under": under, "systems": systems })))
}

/// POST `/api/admin/v1/departments/{pattern}/suspend`, with a `reason` or none.
///
/// # Errors
/// Where nothing of that name is allowed or has joined, or it is suspended already.
pub async fn suspend(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
    request: Request,
) -> Result<Response, Problem> {
    let caller = admin
        .caller(&headers, &facts, AdminScope::DepartmentsWrite)
        .await?;
    let pattern = pattern(named, admin.relaxation())?;
    let mut reason = None;
    for (name, value) in members(request).await? {
        let named = (name == "reason").then(|| value.as_str().and_then(Pause::named));
        let expected = || {
            format!(
                "reason alone, one of {}",
                Pause::ALL.map(Pause::as_str).join(", ")
            )
        };
        reason = Some(
            named
                .flatten()
                .ok_or_else(|| Problem::field(&name, &value, expected()))?,
        );
    }
    let context = caller.context(&admin, &facts);
    let told = trust::suspend(&admin.db, &context, &pattern, reason).await?;
    Ok(answer(said(&pattern, "suspended", told)))
}

/// POST `/api/admin/v1/departments/{pattern}/resume`.
///
/// # Errors
/// Where nothing of that name is suspended.
pub async fn resume(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
) -> Result<Response, Problem> {
    let caller = admin
        .caller(&headers, &facts, AdminScope::DepartmentsWrite)
        .await?;
    let pattern = pattern(named, admin.relaxation())?;
    let context = caller.context(&admin, &facts);
    let told = trust::resume(&admin.db, &context, &pattern).await?;
    Ok(answer(said(&pattern, "resumed", told)))
}

/// POST `/api/admin/v1/departments/{pattern}/trust-keys`, with the `fingerprints` of exactly those that are held.
///
/// # Errors
/// Where others are held, or none.
pub async fn trust_keys(
    State(admin): State<Admin>,
    facts: Facts,
    headers: HeaderMap,
    named: Named,
    request: Request,
) -> Result<Response, Problem> {
    let caller = admin
        .caller(&headers, &facts, AdminScope::DepartmentsWrite)
        .await?;
    let pattern = pattern(named, admin.relaxation())?;
    let Pattern::Entity(id) = pattern else {
        let detail = "keys are one system's: name it by its address, https://…";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_pattern", detail));
    };
    let mut members = members(request).await?;
    let fingerprints = members.remove("fingerprints").unwrap_or_default();
    let fingerprints: Vec<String> = serde_json::from_value(fingerprints)
        .map_err(|_| Problem::field("fingerprints", "", "a list of RFC 7638 thumbprints"))?;
    if let Some((other, _)) = members.into_iter().next() {
        return Err(Problem::field(&other, "", "there is fingerprints alone"));
    }
    let context = caller.context(&admin, &facts);
    trust::trust_keys(&admin.db, &context, &id, &fingerprints).await?;
    Ok(answer(
        json!({ "entity_id": id.as_str(), "trusted": fingerprints }),
    ))
}

fn said(pattern: &Pattern, what: &str, told: Told) -> Value {
    json!({ "pattern": pattern.to_string(), what: true, "one_system": told == Told::System })
}

fn decision(allowed: &Allowed, status: StatusCode) -> Response {
    let mut response = answer(allowed.to_json());
    *response.status_mut() = status;
    if let Ok(version) = HeaderValue::try_from(version(allowed)) {
        response.headers_mut().insert(ETAG, version);
    }
    response
}
