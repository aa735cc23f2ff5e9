use ipnet::IpNet;

use super::super::allowed::{Allowed, Pattern, Terms};
use super::super::marks::MARKS;
use super::narrowest;
use crate::department::check as registration;
use crate::department::model::ClientMetadata;
use crate::federation::{EntityId, NameSubtree, Relaxation};

/// Whether what is decided can be kept to. `all`: the decisions that there are.
pub(super) fn check(
    pattern: &Pattern,
    terms: &Terms,
    all: &[Allowed],
    relaxation: Relaxation,
) -> Result<(), String> {
    if let Pattern::Entity(id) = pattern
        && id.as_str().ends_with('/')
    {
        return Err(format!(
            "{id}: a system is known by its address without a slash at its end; write it so, and have the system say so"
        ));
    }
    if terms.name.trim().is_empty() || terms.organisation.trim().is_empty() {
        return Err("a department needs --name and --organisation: residents see both".to_owned());
    }
    let mut metadata = ClientMetadata {
        scope: terms.scope.clone(),
        ..ClientMetadata::default()
    };
    terms.name(&mut metadata);
    metadata.purposes.clone_from(&terms.purposes);
    metadata.records.clone_from(&terms.records);
    metadata.asks.clone_from(&terms.asks);
    registration::check_words(&metadata)?;
    for mark in &terms.marks {
        if !MARKS.contains(&mark.as_str()) {
            let known = MARKS.join(" and ");
            return Err(format!("--marks {}: there are {known}", mark.escape_debug()));
        }
    }
    for range in &terms.ranges {
        check_range(range, relaxation)?;
    }
    if terms.sector.is_some() && !pattern.names_one() {
        return Err(format!(
            "--moved-from says whose place one system takes: name that system's address, not {pattern}"
        ));
    }
    check_data(pattern, terms)?;
    check_superior(pattern, terms)?;
    check_through(pattern, terms, all, relaxation)
}

/// Where nobody else's systems are: a mistake here would have us ask ourselves.
fn check_range(range: &IpNet, relaxation: Relaxation) -> Result<(), String> {
    let most = match range {
        IpNet::V4(_) => 8,
        IpNet::V6(_) => 7,
    };
    if range.prefix_len() < most {
        return Err(format!("--range {range}: at most a /{most}"));
    }
    let ours = ["127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10"];
    let is_ours = ours
        .iter()
        .filter_map(|text| text.parse::<IpNet>().ok())
        .any(|ours| ours.contains(range) || range.contains(&ours));
    if is_ours && relaxation == Relaxation::Nothing {
        return Err(format!(
            "--range {range} holds addresses of this machine or its own network segment"
        ));
    }
    Ok(())
}

/// Who shares the name of a host or a domain has not been looked at.
fn check_data(pattern: &Pattern, terms: &Terms) -> Result<(), String> {
    if pattern.names_one() || (terms.records.is_empty() && terms.asks.is_empty()) {
        return Ok(());
    }
    Err(format!(
        "--record and --ask are said of one system: name its address, such as https://hrss.city.example, not {pattern}"
    ))
}

fn check_superior(pattern: &Pattern, terms: &Terms) -> Result<(), String> {
    let Some(superior) = &terms.superior else {
        return Ok(());
    };
    if !pattern.names_one() {
        return Err(format!(
            "a superior is one system: name its address, such as https://bureau.city.example, not {pattern}"
        ));
    }
    match superior
        .permitted
        .iter()
        .find(|name| NameSubtree::parse(name).is_none())
    {
        None => Ok(()),
        Some(name) => Err(format!(
            "--permit {}: write a host, or .city.example for all below a domain",
            name.escape_debug()
        )),
    }
}

fn check_through(
    pattern: &Pattern,
    terms: &Terms,
    all: &[Allowed],
    relaxation: Relaxation,
) -> Result<(), String> {
    let Some(through) = &terms.through else {
        return Ok(());
    };
    if terms.metadata_document {
        return Err("--metadata-document lets come who has no superior: not with --through".to_owned());
    }
    let id = EntityId::parse(through, relaxation)
        .map_err(|expected| format!("--through {}: expected {expected}", through.escape_debug()))?;
    if pattern.covers(&id) && pattern.names_one() {
        return Err(format!("--through {through}: nobody comes through themselves"));
    }
    let is_superior = narrowest(all, &id).is_some_and(|allowed| allowed.terms.superior.is_some());
    if is_superior {
        Ok(())
    } else {
        Err(format!(
            "--through {through}: it is no superior; allow it first, with `yimen department allow {through} --superior …`"
        ))
    }
}
