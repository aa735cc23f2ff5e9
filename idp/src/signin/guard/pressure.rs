use std::net::IpAddr;

use super::super::limits::{BROWSER_FAILURES, BrowserKnown, Ceiling, RANGE_FAILURES, Wait, range_of};
use super::browser::Browser;
use super::tally::subject;
use crate::args;
use crate::clock::Timestamp;
use crate::store::{Db, StoreError, Vault};

const AMOUNTS: &str = "SELECT subject, amount FROM tally \
     WHERE (subject = $1 AND period = $2) OR (subject = $3 AND period = $4)";

/// How many wrong codes came from where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::signin) struct Pressure {
    pub(in crate::signin) browser: i64,
    pub(in crate::signin) range: i64,
}

impl Pressure {
    /// Whether this browser may go on. Its own wrong codes count whoever it is; those of its
    /// address range only while it is a stranger, since its neighbours are none of its doing.
    pub(in crate::signin) fn check(self, known: BrowserKnown, now: Timestamp) -> Result<(), Wait> {
        BROWSER_FAILURES.check(self.browser, now)?;
        match known {
            BrowserKnown::Yes => Ok(()),
            BrowserKnown::No => RANGE_FAILURES.check(self.range, now),
        }
    }
}

pub(in crate::signin) async fn pressure(
    db: &Db,
    vault: &Vault,
    browser: &Browser,
    address: IpAddr,
    now: Timestamp,
) -> Result<Pressure, StoreError> {
    let range = range_of(address)
        .map(|range| range.to_string())
        .unwrap_or_default();
    let name = |ceiling: &Ceiling, who: &str| (subject(vault, ceiling, who), ceiling.period_of(now));
    let (browser, browser_period) = name(&BROWSER_FAILURES, browser.name().unwrap_or_default());
    let (range, range_period) = name(&RANGE_FAILURES, &range);
    let mut pressure = Pressure::default();
    for row in db
        .all(AMOUNTS, args![browser, browser_period, range, range_period])
        .await?
    {
        let amount = row.int("amount")?;
        if row.bytes("subject")? == browser {
            pressure.browser = amount
        } else {
            pressure.range = amount
        }
    }
    Ok(pressure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_browser_answers_for_itself_alone() {
        let now = Timestamp::from_seconds(0);
        let crowd = Pressure {
            browser: 0,
            range: 10_000,
        };
        assert!(crowd.check(BrowserKnown::No, now).is_err());
        assert!(crowd.check(BrowserKnown::Yes, now).is_ok());
        let guesser = Pressure {
            browser: 10,
            range: 0,
        };
        assert!(guesser.check(BrowserKnown::Yes, now).is_err());
    }
}
