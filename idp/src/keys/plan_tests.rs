use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::keys::jose::PublicKey;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const ES256: Algorithm = Algorithm::Es256;
const POLICY: Policy = Policy::for_tokens(HOUR);

/// A key ring without a database, to which steps are applied as the records would.
#[derive(Default)]
struct Ring {
    keys: Vec<Key>,
    made: usize,
}

impl Ring {
    fn settle(&mut self, now: Timestamp) {
        for _ in 0..10 {
            let steps = plan(&self.keys, now, &POLICY);
            if steps.is_empty() {
                return;
            }
            for step in steps {
                self.apply(step, now);
            }
        }
        panic!("the plan does not come to rest: {:?}", self.keys);
    }

    fn apply(&mut self, step: Step, now: Timestamp) {
        match step {
            Step::Make { algorithm, status } => {
                self.made += 1;
                self.keys
                    .push(key(&format!("k{}", self.made), algorithm, status, now));
            }
            Step::Activate { kid, retiring } => {
                if let Some(old) = retiring {
                    self.end(&old, Status::Retired, now, POLICY.last_token_gone(now));
                }
                let next = self.of(&kid);
                next.status = Status::Active;
                next.activated_at = Some(now);
            }
            Step::Forget { kid } => self.keys.retain(|key| key.kid != kid),
        }
    }

    fn end(&mut self, kid: &str, status: Status, now: Timestamp, leaves: Timestamp) {
        let key = self.of(kid);
        key.status = status;
        key.ended_at = Some(now);
        key.leaves_at = Some(leaves);
    }

    fn of(&mut self, kid: &str) -> &mut Key {
        self.keys.iter_mut().find(|key| key.kid == kid).unwrap()
    }

    fn kid(&self, algorithm: Algorithm, status: Status) -> Option<String> {
        holding(&self.keys, algorithm, status).map(|key| key.kid.clone())
    }

    fn published(&self, kid: &str, now: Timestamp) -> bool {
        self.keys
            .iter()
            .any(|key| key.kid == kid && key.is_published(now))
    }

    fn revoked(&self, kid: &str) -> bool {
        !self
            .keys
            .iter()
            .any(|key| key.kid == kid && key.status != Status::Revoked)
    }
}

fn key(kid: &str, algorithm: Algorithm, status: Status, now: Timestamp) -> Key {
    let jwk: Value = serde_json::from_str(
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    )
    .unwrap();
    Key {
        kid: kid.to_owned(),
        algorithm,
        status,
        public: PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap(),
        published_at: now,
        activates_at: None,
        activated_at: (status == Status::Active).then_some(now),
        ended_at: None,
        leaves_at: None,
    }
}

fn at(span: Duration) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000).plus(span)
}

#[test]
fn a_new_ring_gets_an_active_and_a_next_key_for_each_algorithm() {
    let mut ring = Ring::default();
    ring.settle(at(Duration::ZERO));
    for algorithm in POLICY.algorithms {
        assert!(
            ring.kid(*algorithm, Status::Active).is_some() && ring.kid(*algorithm, Status::Next).is_some()
        );
    }
    assert_eq!(ring.keys.len(), 2 * POLICY.algorithms.len());
}

#[test]
fn a_key_signs_for_its_time_and_stays_published_until_its_last_token_is_gone() {
    let mut ring = Ring::default();
    ring.settle(at(Duration::ZERO));
    let first = ring.kid(ES256, Status::Active).unwrap();
    let second = ring.kid(ES256, Status::Next).unwrap();
    ring.settle(at(89 * DAY));
    assert_eq!(ring.kid(ES256, Status::Active), Some(first.clone()));
    ring.settle(at(90 * DAY));
    assert_eq!(ring.kid(ES256, Status::Active), Some(second));
    let gone = at(90 * DAY + HOUR + Duration::from_secs(120));
    assert!(ring.published(&first, gone.minus(Duration::from_millis(1))));
    assert!(!ring.published(&first, gone));
    assert!(
        ring.keys.iter().any(|key| key.kid == first),
        "an old ID token is still a hint"
    );
    ring.settle(gone.plus(400 * DAY));
    assert!(!ring.keys.iter().any(|key| key.kid == first));
}

