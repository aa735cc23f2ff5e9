//! When a key is replaced. Each change is one step, so that processes that share a file agree on what is next.

use std::time::{Duration, SystemTime};

use crate::clock::numeric_date;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long the keys of one use live.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    signs_for: Duration,
    /// How long the next key is published before it signs.
    shown_before: Duration,
    /// How long one that signs no more stays published, for what it has signed.
    shown_after: Duration,
    /// Whether the provider has to have accepted us after it must have seen the next key. Its own registration of us is
    /// over a day after the configuration that it came from, so who is accepted later has been seen later.
    seen_after: Option<Duration>,
}

/// A client assertion lives for a minute; the provider reads the keys anew at least once a day.
pub(super) const PROTOCOL: Plan = Plan {
    signs_for: Duration::from_secs(90 * 24 * 3600),
    shown_before: Duration::from_secs(7 * 24 * 3600),
    shown_after: DAY,
    seen_after: None,
};

/// The provider has pinned the key that signs. It learns of the next by a configuration which that one has signed, and
/// only when residents come: without them, the next has to wait.
pub(super) const FEDERATION: Plan = Plan {
    signs_for: Duration::from_secs(365 * 24 * 3600),
    shown_before: Duration::from_secs(30 * 24 * 3600),
    shown_after: Duration::from_secs(7 * 24 * 3600),
    seen_after: Some(Duration::from_secs(2 * 24 * 3600)),
};

/// What has happened to a key so far, each as NumericDate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dates {
    pub(super) published: u64,
    pub(super) signs: Option<u64>,
    pub(super) signed_until: Option<u64>,
}

impl Dates {
    /// Of a key that signs at once.
    pub(super) fn signing(now: SystemTime) -> Self {
        Self {
            signs: Some(numeric_date(now)),
            ..Self::next(now)
        }
    }

    pub(super) fn next(now: SystemTime) -> Self {
        Self {
            published: numeric_date(now),
            signs: None,
            signed_until: None,
        }
    }

    pub(super) const fn is_signing(&self) -> bool {
        self.signs.is_some() && self.signed_until.is_none()
    }
}

/// By place in the list of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Forget(usize),
    MakeNext,
    Sign { next: usize, former: usize },
}

impl Plan {
    /// What is due. `accepted`: when the provider last accepted this department.
    pub(super) fn due(self, keys: &[Dates], accepted: u64, now: SystemTime) -> Option<Change> {
        let now = numeric_date(now);
        let has_passed = |since: u64, span: Duration| now >= since.saturating_add(span.as_secs());
        let is_over = |dates: &Dates| {
            dates
                .signed_until
                .is_some_and(|until| has_passed(until, self.shown_after))
        };
        if let Some(place) = keys.iter().position(is_over) {
            return Some(Change::Forget(place));
        }
        let former = keys.iter().position(Dates::is_signing)?;
        let Some(next) = keys.iter().position(|dates| dates.signs.is_none()) else {
            let since = keys.get(former)?.signs?;
            return has_passed(since, self.signs_for.saturating_sub(self.shown_before))
                .then_some(Change::MakeNext);
        };
        let published = keys.get(next)?.published;
        let is_seen = self
            .seen_after
            .is_none_or(|span| accepted >= published.saturating_add(span.as_secs()));
        (has_passed(published, self.shown_before) && is_seen).then_some(Change::Sign { next, former })
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    const fn key(published: u64, signs: Option<u64>, signed_until: Option<u64>) -> Dates {
        Dates {
            published: published * 86400,
            signs: match signs {
                Some(day) => Some(day * 86400),
                None => None,
            },
            signed_until: match signed_until {
                Some(day) => Some(day * 86400),
                None => None,
            },
        }
    }

    fn due(plan: Plan, keys: &[Dates], accepted: u64, day: u64) -> Option<Change> {
        plan.due(
            keys,
            accepted * 86400,
            UNIX_EPOCH + Duration::from_secs(day * 86400),
        )
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_after_it_has_signed() {
        let first = key(0, Some(0), None);
        assert_eq!(due(PROTOCOL, &[first], 0, 82), None);
        assert_eq!(due(PROTOCOL, &[first], 0, 83), Some(Change::MakeNext));
        let second = key(83, None, None);
        assert_eq!(due(PROTOCOL, &[first, second], 0, 89), None);
        let sign = Some(Change::Sign { next: 1, former: 0 });
        assert_eq!(due(PROTOCOL, &[first, second], 0, 90), sign);
        let (first, second) = (key(0, Some(0), Some(90)), key(83, Some(90), None));
        assert_eq!(due(PROTOCOL, &[second, first], 0, 90), None);
        assert_eq!(due(PROTOCOL, &[second, first], 0, 91), Some(Change::Forget(1)));
    }

    #[test]
    fn a_department_that_was_off_for_long_publishes_the_next_key_as_long_as_ever() {
        let (first, second) = (key(0, Some(0), None), key(900, None, None));
        assert_eq!(due(PROTOCOL, &[first], 0, 900), Some(Change::MakeNext));
        assert_eq!(due(PROTOCOL, &[first, second], 0, 906), None);
        assert!(due(PROTOCOL, &[first, second], 0, 907).is_some());
    }

    #[test]
    fn a_federation_key_waits_until_the_provider_must_have_seen_it() {
        let keys = [key(0, Some(0), None), key(335, None, None)];
        assert_eq!(due(FEDERATION, &keys, 336, 900), None, "nobody came since");
        assert_eq!(due(FEDERATION, &keys, 337, 364), None);
        assert!(due(FEDERATION, &keys, 337, 365).is_some());
    }
}
