//! A pension statement. The records are made up from the person's name in our tables, the same at every visit;
//! the sums follow the usual rules of a basic pension.

use std::fmt;

use time::{Date, Month};

/// The share of the wage that goes into the personal account.
const PERSONAL_PERCENT: u64 = 8;
/// The employer's share, in percent.
const EMPLOYER_PERCENT: u64 = 16;
/// The city's mean monthly wage of last year, in fen.
const MEAN_WAGE: u64 = 821_400;
/// Months over which a personal account is paid out to somebody who retires at 60.
const PAYOUT_MONTHS: u64 = 139;
const SHOWN_MONTHS: usize = 6;
/// Fifteen years: who has paid for less gets no monthly pension yet.
const NEEDED_MONTHS: u64 = 180;

/// Money, held in fen; written 1,234.56.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Yuan(u64);

pub(super) struct Statement {
    pub(super) months: u64,
    pub(super) base: Yuan,
    pub(super) balance: Yuan,
    pub(super) monthly: Yuan,
    pub(super) paid: Vec<Payment>,
}

pub(super) struct Payment {
    pub(super) month: String,
    pub(super) own: Yuan,
    pub(super) employers: Yuan,
}

impl Statement {
    pub(super) fn of(sub: &str, today: Date) -> Self {
        let seed = fnv1a(sub);
        let base = 420_000 + seed % 900 * 1_000;
        let months = 26 + seed / 1_000 % 340;
        let own = base * PERSONAL_PERCENT / 100;
        // Wages were lower once, interest has been paid since: about three quarters of today's rate on average.
        let balance = own * months * 3 / 4;
        let basic = (MEAN_WAGE + base) / 2 * months / 1_200;
        Self {
            months,
            base: Yuan(base),
            balance: Yuan(balance),
            monthly: Yuan(basic + balance / PAYOUT_MONTHS),
            paid: months_before(today)
                .take(SHOWN_MONTHS)
                .map(|month| Payment {
                    month,
                    own: Yuan(own),
                    employers: Yuan(base * EMPLOYER_PERCENT / 100),
                })
                .collect(),
        }
    }

    pub(super) const fn years(&self) -> u64 {
        self.months / 12
    }

    pub(super) const fn odd_months(&self) -> u64 {
        self.months % 12
    }

    pub(super) const fn missing_months(&self) -> u64 {
        NEEDED_MONTHS.saturating_sub(self.months)
    }
}

/// 2026-11, 2026-10 and so on: this month's payment is not booked yet.
fn months_before(today: Date) -> impl Iterator<Item = String> {
    let first = (today.year(), today.month());
    std::iter::successors(Some(first), |(year, month)| match month {
        Month::January => Some((year - 1, Month::December)),
        other => Some((*year, other.previous())),
    })
    .skip(1)
    .map(|(year, month)| format!("{year}-{:02}", u8::from(month)))
}

impl fmt::Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = (self.0 / 100).to_string();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", self.0 % 100)
    }
}

fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_person_sees_the_same_statement_at_every_visit_and_others_see_another() {
        let today = date!(2027 - 01 - 15);
        let sums = |sub| {
            let statement = Statement::of(sub, today);
            (statement.months, statement.base, statement.monthly)
        };
        assert_eq!(sums("a"), sums("a"));
        assert_ne!(sums("a"), sums("b"));
    }

    #[test]
    fn the_last_six_months_are_shown() {
        let paid = Statement::of("a", date!(2027 - 02 - 03)).paid;
        let months: Vec<_> = paid.iter().map(|payment| payment.month.as_str()).collect();
        assert_eq!(
            months,
            ["2027-01", "2026-12", "2026-11", "2026-10", "2026-09", "2026-08"]
        );
    }

    #[test]
    fn money_is_written_with_groups_of_three() {
        assert_eq!(Yuan(5).to_string(), "0.05");
        assert_eq!(Yuan(123_456_789).to_string(), "1,234,567.89");
        assert_eq!(Yuan(10_000).to_string(), "100.00");
    }
}
