use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::signer::{Signer, SignerFault, SigningAlgorithm};
use crate::chance;
use crate::error::Error;

/// An ES256 key in this process.
pub(super) struct LocalKey(EcdsaKeyPair);

impl LocalKey {
    /// PKCS#8 of a new key.
    pub(super) fn generate() -> Result<Vec<u8>, Error> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance::source())
            .map(|der| der.as_ref().to_vec())
            .map_err(|_| Error::NoRandomness)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, String> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &chance::source())
            .map(Self)
            .map_err(|problem| problem.to_string())
    }
}

impl Signer for LocalKey {
    fn algorithm(&self) -> SigningAlgorithm {
        SigningAlgorithm::Es256
    }

    fn public_jwk(&self) -> Value {
        // An uncompressed point: 0x04, then x and y of 32 bytes each (SEC 1 §2.3.3).
        let point = self.0.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        let encode = |part| BASE64_URL_SAFE_NO_PAD.encode(part);
        json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFault> {
        let signature = self.0.sign(&chance::source(), message);
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| Error::NoRandomness.into())
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKey(…)")
    }
}