#[test]
fn an_operator_cannot_hurry_a_key_past_the_caches() {
    let mut ring = Ring::default();
    ring.settle(at(Duration::ZERO));
    let next = ring.kid(ES256, Status::Next).unwrap();
    ring.of(&next).activates_at = Some(at(Duration::ZERO));
    let known = Policy::JWKS_MAX_AGE + Policy::PROPAGATION;
    ring.settle(at(known - Duration::from_secs(1)));
    assert_ne!(ring.kid(ES256, Status::Active), Some(next.clone()));
    ring.settle(at(known));
    assert_eq!(ring.kid(ES256, Status::Active), Some(next));
}

#[test]
fn a_late_schedule_still_publishes_a_day_ahead() {
    let mut ring = Ring::default();
    ring.settle(at(Duration::ZERO));
    // The next key was lost (revoked) shortly before its turn: its successor waits its day.
    let lost = ring.kid(ES256, Status::Next).unwrap();
    ring.end(&lost, Status::Revoked, at(89 * DAY), at(89 * DAY));
    ring.settle(at(90 * DAY - HOUR));
    let first = ring.kid(ES256, Status::Active).unwrap();
    ring.settle(at(91 * DAY - 2 * HOUR));
    assert_eq!(ring.kid(ES256, Status::Active), Some(first.clone()));
    ring.settle(at(91 * DAY - HOUR));
    assert_ne!(ring.kid(ES256, Status::Active), Some(first));
}

#[derive(Clone, Debug)]
enum Act {
    Wait(u64),
    Rotate,
    RevokeActive,
    RevokeNext,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        10 => (1_u64..120).prop_map(Act::Wait),
        6 => (120_u64..100_000).prop_map(Act::Wait),
        3 => (100_000_u64..10_000_000).prop_map(Act::Wait),
        3 => Just(Act::Rotate),
        1 => Just(Act::RevokeActive),
        1 => Just(Act::RevokeNext),
    ];
    prop::collection::vec(act, 1..80)
}

proptest! {
    /// Whatever time passes and operators do: one active and one next key; no key signs that a
    /// permitted cache lacks, unless the one before was revoked; whatever signed a live token is
    /// published.
    #[test]
    fn the_ring_keeps_its_promises(acts in acts()) {
        let mut ring = Ring::default();
        let mut now = at(Duration::ZERO);
        ring.settle(now);
        let mut live: Vec<(String, Timestamp)> = Vec::new();
        for act in acts {
            let before = ring.kid(ES256, Status::Active);
            let mut emergency = false;
            match act {
                Act::Wait(seconds) => now = now.plus(Duration::from_secs(seconds)),
                Act::Rotate => {
                    let next = ring.kid(ES256, Status::Next).unwrap();
                    ring.of(&next).activates_at = Some(now);
                }
                Act::RevokeActive | Act::RevokeNext => {
                    emergency = matches!(act, Act::RevokeActive);
                    let status = if emergency { Status::Active } else { Status::Next };
                    let kid = ring.kid(ES256, status).unwrap();
                    ring.end(&kid, Status::Revoked, now, now);
                }
            }
            ring.settle(now);

            for algorithm in POLICY.algorithms {
                for status in [Status::Active, Status::Next] {
                    let held = ring.keys.iter().filter(|key| key.algorithm == *algorithm && key.status == status);
                    prop_assert_eq!(held.count(), 1);
                }
            }
            let active = holding(&ring.keys, ES256, Status::Active).unwrap();
            if before.as_ref() != Some(&active.kid) && !emergency {
                prop_assert!(POLICY.known_everywhere(active.published_at) <= now);
            }
            // A node that has not looked yet may sign for a moment more with the key before.
            live.push((active.kid.clone(), now.plus(POLICY.longest_token)));
            if let Some(before) = before {
                live.push((before, now.plus(Policy::PROPAGATION).plus(POLICY.longest_token)));
            }
            live.retain(|(kid, expires)| now < *expires && !ring.revoked(kid));
            for (kid, expires) in &live {
                prop_assert!(ring.published(kid, now), "{} signed a token that lives until {}", kid, expires);
            }
        }
    }
}
