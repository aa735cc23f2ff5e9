use std::fmt;

use crate::rng::Rng;

/// RFC 8628 §6.1: consonants alone, so that no word comes about, and none that looks like another.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// What a resident reads off the device and types: eight letters, 34 bits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserCode(String);

impl UserCode {
    pub(super) fn draw(rng: &Rng) -> Self {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let [draw] = rng.bytes();
            // Rejecting the incomplete last block keeps the distribution flat.
            if draw < 240 {
                code.push(char::from(LETTERS[usize::from(draw) % LETTERS.len()]));
            }
        }
        Self(code)
    }

    /// As people type it: small letters, with spaces or dashes or without.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let letters: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—'))
            .map(|c| c.to_ascii_uppercase())
            .take(LENGTH + 1)
            .collect();
        let is_code = letters.len() == LENGTH && letters.bytes().all(|letter| LETTERS.contains(&letter));
        is_code.then_some(Self(letters))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// In two halves, as the device shows it.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = self.0.split_at(LENGTH / 2);
        write!(f, "{one}-{other}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = UserCode::read("wdjb-mjht").unwrap();
        assert_eq!(code.to_string(), "WDJB-MJHT");
        for typed in ["WDJBMJHT", " wdjb mjht ", "w-d-j-b—mjht"] {
            assert_eq!(UserCode::read(typed), Some(code.clone()), "{typed}");
        }
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "AEIO-UYAE",
            "1234-5678",
            "ＷＤＪＢＭＪＨＴ",
        ] {
            assert_eq!(UserCode::read(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_drawn_code_can_be_typed() {
        let rng = Rng::system();
        for _ in 0..100 {
            let code = UserCode::draw(&rng);
            assert_eq!(UserCode::read(&code.to_string()), Some(code));
        }
    }
}
