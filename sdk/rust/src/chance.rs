//! Unguessable values.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::Error;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks the system for randomness"
)]
pub(crate) fn source() -> SystemRandom {
    SystemRandom::new()
}

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    source().fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

/// 256 bits in 43 characters that need no escaping in a URL, a cookie or a form.
pub(crate) fn token() -> Result<String, Error> {
    bytes::<32>().map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// A number for the resident to read out to the helpline: eight characters, none easily mistaken.
pub(crate) fn reference() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let bytes = bytes::<8>()?;
    let letter = |byte: u8| char::from(LETTERS[usize::from(byte % 32)]);
    let (left, right) = bytes.split_at(4);
    Ok(left
        .iter()
        .copied()
        .map(letter)
        .chain(['-'])
        .chain(right.iter().copied().map(letter))
        .collect())
}
