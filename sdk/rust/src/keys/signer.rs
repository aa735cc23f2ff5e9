use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

/// How a key signs (RFC 7518 §3.1, RFC 8037 §3.1): what Yimen takes of a department.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    Es256,
    Es384,
    Ps256,
    Rs256,
    EdDsa,
}

impl SigningAlgorithm {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Ps256 => "PS256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// In bytes, where it is always the same.
    pub(super) const fn signature_length(self) -> Option<usize> {
        match self {
            Self::Es256 | Self::EdDsa => Some(64),
            Self::Es384 => Some(96),
            Self::Ps256 | Self::Rs256 => None,
        }
    }
}

/// What a signer says when it cannot sign. It goes into the log.
pub type SignerFault = Box<dyn std::error::Error + Send + Sync>;

/// A key that lives elsewhere, such as in a hardware security module.
///
/// Give one to [`Builder::protocol_signer`](crate::Builder::protocol_signer), and another, with a key of its own, to
/// [`Builder::federation_signer`](crate::Builder::federation_signer). The SDK does not rotate such keys.
pub trait Signer: Send + Sync + 'static {
    fn algorithm(&self) -> SigningAlgorithm;

    /// The public key as a JSON Web Key (RFC 7517). Asked for once, at the start; without a `kid`, the key is named by
    /// its thumbprint (RFC 7638).
    fn public_jwk(&self) -> Value;

    /// The signature over `message` as JWS has it: for ES256 the two numbers of 32 bytes one after the other (RFC 7518
    /// §3.4), not the DER that many modules give.
    fn sign(&self, message: &[u8]) -> impl Future<Output = Result<Vec<u8>, SignerFault>> + Send;
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, SignerFault>> + Send + 'a>>;

trait Boxed: Send + Sync {
    fn algorithm(&self) -> SigningAlgorithm;
    fn public_jwk(&self) -> Value;
    fn sign<'a>(&'a self, message: &'a [u8]) -> Answer<'a>;
}

impl<S: Signer> Boxed for S {
    fn algorithm(&self) -> SigningAlgorithm {
        Signer::algorithm(self)
    }

    fn public_jwk(&self) -> Value {
        Signer::public_jwk(self)
    }

    fn sign<'a>(&'a self, message: &'a [u8]) -> Answer<'a> {
        Box::pin(Signer::sign(self, message))
    }
}

/// [`Signer`] as one type, so that a signer's type shows nowhere else.
#[derive(Clone)]
pub(crate) struct AnySigner(Arc<dyn Boxed>);

impl AnySigner {
    pub(crate) fn new(signer: impl Signer) -> Self {
        Self(Arc::new(signer))
    }

    pub(super) fn algorithm(&self) -> SigningAlgorithm {
        self.0.algorithm()
    }

    pub(super) fn public_jwk(&self) -> Value {
        self.0.public_jwk()
    }

    pub(super) async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerFault> {
        self.0.sign(message).await
    }
}

impl fmt::Debug for AnySigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnySigner")
    }
}
