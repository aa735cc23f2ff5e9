use std::time::Duration;

use crate::clock::Timestamp;

/// How long a message is tried before it is given up.
pub(super) const GIVE_UP: Duration = Duration::from_secs(24 * 3600);
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(3600);

/// When to try again after the `attempts`-th failure: each pause is twice the one before, and up
/// to a quarter longer by chance, so that departments that come back are not met by all at once.
/// `None` when the message is too old.
#[must_use]
pub fn next_attempt(created: Timestamp, attempts: u32, now: Timestamp, chance: u8) -> Option<Timestamp> {
    if now.since(created) >= GIVE_UP {
        return None;
    }
    let pause = FIRST
        .saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)))
        .min(LONGEST);
    Some(now.plus(pause + pause.mul_f32(f32::from(chance) / 255.0 / 4.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATED: Timestamp = Timestamp::from_seconds(1_000);

    #[test]
    fn pauses_double_up_to_an_hour_and_end_after_a_day() {
        let pause = |attempts| {
            next_attempt(CREATED, attempts, CREATED, 0)
                .unwrap()
                .since(CREATED)
                .as_secs()
        };
        assert_eq!(
            [pause(1), pause(2), pause(3), pause(20), pause(u32::MAX)],
            [5, 10, 20, 3600, 3600]
        );
        assert_eq!(next_attempt(CREATED, 1, CREATED.plus(GIVE_UP), 0), None);
    }

    #[test]
    fn chance_lengthens_by_at_most_a_quarter() {
        let longest = next_attempt(CREATED, 3, CREATED, 255).unwrap().since(CREATED);
        assert!(longest > Duration::from_secs(24) && longest <= Duration::from_millis(25_001));
    }
}
