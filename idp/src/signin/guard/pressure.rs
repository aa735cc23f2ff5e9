use super::super::limits::{BROWSER_FAILURES, BrowserKnown, RANGE_FAILURES, Wait};
use crate::clock::Timestamp;

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
