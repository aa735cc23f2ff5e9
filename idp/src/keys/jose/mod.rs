//! JSON Web Signatures, keys and tokens (RFC 7515, 7517, 7518, 7519, 7638, 8037) over ring: framing
//! and rules are ours, the primitives are not.
//!
//! A token passes through three types, so that no step can be left out: [`Unverified`] (well
//! formed), [`Signed`] (by a key and an algorithm the caller accepts), [`Claims`] (by the right
//! issuer, for the right audience, at the right time).

mod algorithm;
mod claims;
mod error;
#[cfg(test)]
pub(crate) mod forge;
mod header;
mod json;
mod jwk;
mod jwk_set;
mod jws;
mod signing;
#[cfg(test)]
mod vectors;

pub use algorithm::Algorithm;
pub use claims::{Audience, ClaimError, ClaimRules, Claims, Expiry, LEEWAY, TokenError, numeric_date};
pub use error::{JoseError, Part};
pub use header::{Header, Typ};
pub use json::{JsonFault, object as json_object, strict_json};
pub use jwk::{JwkError, PublicKey};
pub use jwk_set::{JwkSet, JwkSetError, LeftOut};
pub use jws::{Accept, Signed, Unverified};
pub use signing::{SignError, SigningKey};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Strict base64url (RFC 7515 §2): no padding, no white space, no stray bits in the last character,
/// so that every byte string has exactly one spelling.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[must_use]
pub fn to_base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
