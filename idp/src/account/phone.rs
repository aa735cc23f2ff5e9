use std::fmt;

use thiserror::Error;

use crate::store::Vault;

const CHINA: u16 = 86;

/// A mobile number in E.164. It prints as `138****0000`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(String);

/// Why what a resident typed is no number we can send to. It holds nothing of what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PhoneError {
    #[error("no number was given")]
    Empty,
    #[error("this is no mobile number")]
    Malformed,
    #[error("numbers of this country are not served here")]
    CountryNotServed,
}

impl PhoneNumber {
    /// Reads a number in any usual form: spaces, dashes, brackets, full-width digits, `+86`, `0086`.
    /// Without a country code it is one of `countries[0]`; only numbers of `countries` are taken,
    /// because sending abroad is how text messages are turned into money.
    pub fn read(typed: &str, countries: &[u16]) -> Result<Self, PhoneError> {
        let text = plain(typed)?;
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        let home = countries.first().copied().unwrap_or(CHINA);
        let international = text.strip_prefix('+').or_else(|| text.strip_prefix("00"));
        let number = match international {
            Some(digits) if digits.starts_with("86") => chinese(&digits[2..])?,
            Some(digits) => foreign(&format!("+{digits}"))?,
            // Some phones drop the plus when a number is copied.
            None if home == CHINA => {
                let long = text.strip_prefix("86").filter(|rest| rest.len() == 11);
                chinese(long.unwrap_or(&text))?
            }
            None => foreign(&format!("+{home}{}", text.trim_start_matches('0')))?,
        };
        if countries.contains(&number.country()) {
            Ok(number)
        } else {
            Err(PhoneError::CountryNotServed)
        }
    }

    /// A number from the records, which hold nothing but E.164.
    #[must_use]
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let plausible = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        plausible.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The keyed hash by which the records find it.
    #[must_use]
    pub fn index(&self, vault: &Vault) -> [u8; 32] {
        vault.index("phone", &self.0)
    }

    /// `138 **** 0000`, for the number's own holder to recognise it by.
    #[must_use]
    pub fn masked(&self) -> String {
        self.mask(" ")
    }

    fn mask(&self, space: &str) -> String {
        if let Some(national) = self.0.strip_prefix("+86") {
            return format!(
                "{}{space}****{space}{}",
                &national[..3.min(national.len())],
                tail(national, 4)
            );
        }
        // Abroad a national number may be short: then less of it is shown.
        let shown = if self.0.len() >= 11 { 4 } else { 2 };
        format!("+{}{space}****{space}{}", self.country(), tail(&self.0, shown))
    }

    fn country(&self) -> u16 {
        if self.0.starts_with("+86") {
            return CHINA;
        }
        phonenumber::parse(None, &self.0).map_or(0, |number| number.country().code())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask(""))
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mask(""))
    }
}

/// Longer than any number with its separators.
const LONGEST: usize = 40;

/// The digits and a leading plus, in ASCII.
fn plain(typed: &str) -> Result<String, PhoneError> {
    let mut text = String::new();
    for (place, c) in typed.trim().chars().enumerate() {
        match c {
            _ if place >= LONGEST => return Err(PhoneError::Malformed),
            '0'..='9' => text.push(c),
            '０'..='９' => text.extend(char::from_digit(u32::from(c) - u32::from('０'), 10)),
            '+' | '＋' if text.is_empty() => text.push('+'),
            ' ' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' | '\t' => {}
            '-' | '－' | '‐' | '‑' | '–' | '—' | '.' | '(' | ')' | '（' | '）' => {}
            // Marks that phones put around a copied number to keep its direction.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ => return Err(PhoneError::Malformed),
        }
    }
    Ok(text)
}

/// A mainland mobile number: 1, 3 to 9, and nine digits.
fn chinese(digits: &str) -> Result<PhoneNumber, PhoneError> {
    let bytes = digits.as_bytes();
    let sound = bytes.len() == 11
        && bytes[0] == b'1'
        && (b'3'..=b'9').contains(&bytes[1])
        && bytes.iter().all(u8::is_ascii_digit);
    if sound {
        Ok(PhoneNumber(format!("+86{digits}")))
    } else {
        Err(PhoneError::Malformed)
    }
}

fn foreign(text: &str) -> Result<PhoneNumber, PhoneError> {
    let number = phonenumber::parse(None, text).map_err(|_| PhoneError::Malformed)?;
    if !number.is_valid() {
        return Err(PhoneError::Malformed);
    }
    PhoneNumber::from_e164(&number.format().mode(phonenumber::Mode::E164).to_string())
        .ok_or(PhoneError::Malformed)
}

/// The last `count` digits.
fn tail(digits: &str, count: usize) -> &str {
    &digits[digits.len().saturating_sub(count)..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(typed: &str) -> Result<String, PhoneError> {
        PhoneNumber::read(typed, &[86]).map(|number| number.e164().to_owned())
    }

    #[test]
    fn a_number_is_taken_in_any_usual_form() {
        for typed in [
            "13800000000",
            " 138 0000 0000 ",
            "138-0000-0000",
            "+86 138 0000 0000",
            "+8613800000000",
            "008613800000000",
            "0086 (138) 0000-0000",
            "8613800000000",
            "１３８００００００００",
            "＋８６　138００００0000",
            "\u{202a}+86 138 0000 0000\u{202c}",
        ] {
            assert_eq!(read(typed).as_deref(), Ok("+8613800000000"), "{typed}");
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused() {
        for typed in [
            "12800000000",
            "1380000000",
            "138000000000",
            "02288888888",
            "abc",
            "138+00000000",
            "١٣٨٠٠٠٠٠٠٠٠",
            "+",
            "++8613800000000",
        ] {
            assert_eq!(read(typed), Err(PhoneError::Malformed), "{typed}");
        }
        assert_eq!(read("   "), Err(PhoneError::Empty));
        assert_eq!(read(&"1".repeat(5000)), Err(PhoneError::Malformed));
    }

    #[test]
    fn other_countries_only_where_the_operator_serves_them() {
        assert_eq!(read("+852 5123 4567"), Err(PhoneError::CountryNotServed));
        let served = PhoneNumber::read("00852 5123 4567", &[86, 852]).unwrap();
        assert_eq!(
            (served.e164(), served.masked().as_str()),
            ("+85251234567", "+852 **** 4567")
        );
        let home = PhoneNumber::read("5123 4567", &[852]).unwrap();
        assert_eq!(home.e164(), "+85251234567");
        assert_eq!(
            PhoneNumber::read("13800000000", &[852]),
            Err(PhoneError::Malformed)
        );
    }

    #[test]
    fn it_prints_masked() {
        let number = PhoneNumber::read("13812345678", &[86]).unwrap();
        assert_eq!(number.masked(), "138 **** 5678");
        assert_eq!(format!("{number:?} {number}"), "138****5678 138****5678");
    }

    proptest! {
        #[test]
        fn nothing_typed_breaks_the_reader(typed in "\\PC{0,60}") {
            if let Ok(number) = PhoneNumber::read(&typed, &[86, 852, 1, 44]) {
                prop_assert_eq!(PhoneNumber::from_e164(number.e164()), Some(number.clone()));
                prop_assert!(!number.masked().contains(&number.e164()[4..]));
            }
        }

        #[test]
        fn separators_never_change_a_number(digits in "1[3-9][0-9]{9}", at in 1usize..10, separator in "[ -]{1,2}") {
            let spaced = format!("{}{separator}{}", &digits[..at], &digits[at..]);
            prop_assert_eq!(read(&spaced), Ok(format!("+86{digits}")));
        }
    }
}
