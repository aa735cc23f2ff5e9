//! Where chance comes from: ids, tokens and codes.
//! May import: clock.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SecureRandom;
use uuid::Uuid;

use crate::clock::Timestamp;

/// A handle on the operating system's random source, or on a fixed one in unit tests.
#[derive(Clone)]
pub struct Rng(Arc<dyn SecureRandom + Send + Sync>);

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
        Self(Arc::new(ring::rand::SystemRandom::new()))
    }

    /// Random bytes.
    ///
    /// A machine without randomness cannot make a secret, so the process ends rather than
    /// go on with a guessable one.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        if self.0.fill(&mut bytes).is_err() {
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

    /// A time-ordered id (RFC 9562 §5.7) for records.
    #[must_use]
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }

    /// The underlying source, for `ring` calls that draw for themselves.
    #[must_use]
    pub fn source(&self) -> &dyn SecureRandom {
        self.0.as_ref()
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
        let early = rng.uuid(Timestamp::from_seconds(1_000));
        let late = rng.uuid(Timestamp::from_seconds(2_000));
        assert!(early < late && early.get_version_num() == 7);
    }
}
