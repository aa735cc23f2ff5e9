use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::rand_core::{CryptoRng, Error, RngCore};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::jose::{Algorithm, SigningKey};
use crate::rng::Rng;

const RSA_BITS: usize = 2048;

/// A new key and its PKCS#8 form. An RSA key takes half a second: never within a request.
pub(super) async fn generate(
    algorithm: Algorithm,
    rng: Rng,
) -> Result<(SigningKey, Zeroizing<Vec<u8>>), KeyError> {
    tokio::task::spawn_blocking(move || generate_now(algorithm, &rng))
        .await
        .map_err(|_| KeyError::Generation(algorithm))?
}

fn generate_now(algorithm: Algorithm, rng: &Rng) -> Result<(SigningKey, Zeroizing<Vec<u8>>), KeyError> {
    let failed = || KeyError::Generation(algorithm);
    let der = match algorithm {
        Algorithm::Es256 => {
            let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, rng.source())
                .map_err(|_| failed())?;
            Zeroizing::new(document.as_ref().to_vec())
        }
        // ring signs with RSA keys and cannot make them.
        Algorithm::Rs256 => {
            let key = rsa::RsaPrivateKey::new(&mut Source(rng), RSA_BITS).map_err(|_| failed())?;
            Zeroizing::new(key.to_pkcs8_der().map_err(|_| failed())?.as_bytes().to_vec())
        }
        Algorithm::Es384 | Algorithm::Ps256 | Algorithm::EdDsa => return Err(KeyError::NotOurs(algorithm)),
    };
    let key = SigningKey::from_pkcs8(algorithm, &der, rng).map_err(|_| failed())?;
    Ok((key, der))
}

/// Our source of chance as the `rsa` crate wants it.
struct Source<'a>(&'a Rng);

impl RngCore for Source<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.0.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.0.bytes())
    }

    fn fill_bytes(&mut self, target: &mut [u8]) {
        const BLOCK: usize = 64;
        for part in target.chunks_mut(BLOCK) {
            let drawn: [u8; BLOCK] = self.0.bytes();
            part.copy_from_slice(&drawn[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(target);
        Ok(())
    }
}

impl CryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_sign_and_differ() {
        let rng = Rng::system();
        for algorithm in SigningKey::ALGORITHMS {
            let (key, der) = generate_now(*algorithm, &rng).unwrap();
            assert!(key.sign("JWT", &serde_json::json!({}), &rng).is_ok());
            assert_eq!(
                SigningKey::from_pkcs8(*algorithm, &der, &rng).unwrap().kid(),
                key.kid()
            );
        }
        let (one, _) = generate_now(Algorithm::Es256, &rng).unwrap();
        let (other, _) = generate_now(Algorithm::Es256, &rng).unwrap();
        assert_ne!(one.kid(), other.kid());
        assert!(matches!(
            generate_now(Algorithm::EdDsa, &rng),
            Err(KeyError::NotOurs(Algorithm::EdDsa))
        ));
    }
}
