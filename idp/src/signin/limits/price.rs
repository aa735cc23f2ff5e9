use std::time::Duration;

use super::ceiling::{Ceiling, RANGE_FAILURES, RANGE_SENDS};

/// What a stranger pays where an address range is under pressure, in place of a refusal that would hit its neighbours:
/// work for the browser, or a wait where it cannot work. The figures are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Zero bits that a hash must begin with: each one more doubles the work.
    pub bits: u32,
    pub wait: Duration,
    pub supply: Supply,
}

/// How many may pay in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    Open,
    /// The range has had its ceiling of messages: from then on so many a minute, whoever pays, so that no range spends
    /// the whole city's budget.
    Rationed,
}

const LEAST_BITS: u32 = 14;
const LEAST_WAIT: Duration = Duration::from_secs(30);
const MORE_WAIT: Duration = Duration::from_secs(15);
/// The dearest is then 20 bits or two minutes, in a range that has gone over its ceiling six times.
const MOST_STEPS: u32 = 6;

/// Before a message goes out: from a tenth of either ceiling on, and more each time the count has doubled.
#[must_use]
pub fn price_of_message(failures: i64, sends: i64) -> Option<Price> {
    let steps = doublings(failures, &RANGE_FAILURES).max(doublings(sends, &RANGE_SENDS))?;
    let steps = steps.min(MOST_STEPS);
    Some(Price {
        bits: LEAST_BITS + steps,
        wait: LEAST_WAIT + MORE_WAIT * steps,
        supply: if sends >= RANGE_SENDS.most {
            Supply::Rationed
        } else {
            Supply::Open
        },
    })
}

/// Before a code is looked at that went out for nothing: from the ceiling of wrong codes on.
#[must_use]
pub fn price_of_answer(failures: i64) -> Option<Price> {
    price_of_message(failures, 0).filter(|_| failures >= RANGE_FAILURES.most)
}

/// How often a count has doubled since pressure began; none where it has not begun.
fn doublings(amount: i64, ceiling: &Ceiling) -> Option<u32> {
    (amount / ceiling.pressure()).checked_ilog2()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bits_and_seconds(price: Option<Price>) -> Option<(u32, u64)> {
        price.map(|price| (price.bits, price.wait.as_secs()))
    }

    #[test]
    fn pressure_has_its_price() {
        for (failures, sends, expected) in [
            (0, 0, None),
            (29, 99, None),
            (30, 0, Some((14, 30))),
            (0, 100, Some((14, 30))),
            (59, 199, Some((14, 30))),
            (60, 0, Some((15, 45))),
            (30, 400, Some((16, 60))),
            (300, 0, Some((17, 75))),
            (0, 1000, Some((17, 75))),
            (i64::MAX, i64::MAX, Some((20, 120))),
        ] {
            let price = price_of_message(failures, sends);
            assert_eq!(bits_and_seconds(price), expected, "{failures} {sends}");
        }
        assert_eq!(price_of_answer(299), None);
        assert_eq!(bits_and_seconds(price_of_answer(300)), Some((17, 75)));
        let supply = |sends| price_of_message(30, sends).map(|price| price.supply);
        assert_eq!(supply(999), Some(Supply::Open));
        assert_eq!(supply(1000), Some(Supply::Rationed));
    }

    proptest! {
        /// More pressure is never cheaper, and nobody waits for longer than two minutes.
        #[test]
        fn the_price_grows_with_pressure_and_has_an_end(
            failures in 0i64..100_000, sends in 0i64..100_000, more in 0i64..100_000,
        ) {
            let bits = |price: Option<Price>| price.map_or(0, |price| price.bits);
            let price = price_of_message(failures, sends);
            prop_assert!(bits(price_of_message(failures + more, sends)) >= bits(price));
            prop_assert!(bits(price_of_message(failures, sends + more)) >= bits(price));
            prop_assert!(bits(price_of_answer(failures)) <= bits(price));
            if let Some(Price { bits, wait, .. }) = price {
                prop_assert!((14..=20).contains(&bits));
                prop_assert!((30..=120).contains(&wait.as_secs()));
            }
        }
    }
}
