use std::time::Duration;

use crate::clock::Timestamp;

/// So many faults in a row open the breaker.
pub(super) const THRESHOLD: u32 = 5;
/// How long a provider is then left alone, and how often it is probed afterwards.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(30);

/// Spares residents the wait for a provider that is down: closed, open after a run of faults, and
/// after a cool-down open for one probe at a time.
///
/// A probe whose outcome never comes (its request was dropped) does not block: the next one is
/// admitted a cool-down later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaker {
    Closed { faults: u32 },
    Open { retry_at: Timestamp },
    Probing { next_at: Timestamp },
}

impl Breaker {
    pub(super) const fn new() -> Self {
        Self::Closed { faults: 0 }
    }

    /// Whether the provider may be asked now; a `true` has to be followed by `worked` or `failed`.
    pub(super) fn admit(&mut self, now: Timestamp) -> bool {
        match *self {
            Self::Closed { .. } => true,
            Self::Open { retry_at: at } | Self::Probing { next_at: at } => {
                let due = now >= at;
                if due {
                    *self = Self::Probing {
                        next_at: now.plus(COOL_DOWN),
                    };
                }
                due
            }
        }
    }

    /// The provider answered as a provider should, be it with a refusal.
    pub(super) fn worked(&mut self) {
        *self = Self::new();
    }

    /// The provider failed; answers "did this open the breaker?".
    pub(super) fn failed(&mut self, now: Timestamp) -> bool {
        *self = match *self {
            // A request from before the opening ends only now: no reason to wait longer.
            Self::Open { .. } => return false,
            Self::Closed { faults } if faults + 1 < THRESHOLD => Self::Closed { faults: faults + 1 },
            Self::Closed { .. } | Self::Probing { .. } => Self::Open {
                retry_at: now.plus(COOL_DOWN),
            },
        };
        matches!(self, Self::Open { .. })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn opened_at(now: Timestamp) -> Breaker {
        let mut breaker = Breaker::new();
        let openings = (0..THRESHOLD).filter(|_| breaker.failed(now)).count();
        assert_eq!(openings, 1);
        breaker
    }

    #[test]
    fn a_run_of_faults_opens_it_and_a_success_begins_a_new_run() {
        let mut breaker = Breaker::new();
        for _ in 1..THRESHOLD {
            assert!(!breaker.failed(at(0)));
        }
        breaker.worked();
        for _ in 1..THRESHOLD {
            assert!(!breaker.failed(at(1)));
            assert!(breaker.admit(at(1)));
        }
        assert!(breaker.failed(at(1)));
        assert!(!breaker.admit(at(2)));
    }

    #[test]
    fn after_the_cool_down_one_probe_decides() {
        let mut breaker = opened_at(at(0));
        assert!(!breaker.admit(at(29)));
        assert!(breaker.admit(at(30)), "the probe");
        assert!(!breaker.admit(at(30)), "one only");
        assert!(breaker.failed(at(31)));
        assert!(!breaker.admit(at(60)), "open again from the probe's end");
        assert!(breaker.admit(at(61)));
        breaker.worked();
        assert!(breaker.admit(at(61)) && breaker.admit(at(61)));
    }

    #[test]
    fn a_lost_probe_is_followed_by_another() {
        let mut breaker = opened_at(at(0));
        assert!(breaker.admit(at(30)));
        assert!(!breaker.admit(at(59)));
        assert!(breaker.admit(at(60)));
    }

    #[test]
    fn a_late_fault_does_not_prolong_the_wait() {
        let mut breaker = opened_at(at(0));
        assert!(!breaker.failed(at(20)));
        assert!(breaker.admit(at(30)));
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Wait(u64),
        Ask,
        Worked,
        Failed,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (1_u64..40).prop_map(Step::Wait),
            Just(Step::Ask),
            Just(Step::Worked),
            Just(Step::Failed),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        /// Whatever happens in whatever order, a provider is never shut out for longer than one
        /// cool-down, is shut out only after a full run of faults, and is probed once per cool-down.
        #[test]
        fn it_neither_sticks_nor_leaks(steps in steps()) {
            let (mut breaker, mut now) = (Breaker::new(), at(0));
            let (mut run, mut last_probe) = (0_u32, None);
            for step in steps {
                match step {
                    Step::Wait(seconds) => now = now.plus(Duration::from_secs(seconds)),
                    Step::Worked => { breaker.worked(); run = 0; last_probe = None; }
                    Step::Failed => { breaker.failed(now); run += 1; }
                    Step::Ask => {
                        let closed = matches!(breaker, Breaker::Closed { .. });
                        let admitted = breaker.admit(now);
                        prop_assert!(admitted || run >= THRESHOLD);
                        if admitted && !closed {
                            if let Some(last) = last_probe {
                                prop_assert!(now.since(last) >= COOL_DOWN);
                            }
                            last_probe = Some(now);
                        }
                    }
                }
                let mut later = breaker;
                prop_assert!(later.admit(now.plus(COOL_DOWN)));
            }
        }
    }
}
