use super::commands::{self, word};
use crate::cli::finding::Verdict;
use crate::clock::Timestamp;
use crate::department::trust::entity::Entity;
use crate::department::trust::join::KeysSeen;
use crate::federation::{Chain, EntityId, Statement, Step, TrustFault};
use crate::keys::jose::{JwkSet, PublicKey};

/// Clocks that differ by less are none to blame.
const DRIFT: u64 = 60;

pub(super) fn statement(own: &Statement) -> String {
    format!(
        "made at {}, good until {}, signed by the key {}",
        own.issued_at(),
        own.expires_at(),
        own.kid()
    )
}

fn fingerprints(keys: &JwkSet) -> String {
    let prints: Vec<String> = keys.keys().iter().map(PublicKey::thumbprint).collect();
    prints.join(" ")
}

pub(super) fn keys(id: &EntityId, own: &Statement, seen: KeysSeen, entity: Option<&Entity>) -> Verdict {
    let offered = fingerprints(own.keys());
    let pinned = entity.map(Entity::pinned).unwrap_or_default().join(" ");
    Verdict::Fine(match seen {
        KeysSeen::First => format!("first contact: {offered} would be pinned"),
        KeysSeen::Same => format!("the pinned ones: {offered}"),
        KeysSeen::Followed => {
            format!("a pinned one has signed for others: {offered} would follow {pinned}")
        }
        KeysSeen::Held => {
            let are_held = entity.is_some_and(|entity| entity.held_keys().join(" ") == offered);
            let first = if are_held {
                ""
            } else {
                "; that works once it has tried to join, at its next sign-in"
            };
            return Verdict::Fault(format!(
                "it signs with other keys than the pinned ones, and none of those has signed for them: pinned {pinned}, \
                 offered {offered}. Compare with what the department says, over another way than the one they came by; if \
                 they are its own: `yimen department trust-keys {} -- {offered}`{first}",
                word(id)
            ));
        }
    })
}

pub(super) fn superiors(chain: &Chain) -> String {
    let by: Vec<String> = chain
        .superiors()
        .iter()
        .map(|statement| format!("by the word of {}", statement.issuer()))
        .collect();
    let anchor = chain.anchor().subject();
    if by.is_empty() {
        return format!("{anchor} is an anchor itself");
    }
    format!("{}, the anchor; good until {}", by.join(", "), chain.expires_at())
}

/// Where the trust broke off, and what to do.
pub(super) fn fault(fault: &TrustFault, id: &EntityId, us: &str) -> String {
    let TrustFault {
        entity,
        claim,
        expected,
        found,
        ..
    } = fault;
    let whose = if entity == id.as_str() {
        String::new()
    } else {
        format!(" of {entity}")
    };
    let found = if found.is_empty() { "nothing" } else { found };
    format!(
        "{claim}{whose}: expected {expected}, found {found}; {}",
        remedy(fault, id, us)
    )
}

