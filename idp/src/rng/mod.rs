//! Where chance comes from: ids, tokens and codes.
//! May import: clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use uuid::Uuid;

use crate::clock::Timestamp;

/// A handle on the operating system's random source, or on a fixed one in unit tests.
#[derive(Clone)]
pub struct Rng {
    source: Arc<dyn SecureRandom + Send + Sync>,
    /// How many ids its clones have made, from a random beginning.
    ids: Arc<AtomicU64>,
}

/// The bits of an id that count: `rand_a` and the first thirty of `rand_b`. They last a process's life, since a request
/// may be slow, and its ids are to rise however many others are made meanwhile.
const COUNTER: u32 = 42;

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}

impl Rng {
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the operating system for chance"
    )]
    pub fn system() -> Self {
        let rng = Self {
            source: Arc::new(ring::rand::SystemRandom::new()),
            ids: Arc::default(),
        };
        // RFC 9562 §6.2: the first bit is left free for counting.
        let beginning = u64::from_be_bytes(rng.bytes()) >> (64 - COUNTER + 1);
        rng.ids.store(beginning, Ordering::Relaxed);
        rng
    }

    /// Random bytes.
    ///
    /// A machine without randomness cannot make a secret, so the process ends rather than
    /// go on with a guessable one.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if self.source.fill(&mut bytes).is_err() {
            tracing::error!("the operating system's random source failed: stopping");
            std::process::abort();
        }
        bytes
    }

    /// 256 random bits as 43 characters of base64url: tokens, cookie values, authorization codes.
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// 128 random bits as 22 characters of base64url: public ids that must not be guessed.
    #[must_use]
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<16>())
    }

    /// Six decimal digits, each value equally likely.
    #[must_use]
    pub fn six_digits(&self) -> String {
        const RANGE: u32 = 1_000_000;
        // Rejecting the incomplete last block keeps the distribution flat.
        const LIMIT: u32 = u32::MAX - u32::MAX % RANGE;
        loop {
            let draw = u32::from_be_bytes(self.bytes());
            if draw < LIMIT {
                return format!("{:06}", draw % RANGE);
            }
        }
    }

    /// A time-ordered id (RFC 9562 §5.7) for records. Everything that a request writes has its one `now`; so a counter
    /// follows the time (§6.2, method 1), and ids of one moment rise in the order in which this process made them.
    #[must_use]
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u128::from(u64::try_from(now.millis()).unwrap_or(0));
        let count = u128::from(self.ids.fetch_add(1, Ordering::Relaxed)) & ((1 << COUNTER) - 1);
        let (high, low) = (count >> 30, count & ((1 << 30) - 1));
        let chance = u128::from(u32::from_be_bytes(self.bytes()));
        let bits = millis << 80 | high << 64 | low << 32 | chance;
        uuid::Builder::from_u128(bits)
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }

    /// The underlying source, for `ring` calls that draw for themselves.
    #[must_use]
    pub fn source(&self) -> &dyn SecureRandom {
        self.source.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits_and_differ() {
        let rng = Rng::system();
        let codes: std::collections::HashSet<_> = (0..100).map(|_| rng.six_digits()).collect();
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()))
        );
        assert!(codes.len() > 90);
    }

    #[test]
    fn uuids_sort_by_time() {
        let rng = Rng::system();
        let late = rng.uuid(Timestamp::from_seconds(2_000));
        let early = rng.uuid(Timestamp::from_seconds(1_000));
        assert!(early < late && early.get_version_num() == 7);
        assert_eq!(early.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(early.as_u128() >> 80, 1_000_000, "milliseconds");
    }

    /// Ten thousand are more than `rand_a` alone can count.
    #[test]
    fn uuids_of_one_moment_rise_whoever_else_makes_some() {
        let rng = Rng::system();
        let rises = |rng: Rng| {
            let now = Timestamp::from_seconds(1_000);
            let made: Vec<_> = (0..10_000).map(|_| rng.uuid(now).to_string()).collect();
            made.is_sorted_by(|one, next| one < next)
        };
        let others = rng.clone();
        let other = std::thread::spawn(move || rises(others));
        assert!(rises(rng) && other.join().unwrap());
    }

    #[test]
    fn uuids_of_two_nodes_differ() {
        let now = Timestamp::from_seconds(1_000);
        let counter = |rng: &Rng| rng.ids.load(Ordering::Relaxed);
        let (one, other) = (Rng::system(), Rng::system());
        assert_ne!(counter(&one), counter(&other));
        other.ids.store(counter(&one), Ordering::Relaxed);
        assert_ne!(one.uuid(now), other.uuid(now));
        // After the last number of the counter comes its first.
        one.ids.store((1 << COUNTER) - 1, Ordering::Relaxed);
        assert!(one.uuid(now) > one.uuid(now));
    }
}
