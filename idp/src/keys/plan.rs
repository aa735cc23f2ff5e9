use super::jose::Algorithm;
use super::model::{Key, Policy, Status};
use crate::clock::Timestamp;

/// One change to the key ring; each is one transaction that does nothing if another node was faster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Make a key: `Next`, or `Active` where there is none at all.
    Make { algorithm: Algorithm, status: Status },
    /// Let the next key sign and retire the one that did.
    Activate { kid: String, retiring: Option<String> },
    /// Delete the record of a key that nobody can ask for any more.
    Forget { kid: String },
}

/// What is to be done now. Carried out and asked again, it ends in nothing to do.
pub(super) fn plan(keys: &[Key], now: Timestamp, policy: &Policy) -> Vec<Step> {
    let mut steps: Vec<Step> = policy
        .algorithms
        .iter()
        .filter_map(|algorithm| succession(keys, *algorithm, now, policy))
        .collect();
    let forgotten = keys.iter().filter(|key| {
        matches!(key.status, Status::Retired | Status::Revoked)
            && key
                .leaves_at
                .zip(policy.remember)
                .is_some_and(|(leaves, remember)| leaves.plus(remember) <= now)
    });
    steps.extend(forgotten.map(|key| Step::Forget { kid: key.kid.clone() }));
    steps
}

fn succession(keys: &[Key], algorithm: Algorithm, now: Timestamp, policy: &Policy) -> Option<Step> {
    match (
        holding(keys, algorithm, Status::Active),
        holding(keys, algorithm, Status::Next),
    ) {
        // The very first key: nobody can have cached a key set without it.
        (None, None) => Some(Step::Make {
            algorithm,
            status: Status::Active,
        }),
        // The active key was revoked: better a key that some caches lack than none.
        (None, Some(next)) => Some(Step::Activate {
            kid: next.kid.clone(),
            retiring: None,
        }),
        (Some(_), None) => Some(Step::Make {
            algorithm,
            status: Status::Next,
        }),
        (Some(active), Some(next)) => (turn(active, next, policy) <= now).then(|| Step::Activate {
            kid: next.kid.clone(),
            retiring: Some(active.kid.clone()),
        }),
    }
}

/// When the next key's turn comes: as an operator asked, else by schedule; never before it is known.
pub(super) fn turn(active: &Key, next: &Key, policy: &Policy) -> Timestamp {
    let scheduled = || {
        let since = active.activated_at.unwrap_or(active.published_at);
        since
            .plus(policy.rotate_every)
            .max(next.published_at.plus(policy.publish_ahead))
    };
    next.activates_at
        .unwrap_or_else(scheduled)
        .max(policy.known_everywhere(next.published_at))
}

pub(super) fn holding(keys: &[Key], algorithm: Algorithm, status: Status) -> Option<&Key> {
    keys.iter()
        .find(|key| key.algorithm == algorithm && key.status == status)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
