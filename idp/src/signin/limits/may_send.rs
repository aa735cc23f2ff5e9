use std::time::Duration;

use super::Wait;
use crate::clock::Timestamp;

pub const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Messages per number in any such span of time, across all providers.
const WINDOWS: [(Duration, usize); 3] = [(MINUTE, 1), (HOUR, 5), (DAY, 10)];

/// Whether a number may get another message: one a minute, five an hour, ten a day, sliding.
///
/// # Errors
/// How long until all three windows have room.
pub fn may_send(sent_at: &[Timestamp], now: Timestamp) -> Result<(), Wait> {
    let wait = WINDOWS
        .iter()
        .filter_map(|(span, most)| wait_for(sent_at, now, *span, *most))
        .max();
    wait.map_or(Ok(()), |wait| Err(Wait(wait)))
}

/// Until the window holds fewer than `most`: until the `most`-newest message leaves it.
fn wait_for(sent_at: &[Timestamp], now: Timestamp, span: Duration, most: usize) -> Option<Duration> {
    let mut times = sent_at.to_vec();
    times.sort_unstable_by(|a, b| b.cmp(a));
    let leaves = times.get(most - 1)?.plus(span);
    (leaves > now).then(|| leaves.since(now))
}

/// The history with one more message, without what no window asks about any longer. The newest
/// stays for ever: a closed number opens by its age.
#[must_use]
pub fn remember(sent_at: &[Timestamp], now: Timestamp) -> Vec<Timestamp> {
    let mut times: Vec<_> = sent_at
        .iter()
        .copied()
        .filter(|sent| sent.plus(DAY) > now)
        .collect();
    times.push(now);
    times.sort_unstable();
    times
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn one_a_minute_five_an_hour_ten_a_day() {
        let hour = 3600;
        for (sent, now, wait) in [
            (vec![], 0, None),
            (vec![0], 59, Some(1)),
            (vec![0], 60, None),
            (vec![0, 60, 120, 180, 240], 300, Some(hour - 300)),
            (vec![0, 60, 120, 180, 240], hour, None),
            (vec![0, 60, 120, 180, 240], hour + 30, None),
            ((0..10).map(|n| n * 2 * hour).collect(), 20 * hour, Some(4 * hour)),
            ((0..10).map(|n| n * 2 * hour).collect(), 24 * hour, None),
        ] {
            let sent: Vec<_> = sent.into_iter().map(at).collect();
            let expected = wait.map_or(Ok(()), |seconds: i64| {
                Err(Wait(Duration::from_secs(seconds.unsigned_abs())))
            });
            assert_eq!(may_send(&sent, at(now)), expected, "{sent:?} at {now}");
        }
    }

    proptest! {
        /// Whoever asks at whatever times: no window ever holds more than it may.
        #[test]
        fn no_window_is_ever_overfull(gaps in proptest::collection::vec(0i64..20_000, 1..200)) {
            let (mut now, mut sent, mut all) = (1_700_000_000_i64, Vec::new(), Vec::new());
            for gap in gaps {
                now += gap;
                if may_send(&sent, at(now)).is_ok() {
                    sent = remember(&sent, at(now));
                    all.push(now);
                }
            }
            prop_assert!(sent.len() <= 10);
            for (span, most) in [(60, 1), (3600, 5), (86_400, 10)] {
                for (place, start) in all.iter().enumerate() {
                    let within = all[place..].iter().filter(|sent| **sent < start + span).count();
                    prop_assert!(within <= most, "{within} within {span} s");
                }
            }
        }

        /// The wait that is told is the truth: not allowed just before its end, allowed at it.
        #[test]
        fn the_wait_is_exact(sent in proptest::collection::vec(0i64..86_400, 0..12), now in 0i64..90_000) {
            let sent: Vec<_> = sent.into_iter().filter(|sent| *sent <= now).map(at).collect();
            if let Err(Wait(wait)) = may_send(&sent, at(now)) {
                let end = at(now).plus(wait);
                prop_assert!(may_send(&sent, end).is_ok());
                prop_assert!(may_send(&sent, end.minus(Duration::from_millis(1))).is_err());
            }
        }
    }
}
