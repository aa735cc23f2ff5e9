//! The hidden token that ties a form to the request or session it was made for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

/// A form whose token belongs to another request or session, or to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form's token does not belong to this request")]
pub struct FormTokenError;

/// The token of a form bound to `binding`: the id of an interaction or a session.
#[must_use]
pub fn form_token(secret: &[u8; 32], binding: &str) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(&key(secret), binding.as_bytes()))
}

/// Compares in constant time.
pub fn check_form_token(secret: &[u8; 32], binding: &str, token: &str) -> Result<(), FormTokenError> {
    let tag = URL_SAFE_NO_PAD.decode(token).map_err(|_| FormTokenError)?;
    hmac::verify(&key(secret), binding.as_bytes(), &tag).map_err(|_| FormTokenError)
}

fn key(secret: &[u8; 32]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_the_one_binding_it_was_made_for() {
        let token = form_token(&[1; 32], "a");
        assert_eq!(check_form_token(&[1; 32], "a", &token), Ok(()));
        for (secret, binding, token) in [
            ([1; 32], "b", token.as_str()),
            ([2; 32], "a", &token),
            ([1; 32], "a", ""),
            ([1; 32], "a", "!"),
        ] {
            assert_eq!(check_form_token(&secret, binding, token), Err(FormTokenError));
        }
    }
}
