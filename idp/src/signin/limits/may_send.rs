use std::time::Duration;

use super::{BrowserKnown, Wait};
use crate::clock::Timestamp;

pub const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Messages per number in any span of time, across all providers.
struct Window {
    span: Duration,
    most: usize,
    /// The last of them, which a stranger gets only where the message before was answered.
    kept: usize,
}

const WINDOWS: [Window; 3] = [
    Window {
        span: MINUTE,
        most: 1,
        kept: 0,
    },
    Window {
        span: HOUR,
        most: 5,
        kept: 1,
    },
    Window {
        span: DAY,
        most: 10,
        kept: 2,
    },
];

/// Whether a number may get another message: one a minute, five an hour, ten a day, sliding.
///
/// A flood is messages that nobody answers, and strangers alone send it. It leaves the last message of each hour and
/// the last two of each day to browsers that know the number's account. The rule is the same for a number without
/// one, so that a refusal tells nobody which it was; `answered_at` is when a right code last came for the number.
///
/// # Errors
/// How long until all three windows have room.
pub fn may_send(
    sent_at: &[Timestamp],
    answered_at: Option<Timestamp>,
    browser_known: BrowserKnown,
    now: Timestamp,
) -> Result<(), Wait> {
    let all_answered = sent_at.iter().max() <= answered_at.as_ref();
    let wait = WINDOWS
        .iter()
        .filter_map(|window| {
            let most = match browser_known {
                BrowserKnown::No if !all_answered => window.most - window.kept,
                _ => window.most,
            };
            wait_for(sent_at, now, window.span, most)
        })
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
/// stays for as long as the number's record does: a closed number opens by its age.
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
            let newest = sent.iter().max().copied();
            for (answered_at, known) in [(None, BrowserKnown::Yes), (newest, BrowserKnown::No)] {
                assert_eq!(
                    may_send(&sent, answered_at, known, at(now)),
                    expected,
                    "{sent:?} at {now}"
                );
            }
        }
    }

    #[test]
    fn a_stranger_gets_the_last_messages_only_where_the_one_before_was_answered() {
        let hour = 3600;
        let sent: Vec<_> = [0, 60, 120, 180].map(at).into();
        let stranger =
            |answered_at: Option<i64>, now| may_send(&sent, answered_at.map(at), BrowserKnown::No, at(now));
        let refused = Err(Wait(Duration::from_secs(hour - 300)));
        assert_eq!(stranger(None, 300), refused, "none was");
        assert_eq!(stranger(Some(179), 300), refused, "one came after the answer");
        assert_eq!(stranger(Some(200), 300), Ok(()));
        assert_eq!(
            stranger(None, 3600),
            Ok(()),
            "an hour later the first is forgotten"
        );
        let day: Vec<_> = (0..8).map(|n| at(n * 9000)).collect();
        let of_the_day = |known| may_send(&day, None, known, at(70_000));
        assert_eq!(
            of_the_day(BrowserKnown::No),
            Err(Wait(Duration::from_secs(16_400)))
        );
        assert_eq!(of_the_day(BrowserKnown::Yes), Ok(()));
    }

    /// Whoever asks, and whether the code is answered; gaps in seconds.
    type Ask = (i64, bool, bool);

    fn asks() -> impl Strategy<Value = Vec<Ask>> {
        proptest::collection::vec((0i64..20_000, any::<bool>(), any::<bool>()), 1..200)
    }

    fn known(is_known: bool) -> BrowserKnown {
        if is_known {
            BrowserKnown::Yes
        } else {
            BrowserKnown::No
        }
    }

    proptest! {
        /// Whoever asks at whatever times, answered or not: no window ever holds more than it may.
        #[test]
        fn no_window_is_ever_overfull(asks in asks()) {
            let (mut now, mut sent, mut all, mut answered_at) = (1_700_000_000_i64, Vec::new(), Vec::new(), None);
            for (gap, is_known, is_answered) in asks {
                now += gap;
                if may_send(&sent, answered_at, known(is_known), at(now)).is_ok() {
                    sent = remember(&sent, at(now));
                    all.push(now);
                    answered_at = answered_at.max(is_answered.then_some(at(now)));
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

        /// However strangers flood a number: a browser that knows it gets a message within the minute, and an hour
        /// later another, and the same again the day after.
        #[test]
        fn a_flood_leaves_a_known_browser_one_an_hour_and_two_a_day(
            gaps in proptest::collection::vec(0i64..4000, 1..200), days in 1usize..4, first in 0i64..86_400,
        ) {
            let begin = 1_700_000_000_i64;
            let owners: Vec<_> = (0..days)
                .flat_map(|day| [0, 3600].map(|hour| begin + first + 86_400 * i64::try_from(day).unwrap() + hour))
                .collect();
            let mut sent = Vec::new();
            let mut flood = gaps.iter().cycle().scan(begin, |now, gap| {
                *now += gap.max(&1);
                Some(*now)
            }).peekable();
            for owner in owners {
                let mut asked = owner;
                loop {
                    // The flood goes on while the owner waits for the minute to pass.
                    while let Some(now) = flood.next_if(|now| *now < asked) {
                        if may_send(&sent, None, BrowserKnown::No, at(now)).is_ok() {
                            sent = remember(&sent, at(now));
                        }
                    }
                    match may_send(&sent, None, BrowserKnown::Yes, at(asked)) {
                        Ok(()) => break,
                        Err(Wait(wait)) => {
                            prop_assert!(wait <= MINUTE, "{wait:?}");
                            asked += i64::try_from(wait.as_secs()).unwrap();
                        }
                    }
                }
                prop_assert!(asked - owner < 5 * 60, "the flood has four messages an hour to be in the way with");
                sent = remember(&sent, at(asked));
            }
        }

        /// The wait that is told is the truth: not allowed just before its end, allowed at it.
        #[test]
        fn the_wait_is_exact(
            sent in proptest::collection::vec(0i64..86_400, 0..12),
            now in 0i64..90_000,
            answered in 0i64..90_000,
            is_known in any::<bool>(),
        ) {
            let sent: Vec<_> = sent.into_iter().filter(|sent| *sent <= now).map(at).collect();
            let ask = |now| may_send(&sent, Some(at(answered)), known(is_known), now);
            if let Err(Wait(wait)) = ask(at(now)) {
                let end = at(now).plus(wait);
                prop_assert!(ask(end).is_ok());
                prop_assert!(ask(end.minus(Duration::from_millis(1))).is_err());
            }
        }
    }
}
