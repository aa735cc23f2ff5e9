use std::time::Duration;

use crate::clock::Timestamp;
use crate::department::Client;
use crate::federation::Chain;

/// However long its statements last, a system is looked at anew once a day, and not at every request.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const SHORTEST: Duration = Duration::from_secs(5 * 60);
/// How often keys that nobody knows may make us look anew.
pub(super) const PAUSE: Duration = Duration::from_secs(10);

/// How good what a system is registered with still is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Age {
    Fresh,
    /// The last third of its time: good, and time to look anew.
    Late,
    Expired,
}

/// Of those alone that joined by what they publish; others do not age here.
pub(super) fn age(client: &Client, now: Timestamp) -> Age {
    match client.expires_at.filter(|_| client.joined_by_itself()) {
        None => Age::Fresh,
        Some(end) if end <= now => Age::Expired,
        Some(end) if end.since(now) < end.since(client.updated_at) / 3 => Age::Late,
        Some(_) => Age::Fresh,
    }
}

pub(super) fn expires_at(chain: &Chain, now: Timestamp) -> Timestamp {
    lasting_until(chain.expires_at(), now)
}

/// Where it is told when its registration ends, which is no later than its chain does (§12.2.2).
pub(super) fn ends_at(chain: &Chain, now: Timestamp) -> Timestamp {
    chain.expires_at().min(now.plus(LONGEST))
}

/// A client metadata document lasts as it says itself; where it does not say, for an hour.
pub(super) fn document_ends_at(kept: Option<Duration>, now: Timestamp) -> Timestamp {
    const USUAL: Duration = Duration::from_secs(3600);
    lasting_until(now.plus(kept.unwrap_or(USUAL).min(LONGEST)), now)
}

fn lasting_until(end: Timestamp, now: Timestamp) -> Timestamp {
    end.min(now.plus(LONGEST)).max(now.plus(SHORTEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::department::Origin;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn client(origin: Origin, age: u64, left: i64) -> Client {
        let mut client = Client::sample("https://hrss.city.example/cb");
        client.origin = origin;
        client.updated_at = NOW.minus(Duration::from_secs(age));
        client.expires_at = Some(Timestamp::from_seconds(NOW.seconds() + left));
        client
    }

    #[test]
    fn the_last_third_is_late_and_the_end_is_the_end() {
        for (lived, left, expected) in [
            (0, 300, Age::Fresh),
            (199, 101, Age::Fresh),
            (201, 99, Age::Late),
            (299, 1, Age::Late),
            (300, 0, Age::Expired),
            (300, -1, Age::Expired),
            // The operator has changed the decision.
            (10, 0, Age::Expired),
        ] {
            assert_eq!(
                age(&client(Origin::Federation, lived, left), NOW),
                expected,
                "{lived} {left}"
            );
        }
        assert_eq!(age(&client(Origin::Dynamic, 300, -1), NOW), Age::Fresh);
        assert_eq!(
            age(&Client::sample("https://hrss.city.example/cb"), NOW),
            Age::Fresh
        );
    }

    #[test]
    fn a_registration_lasts_as_its_statements_do_within_reason() {
        let at = |seconds| Timestamp::from_seconds(NOW.seconds() + seconds);
        for (end, expected) in [(3_600, 3_600), (10, 300), (-5, 300), (10 * 86_400, 86_400)] {
            assert_eq!(lasting_until(at(end), NOW), at(expected));
        }
    }
}
