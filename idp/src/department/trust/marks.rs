use super::allowed::Allowed;
use crate::federation::EntityId;

/// The types of trust marks that we issue, by the names that a decision has for them: who may receive identity numbers,
/// and who may act for enterprises.
pub const MARKS: [&str; 2] = ["identity-number", "acts-for-enterprises"];

/// A type's identifier lies below the one that names its issuer: no other federation can have the same (OpenID Federation
/// 1.0 §7.1).
#[must_use]
pub fn mark_type(issuer: &EntityId, name: &str) -> String {
    let issuer = issuer.as_str();
    format!(
        "{}/trust-marks/{name}",
        issuer.strip_suffix('/').unwrap_or(issuer)
    )
}

/// The name of a type of ours.
#[must_use]
pub fn mark_named(issuer: &EntityId, mark: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|name| mark_type(issuer, name) == mark)
}

/// The marks of a system. Like all but `openid`, none before the operator has named the system itself.
pub fn marks_of(allowed: &Allowed) -> impl Iterator<Item = &'static str> {
    let is_given = |name: &&'static str| {
        let marks = allowed.terms.marks.iter();
        allowed.pattern.names_one() && marks.into_iter().any(|given| given == name)
    };
    MARKS.into_iter().filter(is_given)
}
