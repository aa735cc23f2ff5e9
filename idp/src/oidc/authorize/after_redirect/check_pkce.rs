use ring::digest;
use serde::{Deserialize, Serialize};

use crate::department::Client;
use crate::keys::jose::to_base64url;
use crate::oidc::{Code, Parameters, WireError};

/// The SHA-256 challenge of RFC 7636, as sent: 43 characters of base64url.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Whether the verifier is the one the challenge was made from (RFC 7636 §4.6).
    #[must_use]
    pub fn is_met_by(&self, verifier: &str) -> bool {
        let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
        is_verifier(verifier) && to_base64url(digest.as_ref()) == self.0
    }
}

/// PKCE with S256 alone: a public client must use it (RFC 9700 §2.1.1), a confidential one may.
pub(in crate::oidc) fn check_pkce(
    parameters: &Parameters,
    client: &Client,
) -> Result<Option<CodeChallenge>, WireError> {
    let refuse = |said: &str| Err(WireError::new(Code::InvalidRequest, said));
    match (
        parameters.get("code_challenge"),
        parameters.get("code_challenge_method"),
    ) {
        (None, None) if client.is_public() => {
            refuse("code_challenge is missing: a public client must use PKCE with S256")
        }
        (None, None) => Ok(None),
        (None, Some(_)) => refuse("code_challenge_method was sent without code_challenge"),
        // RFC 7636 §4.3 makes an absent method `plain`, which we do not offer.
        (Some(challenge), Some("S256")) if is_digest(challenge) => {
            Ok(Some(CodeChallenge(challenge.to_owned())))
        }
        (Some(_), Some("S256")) => {
            refuse("code_challenge must be the base64url of a SHA-256 digest, 43 characters")
        }
        (Some(_), _) => refuse("code_challenge_method must be S256"),
    }
}

fn is_digest(challenge: &str) -> bool {
    challenge.len() == 43
        && challenge
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// RFC 7636 §4.1: 43 to 128 unreserved characters.
fn is_verifier(verifier: &str) -> bool {
    (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7636_appendix_b() {
        let challenge = CodeChallenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned());
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"));
    }

    #[test]
    fn a_short_verifier_meets_nothing() {
        let digest = digest::digest(&digest::SHA256, b"short");
        assert!(!CodeChallenge(to_base64url(digest.as_ref())).is_met_by("short"));
    }
}
