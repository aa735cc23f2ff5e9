//! Small values that this department hands to a browser and alone can read or make.
//!
//! The keys are derived from one secret of the department, which lies with its protocol key and outlives it, so that
//! every node, and the same node after a restart, opens what another has sealed.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Prk};
use ring::hmac;

use crate::chance;
use crate::error::Error;

pub(crate) struct Sealer {
    secrecy: LessSafeKey,
    proof: hmac::Key,
    naming: hmac::Key,
}

impl Sealer {
    pub(crate) fn derived_from(secret: &[u8]) -> Result<Self, Unspecified> {
        Self::of_root(&root_of(secret))
    }

    pub(crate) fn of_root(root: &[u8]) -> Result<Self, Unspecified> {
        let root = Prk::new_less_safe(HKDF_SHA256, root);
        Ok(Self {
            secrecy: LessSafeKey::new(UnboundKey::from(root.expand(&[b"seal v1"], &AES_256_GCM)?)),
            proof: hmac::Key::from(root.expand(&[b"proof v1"], hmac::HMAC_SHA256)?),
            naming: hmac::Key::from(root.expand(&[b"name v1"], hmac::HMAC_SHA256)?),
        })
    }

    /// Nobody else can read it, change it, or open it under another `purpose`.
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<String, Error> {
        let nonce = chance::bytes::<NONCE_LEN>()?;
        let mut sealed = plain.to_vec();
        self.secrecy
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::NoRandomness)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let plain = self
            .secrecy
            .open_in_place(
                Nonce::try_assume_unique_for_key(nonce).ok()?,
                Aad::from(purpose.as_bytes()),
                &mut rest,
            )
            .ok()?;
        Some(plain.to_vec())
    }

    /// A name for something that only this department can make of it, and of which nobody can tell what it stands for.
    pub(crate) fn name(&self, kind: &str, text: &str) -> String {
        let of = format!("{kind}\n{text}");
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.naming, of.as_bytes()))
    }

    /// A form token for one session: it says that the form was made by this department for this browser.
    pub(crate) fn prove(&self, message: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.proof, message))
    }

    pub(crate) fn is_proven(&self, message: &[u8], proof: &str) -> bool {
        BASE64_URL_SAFE_NO_PAD
            .decode(proof)
            .is_ok_and(|proof| hmac::verify(&self.proof, message, &proof).is_ok())
    }
}

/// From which all that a secret seals can be opened, and not the secret itself be found (RFC 5869 §2.2).
pub(crate) fn root_of(secret: &[u8]) -> [u8; 32] {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, b"yimen-sdk");
    let mut root = [0; 32];
    root.copy_from_slice(hmac::sign(&salt, secret).as_ref());
    root
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_unchanged_and_for_its_purpose() {
        let sealer = Sealer::derived_from(b"a department's key").unwrap();
        let sealed = sealer.seal("attempt", b"plain").unwrap();
        assert_eq!(sealer.open("attempt", &sealed).as_deref(), Some(&b"plain"[..]));
        assert_eq!(sealer.open("other", &sealed), None);
        assert_eq!(sealer.open("attempt", &format!("A{sealed}")), None);
        assert_eq!(sealer.open("attempt", ""), None);
        assert_eq!(
            Sealer::derived_from(b"another").unwrap().open("attempt", &sealed),
            None
        );
    }

    /// What was sealed before the secret had a place of its own, by HKDF over the key.
    #[test]
    fn the_root_is_that_of_hkdf() {
        let prk = ring::hkdf::Salt::new(HKDF_SHA256, b"yimen-sdk").extract(b"a department's key");
        let key = hmac::Key::from(prk.expand(&[b"proof v1"], hmac::HMAC_SHA256).unwrap());
        let token = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"one"));
        let sealer = Sealer::derived_from(b"a department's key").unwrap();
        assert_eq!(sealer.prove(b"one"), token);
    }

    #[test]
    fn a_form_token_is_of_one_session() {
        let sealer = Sealer::derived_from(b"a department's key").unwrap();
        let token = sealer.prove(b"one");
        assert!(sealer.is_proven(b"one", &token));
        assert!(!sealer.is_proven(b"two", &token));
        assert!(!sealer.is_proven(b"one", "…"));
    }
}
