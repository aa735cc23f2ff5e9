use super::super::limits::{
    BROWSER_FAILURES, BrowserKnown, Ceiling, Price, Wait, price_of_answer, price_of_message,
};
use crate::clock::Timestamp;

/// What has come from where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::signin) struct Pressure {
    /// Wrong codes of this browser, and of its address range.
    pub(in crate::signin) browser: i64,
    pub(in crate::signin) range: i64,
    /// Messages that strangers of the range have asked for.
    pub(in crate::signin) sends: i64,
}

impl Pressure {
    /// Whether this browser may go on: its own wrong codes count whoever it is.
    pub(in crate::signin) fn check(self, now: Timestamp) -> Result<(), Wait> {
        BROWSER_FAILURES.check(self.browser, now)
    }

    /// What a message costs here. A known browser pays nothing: its neighbours are none of its doing.
    pub(in crate::signin) fn price_of_message(self, known: BrowserKnown) -> Option<Price> {
        match known {
            BrowserKnown::Yes => None,
            BrowserKnown::No => price_of_message(self.range, self.sends),
        }
    }

    /// What it costs to answer a code that was sent for nothing.
    pub(in crate::signin) fn price_of_answer(self, known: BrowserKnown) -> Option<Price> {
        match known {
            BrowserKnown::Yes => None,
            BrowserKnown::No => price_of_answer(self.range),
        }
    }
}

/// Tells the operator, once in a period each, that an address range has come under pressure and that it has reached its
/// ceiling. Which range it is stays out of the log, as everything that says who was where.
pub(in crate::signin) fn tell_of_pressure(ceiling: &Ceiling, amount: i64) {
    let counted = ceiling.name;
    if amount == ceiling.pressure() {
        tracing::warn!(
            counted,
            amount,
            "an address range is under pressure: browsers nobody knows there work or wait before a code is sent"
        );
    } else if amount == ceiling.most {
        tracing::warn!(counted, amount, "an address range has reached its ceiling");
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
            sends: 10_000,
        };
        assert!(crowd.check(now).is_ok());
        assert!(crowd.price_of_message(BrowserKnown::No).is_some());
        assert!(crowd.price_of_answer(BrowserKnown::No).is_some());
        assert_eq!(crowd.price_of_message(BrowserKnown::Yes), None);
        assert_eq!(crowd.price_of_answer(BrowserKnown::Yes), None);
        let guesser = Pressure {
            browser: 10,
            ..Pressure::default()
        };
        assert!(guesser.check(now).is_err());
    }
}