fn remedy(fault: &TrustFault, id: &EntityId, us: &str) -> String {
    let TrustFault {
        step, entity, claim, ..
    } = fault;
    let is_own = entity == id.as_str();
    match step {
        Step::Reach if is_own => "its host must serve it".to_owned(),
        Step::Reach => format!(
            "this superior must answer for those below it: `yimen department check {}`",
            word(entity)
        ),
        Step::Subject => format!(
            "a system that takes itself for another has been told another address than {id} (in the SDK: `.department(…)` \
             or YIMEN_DEPARTMENT)"
        ),
        Step::Time if fault.claim == "exp" || fault.expected.contains("no older") => {
            "the system signs a new one every few hours, and no cache before it may keep an old one"
                .to_owned()
        }
        Step::Time => "the clock that it was signed by is wrong: set up NTP there".to_owned(),
        Step::Hint => format!(
            "its authority_hints must name {us} (in the SDK: `Yimen::at(…)`, YIMEN_ISSUER or YIMEN_AUTHORITY_HINTS), or a \
             superior that you let vouch for others: `yimen department allow URL --superior …`"
        ),
        Step::Keys => "its federation keys belong in jwks, each with a kid of its own".to_owned(),
        Step::Signature if *claim == "signed_jwks_uri" => {
            "its federation key signs what it serves there".to_owned()
        }
        Step::Signature => {
            "it must be signed by a key that stands in its own jwks, named by its kid".to_owned()
        }
        Step::PathLength => {
            "fewer superiors between, or a larger federation.max_intermediates or --max-path-length"
                .to_owned()
        }
        Step::Naming => format!(
            "the superior may not vouch for this name, unless you permit it: `yimen department show {}`",
            word(entity)
        ),
        Step::Loop => "superiors may not vouch for each other in a circle".to_owned(),
        Step::Anchor => format!("the chain must end at {us}, or at an anchor of federation.anchors"),
        Step::PolicyMerge => "its superiors' policies contradict each other: they must agree".to_owned(),
        Step::PolicyApply => format!("{id} changes its metadata, or {entity} its policy"),
        Step::OurRules => of_ours(fault, id),
        Step::Form
        | Step::Type
        | Step::Algorithm
        | Step::Critical
        | Step::Misplaced
        | Step::Syntax
        | Step::Mark => {
            format!("the software of {entity} must mend it (OpenID Federation 1.0 §3)")
        }
    }
}

fn of_ours(fault: &TrustFault, id: &EntityId) -> String {
    match fault.claim {
        "redirect_uris" | "post_logout_redirect_uris" | "initiate_login_uri" | "backchannel_logout_uri"
        | "policy_uri" | "tos_uri" => format!(
            "a system's addresses lie below its own; if it is known by another than {id}, allow that one: {}",
            commands::allow(id, None).replace(id.as_str(), "URL")
        ),
        "jwks" | "jwks_uri" | "signed_jwks_uri" | "keys" => {
            "its protocol keys belong in its metadata as openid_relying_party, in one of these two ways, and are others than its \
             federation keys"
                .to_owned()
        }
        "client_registration_types" => {
            "it must say itself that it wants to be registered automatically".to_owned()
        }
        "sub" => commands::allow(id, None),
        _ => "it changes its metadata as openid_relying_party".to_owned(),
    }
}

/// Whether its clock is to blame for a time that is wrong, by the date of its answer.
pub(super) fn clock(fault: &TrustFault, date: Option<Timestamp>, now: Timestamp) -> Option<String> {
    let date = date.filter(|_| fault.step == Step::Time)?;
    let (ahead, behind) = (date.since(now).as_secs(), now.since(date).as_secs());
    Some(if ahead > DRIFT {
        format!("; its host's clock is {ahead} s ahead: set up NTP on both")
    } else if behind > DRIFT {
        format!("; its host's clock is {behind} s behind: set up NTP on both")
    } else {
        "; by its answer's date, its host's clock is right".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::federation::Relaxation;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn of(step: Step) -> TrustFault {
        TrustFault::new(
            step,
            "https://hrss.city.example",
            "iat",
            "a time that has come",
            "later",
        )
    }

    #[test]
    fn a_wrong_time_is_blamed_on_the_clock_that_is_off() {
        let at = |date| clock(&of(Step::Time), Some(date), NOW).unwrap();
        let off = Duration::from_secs(90);
        assert!(at(NOW.plus(off)).contains("90 s ahead"));
        assert!(at(NOW.minus(off)).contains("90 s behind"));
        assert!(at(NOW.plus(Duration::from_secs(60))).contains("is right"));
        assert_eq!(clock(&of(Step::Time), None, NOW), None);
        assert_eq!(clock(&of(Step::Syntax), Some(NOW.plus(off)), NOW), None);
    }

    #[test]
    fn whose_statement_it_is_is_said_where_it_is_anothers() {
        let told = |id: &str| {
            let id = EntityId::parse(id, Relaxation::Nothing).unwrap();
            fault(&of(Step::Syntax), &id, "https://id.city.example")
        };
        assert!(
            told("https://hrss.city.example")
                .starts_with("iat: expected a time that has come, found later; ")
        );
        assert!(
            told("https://housing.city.example").starts_with("iat of https://hrss.city.example: expected")
        );
    }
}
