//! The number a resident can read out on the telephone.

use std::fmt;

use ring::digest;

use crate::rng::Rng;

/// The id of one HTTP request: in the log, and in the extensions of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    #[must_use]
    pub fn new(rng: &Rng) -> Self {
        Self(rng.id())
    }

    #[must_use]
    pub fn reference(&self) -> Reference {
        Reference::of(&self.0)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Eight letters and digits, none of which sounds or looks like another (no 0, O, 1, I).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference([u8; 8]);

const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

impl Reference {
    #[must_use]
    pub fn of(request_id: &str) -> Self {
        let digest = digest::digest(&digest::SHA256, request_id.as_bytes());
        let mut symbols = [b'2'; 8];
        for (symbol, byte) in symbols.iter_mut().zip(digest.as_ref()) {
            *symbol = ALPHABET[usize::from(byte % 32)];
        }
        Self(symbols)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        let (head, tail) = text.split_at(text.len() / 2);
        write!(f, "{head}-{tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_can_be_spoken() {
        let reference = Reference::of(&Rng::system().id()).to_string();
        assert_eq!(reference.len(), 9);
        assert!(!reference.contains(['0', 'O', '1', 'I']));
        assert_eq!(Reference::of("a"), Reference::of("a"));
    }
}
