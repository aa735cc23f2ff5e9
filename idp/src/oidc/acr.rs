use crate::config::PublicUrl;

/// The level of a sign-in by SMS code: a phone answered. Its address says so in words.
pub const SMS_LEVEL: &str = "1";

/// The `acr` of a sign-in by SMS code (OpenID Connect Core 1.0 §2).
pub(super) fn by_sms(public_url: &PublicUrl) -> String {
    public_url.join(&format!("/acr/{SMS_LEVEL}"))
}
