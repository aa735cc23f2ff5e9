use std::fmt;

use thiserror::Error;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use crate::clock::Timestamp;

/// A resident identity number (GB 11643-1999), also that of a residence permit or a permanent-residence card. It prints
/// masked.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityNumber {
    digits: String,
    born: Date,
}

/// Why what a resident typed is no number. It holds nothing of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    #[error("no number was given")]
    Empty,
    #[error("this is no identity number")]
    Malformed,
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character of each sum modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

/// A number of 18 characters with more separators than anyone types.
const LONGEST: usize = 40;

impl IdentityNumber {
    /// Reads a number as people type it: with spaces or dashes, in full width, with a small x.
    ///
    /// The region, its first six digits, is not looked up: regions were renamed and merged, and the numbers stayed.
    ///
    /// # Errors
    /// Where its form, its check character or its birth date is not one.
    pub fn read(typed: &str, now: Timestamp) -> Result<Self, NumberError> {
        let digits = plain(typed)?;
        if digits.is_empty() {
            return Err(NumberError::Empty);
        }
        let bytes = digits.as_bytes();
        if bytes.len() != 18 || check_character(bytes) != Some(bytes[17]) {
            return Err(NumberError::Malformed);
        }
        let born = birth_date(&digits[6..14]).filter(|born| *born <= today(now));
        let born = born.ok_or(NumberError::Malformed)?;
        Ok(Self { digits, born })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// Region and birth date, which others may know of a person.
    #[must_use]
    pub fn birthday(&self) -> &str {
        &self.digits[..14]
    }

    /// What it is printed on, by which an authority may choose whom to ask.
    #[must_use]
    pub fn document(&self) -> &'static str {
        match &self.digits[..2] {
            "81" | "82" | "83" => "residence_permit",
            kind if kind.starts_with('9') => "permanent_residence_card",
            _ => "id_card",
        }
    }

    /// Whether its holder has not yet had this birthday, in the city's time.
    #[must_use]
    pub fn is_under(&self, age: i32, now: Timestamp) -> bool {
        let today = today(now);
        let had_birthday = (today.month() as u8, today.day()) >= (self.born.month() as u8, self.born.day());
        today.year() - self.born.year() - i32::from(!had_birthday) < age
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}****************{}", &self.digits[..1], &self.digits[17..])
    }
}

/// Digits and X, in ASCII.
fn plain(typed: &str) -> Result<String, NumberError> {
    let mut text = String::new();
    for (place, c) in typed.trim().chars().enumerate() {
        match c {
            _ if place >= LONGEST => return Err(NumberError::Malformed),
            '0'..='9' => text.push(c),
            '０'..='９' => text.extend(char::from_digit(u32::from(c) - u32::from('０'), 10)),
            'X' | 'x' | 'Ｘ' | 'ｘ' => text.push('X'),
            ' ' | '\u{a0}' | '\u{3000}' | '\t' | '-' | '－' | '–' | '—' => {}
            _ => return Err(NumberError::Malformed),
        }
    }
    Ok(text)
}

/// The last character as the first seventeen demand it; none where one of those is no digit.
fn check_character(bytes: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (byte, weight) in bytes.iter().zip(WEIGHTS) {
        sum += char::from(*byte).to_digit(10)? * weight;
    }
    CHECKS.get(usize::try_from(sum % 11).ok()?).copied()
}

