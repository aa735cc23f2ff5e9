use super::commands::{self, word};
use crate::cli::finding::Verdict;
use crate::department::trust::allowed::{Allowed, Pause, Status};
use crate::department::trust::entity::{Entity, EntityStatus};
use crate::federation::EntityId;

pub(super) fn none(id: &EntityId) -> String {
    format!("no decision of yours covers it: {}", commands::allow(id, None))
}

pub(super) fn covering(id: &EntityId, allowed: &Allowed) -> Verdict {
    let terms = &allowed.terms;
    let said = format!(
        "{} is allowed: {} · {}, for {}",
        allowed.pattern, terms.name, terms.organisation, terms.scope
    );
    if allowed.pattern.names_one() || allowed.scopes().len() == terms.scope.split(' ').count() {
        return Verdict::Fine(said);
    }
    Verdict::Warning(format!(
        "{said}; by itself it gets openid alone, until you have looked at it: {}",
        commands::allow(id, Some(terms))
    ))
}

pub(super) fn standing(id: &EntityId, allowed: &Allowed, entity: Option<&Entity>) -> Verdict {
    let resume = |what: &dyn std::fmt::Display, reason: Option<Pause>| {
        let reason = reason.map_or_else(String::new, |reason| format!(" ({})", reason.as_str()));
        let command = format!("`yimen department resume {}`", word(what));
        Verdict::Fault(format!("{what} is suspended{reason}: {command}"))
    };
    if allowed.status == Status::Suspended {
        return resume(&allowed.pattern, allowed.reason);
    }
    match entity.map(|entity| (entity.status, entity)) {
        Some((EntityStatus::Suspended, entity)) => resume(id, entity.reason),
        Some((EntityStatus::Removed, _)) => Verdict::Fault(format!(
            "it was removed by its own address, and stays out until it is allowed by it: {}",
            commands::allow(id, Some(&allowed.terms))
        )),
        Some((EntityStatus::Joined, entity)) => Verdict::Fine(format!("it joined at {}", entity.joined_at)),
        Some((EntityStatus::ByDocument, entity)) => Verdict::Fine(format!(
            "it came by its client metadata document at {}",
            entity.joined_at
        )),
        Some((EntityStatus::Refused, _)) => Verdict::Fine("it has tried to join, and has not yet".to_owned()),
        None => Verdict::Fine("it has not been here yet".to_owned()),
    }
}

/// How it stands with a system that we cannot reach: nothing more of it can be seen from here.
pub(super) fn sent(id: &EntityId, allowed: &Allowed, entity: Option<&Entity>) -> Verdict {
    let joined = entity.filter(|entity| entity.status == EntityStatus::Joined);
    let trust = format!("`yimen department trust-keys {} -- …`", word(id));
    if let Some(entity) = joined {
        let said = "we cannot reach it, and it goes by what it sends; its keys are pinned";
        return match &entity.held {
            None => Verdict::Fine(said.to_owned()),
            Some(_) => Verdict::Warning(format!(
                "{said}, and others have been sent that wait for you: `yimen department show {}`",
                word(id)
            )),
        };
    }
    if !allowed.terms.trusted_keys.is_empty() {
        let keys = allowed.terms.trusted_keys.join(" ");
        return Verdict::Fine(format!(
            "we cannot reach it: it joins when it sends what these keys have signed: {keys}"
        ));
    }
    let last = entity.and_then(|entity| entity.fault.as_ref());
    Verdict::Fault(match last {
        Some((fault, at)) if fault.claim == "jwks" => format!(
            "it sent keys at {at} that you have not trusted, {}: compare them with what the department says, over another way, \
             and trust them: {trust}",
            fault.found
        ),
        _ => format!(
            "we cannot reach it, and you have trusted no keys of it: have the department tell you their thumbprints, and say \
             {trust}"
        ),
    })
}
