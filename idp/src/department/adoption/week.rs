use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, UtcOffset, Weekday};

use crate::clock::Timestamp;

/// A sign-in that began late on Sunday may end on Monday: so long the week it began in is still counted.
const STILL_COUNTED: Duration = Duration::from_secs(24 * 60 * 60);
/// After that until it is published, for nodes whose clocks differ and who add every minute.
const SETTLES: Duration = Duration::from_secs(10 * 60);
/// China keeps one time zone and no summer time.
const CITY: Result<UtcOffset, time::error::ComponentRange> = UtcOffset::from_hms(8, 0, 0);
const SPAN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A calendar week of the city (ISO 8601, such as `2026-W40`), by its Monday. Weeks are fixed, so that no two figures
/// are of spans that differ by a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Week(Date);

impl Week {
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let here = OffsetDateTime::from_unix_timestamp(at.seconds())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
            .to_offset(CITY.unwrap_or(UtcOffset::UTC))
            .date();
        let monday = here - time::Duration::days(here.weekday().number_days_from_monday().into());
        Self(monday)
    }

    /// The week that began so many weeks before this one.
    #[must_use]
    pub fn back(self, weeks: u16) -> Self {
        Self(self.0 - time::Duration::weeks(weeks.into()))
    }

    fn ends(self) -> Timestamp {
        let midnight = self.0.midnight().assume_offset(CITY.unwrap_or(UtcOffset::UTC));
        Timestamp::from_seconds(midnight.unix_timestamp()).plus(SPAN)
    }

    /// Whether what belongs to it may still be added.
    #[must_use]
    pub fn is_counted(self, now: Timestamp) -> bool {
        now < self.ends().plus(STILL_COUNTED)
    }

    /// The last week that may be published: nothing is added to it any more.
    #[must_use]
    pub fn last_over(now: Timestamp) -> Self {
        Self::of(now.minus(SPAN).minus(STILL_COUNTED).minus(SETTLES))
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, week, _) = self.0.to_iso_week_date();
        write!(f, "{year:04}-W{week:02}")
    }
}

impl FromStr for Week {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected a week such as 2026-W40";
        let (year, week) = text.split_once("-W").ok_or(expected)?;
        if year.len() != 4 || week.len() != 2 {
            return Err(expected);
        }
        let year = year.parse().map_err(|_| expected)?;
        let week = week.parse().map_err(|_| expected)?;
        let monday = Date::from_iso_week_date(year, week, Weekday::Monday);
        monday.map(Self).map_err(|_| "that year has no such week")
    }
}

impl TryFrom<String> for Week {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Week> for String {
    fn from(week: Week) -> Self {
        week.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-01-05 00:00 in Shanghai.
    const MONDAY: i64 = 1_767_542_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(MONDAY + seconds)
    }

    #[test]
    fn a_week_is_the_citys_from_monday_to_sunday() {
        assert_eq!(Week::of(at(-1)).to_string(), "2026-W01");
        assert_eq!(Week::of(at(0)).to_string(), "2026-W02");
        assert_eq!(Week::of(at(7 * 86_400 - 1)).to_string(), "2026-W02");
        assert_eq!(Week::of(at(0)).back(2).to_string(), "2025-W52");
    }

    #[test]
    fn what_it_prints_is_read_again_and_nothing_else() {
        let week = Week::of(at(0));
        assert_eq!(week.to_string().parse(), Ok(week));
        for bad in [
            "2026-W54",
            "2026-W00",
            "2026W02",
            "2026-W2",
            "26-W02",
            "2026-W02 ",
            "",
            "2025-W53",
        ] {
            assert!(bad.parse::<Week>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_week_is_published_only_when_nothing_is_added_to_it() {
        let week = Week::of(at(0));
        for hour in 0..24 * 21 {
            let now = at(hour * 3600 + 300);
            assert!(!(week.is_counted(now) && week <= Week::last_over(now)), "{hour}");
        }
        assert!(!week.is_counted(at(8 * 86_400)));
        assert_eq!(Week::last_over(at(8 * 86_400 + 600)), week);
    }
}
