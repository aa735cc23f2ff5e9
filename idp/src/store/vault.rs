use std::fmt;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{digest, hkdf, hmac};
use subtle::ConstantTimeEq as _;

use super::error::StoreError;
use crate::config::MasterKey;
use crate::rng::Rng;

/// First byte of a sealed field: which key and layout sealed it.
const VERSION: u8 = 1;

/// Seals personal data field by field, and finds it again by keyed blind indexes.
/// Every key is derived from the master key by HKDF (RFC 5869) under its own label.
#[derive(Clone)]
pub struct Vault {
    keys: Arc<Keys>,
    rng: Rng,
}

/// Expanded once; a kilobyte that every request would otherwise copy several times.
struct Keys {
    seal: LessSafeKey,
    index: hmac::Key,
    mac: hmac::Key,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    #[must_use]
    pub fn new(master: &MasterKey, rng: Rng) -> Self {
        let derive = |label: &[u8]| derive_key(master, label);
        #[expect(
            clippy::expect_used,
            reason = "the key is 32 bytes by its type; runs once, at start"
        )]
        let seal = UnboundKey::new(&AES_256_GCM, &derive(b"yimen field seal 1")).expect("32 bytes");
        let keys = Keys {
            seal: LessSafeKey::new(seal),
            index: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"yimen blind index 1")),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"yimen keyed hash 1")),
        };
        Self {
            keys: Arc::new(keys),
            rng,
        }
    }

    /// Encrypts a field. `place` ("table.column") and `row` are bound in: a sealed value
    /// that is moved to another row or column does not open there.
    ///
    /// # Errors
    /// For more than 64 GiB.
    pub fn seal(&self, place: &'static str, row: &str, plain: &str) -> Result<Vec<u8>, StoreError> {
        let nonce: [u8; NONCE_LEN] = self.rng.bytes();
        let mut body = plain.as_bytes().to_vec();
        let aad = Aad::from(bound(place, row));
        self.keys
            .seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| StoreError::Unsealable(place))?;
        Ok([&[VERSION][..], &nonce, &body].concat())
    }

    /// Decrypts a field.
    ///
    /// # Errors
    /// Where it was sealed under another master key, for another place, or was altered.
    pub fn open(&self, place: &'static str, row: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let corrupt = || StoreError::Corrupt(place);
        let (&version, rest) = sealed.split_first().ok_or_else(corrupt)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(corrupt)?;
        if version != VERSION {
            return Err(corrupt());
        }
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .keys
            .seal
            .open_in_place(nonce, Aad::from(bound(place, row)), &mut body)
            .map_err(|_| corrupt())?;
        String::from_utf8(plain.to_vec()).map_err(|_| corrupt())
    }

    /// A keyed hash by which a sealed value can be found, one per kind of value.
    #[must_use]
    pub fn index(&self, kind: &str, value: &str) -> [u8; 32] {
        tagged(&self.keys.index, kind, value.as_bytes())
    }

    /// A keyed hash for values that are few enough to be guessed (codes, addresses).
    #[must_use]
    pub fn mac(&self, purpose: &str, value: &[u8]) -> [u8; 32] {
        tagged(&self.keys.mac, purpose, value)
    }
}

fn derive_key(master: &MasterKey, label: &[u8]) -> [u8; 32] {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"yimen");
    let mut key = [0; 32];
    #[expect(
        clippy::expect_used,
        reason = "32 bytes are within HKDF's limit; runs once, at start"
    )]
    salt.extract(master.as_bytes())
        .expand(&[label], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("32 bytes of HKDF output");
    key
}

/// `place` and `row` with a separator neither contains.
fn bound(place: &str, row: &str) -> Vec<u8> {
    [place.as_bytes(), b"\0", row.as_bytes()].concat()
}

fn tagged(key: &hmac::Key, purpose: &str, value: &[u8]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    context.update(purpose.as_bytes());
    context.update(b"\0");
    context.update(value);
    into_array(context.sign().as_ref())
}

/// SHA-256, for tokens that are long and random: nobody can try them all.
#[must_use]
pub fn hash(token: impl AsRef<[u8]>) -> [u8; 32] {
    into_array(digest::digest(&digest::SHA256, token.as_ref()).as_ref())
}

/// Compares two secrets of one length in constant time.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

fn into_array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(fill: u8) -> Vault {
        Vault::new(&MasterKey::from_bytes([fill; 32]), Rng::system())
    }

    #[test]
    fn a_sealed_field_opens_only_in_its_place_under_its_key() {
        let sealed = vault(1).seal("phone.number", "row-1", "+8613800000000").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"13800"));
        assert_eq!(
            vault(1).open("phone.number", "row-1", &sealed).unwrap(),
            "+8613800000000"
        );
        assert!(vault(1).open("phone.number", "row-2", &sealed).is_err());
        assert!(vault(1).open("account.name", "row-1", &sealed).is_err());
        assert!(vault(2).open("phone.number", "row-1", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[place] ^= 1;
            assert!(vault(1).open("phone.number", "row-1", &altered).is_err());
        }
    }

    #[test]
    fn an_index_depends_on_kind_value_and_key() {
        let index = vault(1).index("phone", "+8613800000000");
        assert_eq!(index, vault(1).index("phone", "+8613800000000"));
        assert_ne!(index, vault(1).index("name", "+8613800000000"));
        assert_ne!(index, vault(1).mac("phone", b"+8613800000000"));
        assert_ne!(index, vault(2).index("phone", "+8613800000000"));
    }
}
