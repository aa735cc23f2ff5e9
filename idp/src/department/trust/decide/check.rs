use ipnet::IpNet;

use super::super::allowed::{Allowed, Pattern, Terms};
use super::super::marks::MARKS;
use super::{TermsFault, narrowest};
use crate::department::check as registration;
use crate::department::model::ClientMetadata;
use crate::federation::{EntityId, NameSubtree, Relaxation};

/// Whether what is decided can be kept to. `all`: the decisions that there are.
pub(super) fn check(
    pattern: &Pattern,
    terms: &Terms,
    all: &[Allowed],
    relaxation: Relaxation,
) -> Result<(), TermsFault> {
    if let Pattern::Entity(id) = pattern
        && id.as_str().ends_with('/')
    {
        let expected = format!(
            "{id}: a system is known by its address without a slash at its end; write it so, and have the system say so"
        );
        return Err(TermsFault::new("", "", expected));
    }
    for (field, text) in [("name", &terms.name), ("organisation", &terms.organisation)] {
        if text.trim().is_empty() {
            let expected = "a department has a name and an organisation: residents see both";
            return Err(TermsFault::new(field, text.trim(), expected));
        }
    }
    check_texts(terms)?;
    let mut metadata = ClientMetadata {
        scope: terms.scope.clone(),
        ..ClientMetadata::default()
    };
    terms.name(&mut metadata);
    metadata.purposes.clear();
    registration::check_scope(&metadata).map_err(TermsFault::of("scope"))?;
    metadata.purposes.clone_from(&terms.purposes);
    registration::check_scope(&metadata).map_err(TermsFault::of("purposes"))?;
    metadata.records.clone_from(&terms.records);
    metadata.asks.clone_from(&terms.asks);
    registration::check_words(&metadata)?;
    for mark in &terms.marks {
        if !MARKS.contains(&mark.as_str()) {
            let known = MARKS.join(" and ");
            return Err(TermsFault::new("marks", mark, format!("there are {known}")));
        }
    }
    for range in &terms.ranges {
        check_range(range, relaxation)?;
    }
    if terms.sector.is_some() && !pattern.names_one() {
        let expected = format!("whose place one system takes: name that system's address, not {pattern}");
        return Err(TermsFault::new("sector", "", expected));
    }
    check_data(pattern, terms)?;
    if terms.unreachable && (!pattern.names_one() || terms.superior.is_some() || terms.metadata_document) {
        let expected = "for one system that is named by its address, and neither for a superior nor for one that comes by a \
                        document: it sends what it says of itself";
        return Err(TermsFault::new("unreachable", "", expected));
    }
    check_superior(pattern, terms)?;
    check_through(pattern, terms, all, relaxation)
}

/// What residents read.
fn check_texts(terms: &Terms) -> Result<(), TermsFault> {
    for (field, text) in [
        ("name", &terms.name),
        ("name_en", &terms.name_en),
        ("organisation", &terms.organisation),
        ("organisation_en", &terms.organisation_en),
    ] {
        registration::check_text("it", text).map_err(TermsFault::of(field))?;
    }
    for (scope, purpose) in &terms.purposes {
        for text in [&purpose.zh, &purpose.en] {
            registration::check_text(scope, text).map_err(TermsFault::of("purposes"))?;
        }
    }
    Ok(())
}

/// Where nobody else's systems are: a mistake here would have us ask ourselves.
fn check_range(range: &IpNet, relaxation: Relaxation) -> Result<(), TermsFault> {
    let most = match range {
        IpNet::V4(_) => 8,
        IpNet::V6(_) => 7,
    };
    if range.prefix_len() < most {
        return Err(TermsFault::new("ranges", range, format!("at most a /{most}")));
    }
    let ours = ["127.0.0.0/8", "169.254.0.0/16", "::1/128", "fe80::/10"];
    let is_ours = ours
        .iter()
        .filter_map(|text| text.parse::<IpNet>().ok())
        .any(|ours| ours.contains(range) || range.contains(&ours));
    if is_ours && relaxation == Relaxation::Nothing {
        let expected = "it holds addresses of this machine or its own network segment";
        return Err(TermsFault::new("ranges", range, expected));
    }
    Ok(())
}

/// Who shares the name of a host or a domain has not been looked at.
fn check_data(pattern: &Pattern, terms: &Terms) -> Result<(), TermsFault> {
    for (field, is_said) in [
        ("records", !terms.records.is_empty()),
        ("asks", !terms.asks.is_empty()),
    ] {
        if is_said && !pattern.names_one() {
            let expected = format!(
                "said of one system: name its address, such as https://hrss.city.example, not {pattern}"
            );
            return Err(TermsFault::new(field, "", expected));
        }
    }
    Ok(())
}

fn check_superior(pattern: &Pattern, terms: &Terms) -> Result<(), TermsFault> {
    let Some(superior) = &terms.superior else {
        return Ok(());
    };
    if !pattern.names_one() {
        let expected = format!(
            "a superior is one system: name its address, such as https://bureau.city.example, not {pattern}"
        );
        return Err(TermsFault::new("superior", "", expected));
    }
    match superior
        .permitted
        .iter()
        .find(|name| NameSubtree::parse(name).is_none())
    {
        None => Ok(()),
        Some(name) => {
            let expected = "write a host, or .city.example for all below a domain";
            Err(TermsFault::new("superior.permitted", name, expected))
        }
    }
}

fn check_through(
    pattern: &Pattern,
    terms: &Terms,
    all: &[Allowed],
    relaxation: Relaxation,
) -> Result<(), TermsFault> {
    let Some(through) = &terms.through else {
        return Ok(());
    };
    if terms.metadata_document {
        let expected = "a metadata document lets come who has no superior: not both";
        return Err(TermsFault::new("metadata_document", "", expected));
    }
    let wrong = |expected: String| TermsFault::new("through", through, expected);
    let id =
        EntityId::parse(through, relaxation).map_err(|expected| wrong(format!("expected {expected}")))?;
    if pattern.covers(&id) && pattern.names_one() {
        return Err(wrong("nobody comes through themselves".to_owned()));
    }
    let is_superior = narrowest(all, &id).is_some_and(|allowed| allowed.terms.superior.is_some());
    if is_superior {
        Ok(())
    } else {
        Err(wrong("it is no superior; allow it first, as one".to_owned()))
    }
}