fn birth_date(text: &str) -> Option<Date> {
    let month = Month::try_from(text[4..6].parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(text[..4].parse().ok()?, month, text[6..].parse().ok()?).ok()
}

/// The day in the city's time zone.
fn today(now: Timestamp) -> Date {
    let utc = OffsetDateTime::from_unix_timestamp(now.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    utc.to_offset(UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC))
        .date()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-23T01:12:41Z.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_396_361);

    fn read(typed: &str) -> Result<IdentityNumber, NumberError> {
        IdentityNumber::read(typed, NOW)
    }

    /// A number of this region, birth date and order, with its check character.
    fn number(region: u32, date: &str, order: u32) -> String {
        let head = format!("{region:06}{date}{order:03}");
        let check = char::from(check_character(head.as_bytes()).unwrap());
        format!("{head}{check}")
    }

    #[test]
    fn the_standards_own_examples_are_good() {
        for good in ["11010519491231002X", "440524188001010014"] {
            assert_eq!(read(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn a_number_is_taken_in_any_usual_form() {
        for typed in [
            "11010519491231002x",
            " 110105 19491231 002X ",
            "110105-19491231-002x",
            "１１０１０５１９４９１２３１００２Ｘ",
        ] {
            assert_eq!(read(typed).unwrap().as_str(), "11010519491231002X", "{typed}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for typed in [
            "1101051949123100",
            "11010519491231002",
            "11010519491231002XX",
            "1101051949123100ZX",
            "X1010519491231002X",
            "abc",
            "110105194912310029",
        ] {
            assert_eq!(read(typed), Err(NumberError::Malformed), "{typed}");
        }
        assert_eq!(read("  "), Err(NumberError::Empty));
        assert_eq!(read(&"1".repeat(5000)), Err(NumberError::Malformed));
    }

    #[test]
    fn the_birth_date_is_real_and_past() {
        for date in ["19490230", "20230229", "19491301", "20261124"] {
            assert_eq!(
                read(&number(110_105, date, 2)),
                Err(NumberError::Malformed),
                "{date}"
            );
        }
        for date in ["20240229", "20261123", "18800101"] {
            assert!(read(&number(110_105, date, 2)).is_ok(), "{date}");
        }
    }

    #[test]
    fn it_says_what_it_is_printed_on() {
        for (region, document) in [
            (110_105, "id_card"),
            (810_000, "residence_permit"),
            (820_000, "residence_permit"),
            (830_000, "residence_permit"),
            (911_124, "permanent_residence_card"),
        ] {
            let number = read(&number(region, "19900101", 1)).unwrap();
            assert_eq!(number.document(), document, "{region}");
        }
    }

    #[test]
    fn at_fourteen_one_is_no_longer_under_it() {
        let is_minor = |date| read(&number(110_105, date, 1)).unwrap().is_under(14, NOW);
        assert!(is_minor("20121124") && !is_minor("20121123") && !is_minor("19491231"));
    }

    #[test]
    fn it_prints_masked() {
        let number = read("11010519491231002X").unwrap();
        assert_eq!(format!("{number:?}"), "1****************X");
    }

    proptest! {
        #[test]
        fn a_region_is_never_a_reason(region in 0u32..1_000_000, order in 0u32..1000) {
            prop_assert!(read(&number(region, "19700131", order)).is_ok());
        }

        #[test]
        fn one_wrong_digit_is_noticed(region in 0u32..1_000_000, order in 0u32..1000, at in 0usize..18, by in 1u32..10) {
            let good = number(region, "19700131", order);
            let mut wrong: Vec<char> = good.chars().collect();
            wrong[at] = match wrong[at].to_digit(10) {
                Some(digit) => char::from_digit((digit + by) % 10, 10).unwrap(),
                None => char::from_digit(by, 10).unwrap(),
            };
            prop_assert_eq!(read(&String::from_iter(wrong)), Err(NumberError::Malformed));
        }

        #[test]
        fn two_swapped_neighbours_are_noticed(region in 0u32..1_000_000, order in 0u32..1000, at in 0usize..17) {
            let mut swapped: Vec<char> = number(region, "19700131", order).chars().collect();
            prop_assume!(swapped[at] != swapped[at + 1]);
            swapped.swap(at, at + 1);
            prop_assert_eq!(read(&String::from_iter(swapped)), Err(NumberError::Malformed));
        }

        #[test]
        fn nothing_typed_breaks_the_reader(typed in "\\PC{0,50}") {
            if let Ok(number) = read(&typed) {
                prop_assert_eq!(read(number.as_str()), Ok(number.clone()));
            }
        }
    }
}
