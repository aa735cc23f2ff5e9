use std::time::Duration;

use super::{BrowserKnown, Wait};
use crate::clock::Timestamp;

/// How many of something in one period of fixed length. The figures are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// What is counted: part of the keyed hash that names the tally.
    pub name: &'static str,
    pub most: i64,
    pub period: Duration,
}

/// Wrong codes typed in one browser.
pub const BROWSER_FAILURES: Ceiling = Ceiling {
    name: "browser failures",
    most: 10,
    period: Duration::from_secs(600),
};

/// Wrong codes from one address range. Carriers put whole districts behind one range: nobody there is
/// refused for their neighbours' doing, but strangers pay a price from a tenth of this on.
pub const RANGE_FAILURES: Ceiling = Ceiling {
    name: "range failures",
    most: 300,
    period: Duration::from_secs(3600),
};

/// Messages asked for from one address range by browsers that are not known; as above.
pub const RANGE_SENDS: Ceiling = Ceiling {
    name: "range sends",
    most: 1000,
    period: Duration::from_secs(3600),
};

/// Names and numbers that one account may have compared: few enough that nobody finds out by it whose number is whose.
pub const ACCOUNT_PROOFS: Ceiling = Ceiling {
    name: "account proofs",
    most: 5,
    period: Duration::from_secs(24 * 3600),
};

/// Wrong codes from a window that are typed in one place: whoever reads a number's messages, of which there are ten a day,
/// does not use up its owner's tries.
pub const WINDOW_TRIES_HERE: Ceiling = Ceiling {
    name: "window tries here",
    most: 5,
    period: Duration::from_secs(24 * 3600),
};

/// The same for one account: twelve digits bear them. A code that a window gives out begins the count anew.
pub const WINDOW_TRIES: Ceiling = Ceiling {
    name: "window tries",
    most: 100,
    period: Duration::from_secs(24 * 3600),
};

/// The same about people of one region born on one day, whoever asks: who knows so much of somebody has some five
/// hundred numbers left to try, and with many accounts would find theirs.
pub const BIRTHDAY_PROOFS: Ceiling = Ceiling {
    name: "birthday proofs",
    most: 10,
    period: Duration::from_secs(24 * 3600),
};

/// Messages for strangers of one address range that has had its ceiling of them.
pub const RANGE_RATION: Ceiling = Ceiling {
    name: "range ration",
    most: 20,
    period: Duration::from_secs(60),
};

impl Ceiling {
    /// Which period `now` falls in.
    #[must_use]
    pub fn period_of(&self, now: Timestamp) -> i64 {
        now.millis().div_euclid(self.length())
    }

    /// When the period of `now` ends.
    #[must_use]
    pub fn end_of_period(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_millis((self.period_of(now) + 1).saturating_mul(self.length()))
    }

    /// From how many on there is pressure.
    #[must_use]
    pub const fn pressure(&self) -> i64 {
        self.most / 10
    }

    /// Whether there is room for one more.
    ///
    /// # Errors
    /// How long until the period ends.
    pub fn check(&self, amount: i64, now: Timestamp) -> Result<(), Wait> {
        if amount < self.most {
            Ok(())
        } else {
            Err(Wait(self.end_of_period(now).since(now)))
        }
    }

    fn length(&self) -> i64 {
        i64::try_from(self.period.as_millis()).unwrap_or(i64::MAX)
    }
}

/// What may be spent of a day's budget: a fifth is kept for browsers that know the number's account, so that no flood
/// of strangers' first sign-ins spends it all.
#[must_use]
pub const fn budget_open_to(budget: u64, browser_known: BrowserKnown) -> u64 {
    match browser_known {
        BrowserKnown::Yes => budget,
        BrowserKnown::No => budget - budget / 5,
    }
}

/// The day's budget is counted in so many rows, so that sends at once do not wait for one another.
pub const DAILY_BUDGET_SHARDS: u64 = 16;

/// What one row of the budget may hold; the shares add up to the budget.
#[must_use]
pub fn share_of_budget(budget: u64, shard: u64) -> i64 {
    let share = budget / DAILY_BUDGET_SHARDS + u64::from(shard < budget % DAILY_BUDGET_SHARDS);
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// The day in the city's time zone, by number, and when it ends.
#[must_use]
pub fn day_of_city(now: Timestamp) -> (i64, Timestamp) {
    const DAY: i64 = 24 * 60 * 60;
    const EAST_OF_GREENWICH: i64 = 8 * 60 * 60;
    let day = (now.seconds() + EAST_OF_GREENWICH).div_euclid(DAY);
    (day, Timestamp::from_seconds((day + 1) * DAY - EAST_OF_GREENWICH))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_ceiling_lets_go_when_its_period_ends() {
        let now = Timestamp::from_seconds(600 * 7 + 590);
        assert_eq!(BROWSER_FAILURES.check(9, now), Ok(()));
        assert_eq!(
            BROWSER_FAILURES.check(10, now),
            Err(Wait(Duration::from_secs(10)))
        );
        assert_ne!(
            BROWSER_FAILURES.period_of(now),
            BROWSER_FAILURES.period_of(now.plus(Duration::from_secs(10)))
        );
    }

    #[test]
    fn the_citys_day_begins_at_its_own_midnight() {
        // 2027-01-01T15:59:59Z is a second before midnight in the city.
        let eve = Timestamp::from_seconds(1_798_819_199);
        let (day, end) = day_of_city(eve);
        assert_eq!(end.since(eve), Duration::from_secs(1));
        assert_eq!(day_of_city(end).0, day + 1);
    }

    proptest! {
        #[test]
        fn shares_add_up_to_the_budget(budget in 0u64..1_000_000_000) {
            let sum: i64 = (0..DAILY_BUDGET_SHARDS).map(|shard| share_of_budget(budget, shard)).sum();
            prop_assert_eq!(u64::try_from(sum).unwrap(), budget);
        }

        /// Strangers and known browsers are counted in the same rows: in none of them may a stranger spend more.
        #[test]
        fn a_fifth_of_the_budget_is_kept_from_strangers(
            budget in 0u64..1_000_000_000, shard in 0..DAILY_BUDGET_SHARDS,
        ) {
            let (all, strangers) = (
                budget_open_to(budget, BrowserKnown::Yes),
                budget_open_to(budget, BrowserKnown::No),
            );
            prop_assert_eq!(all, budget);
            prop_assert_eq!(all - strangers, budget / 5);
            prop_assert!(share_of_budget(strangers, shard) <= share_of_budget(all, shard));
        }
    }
}
