use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::department::SCOPES;

/// A set of scopes, kept and written in the order of [`SCOPES`]; those we do not understand are
/// ignored (OpenID Connect Core 1.0 §3.1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scope(BTreeSet<usize>);

impl Scope {
    /// Reads a space-separated list; what is not supported is left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(
            text.split(' ')
                .filter_map(|name| SCOPES.iter().position(|known| *known == name))
                .collect(),
        )
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|held| held == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|&place| SCOPES[place])
    }

    #[must_use]
    pub fn only(&self, allowed: &Self) -> Self {
        Self(self.0.intersection(&allowed.0).copied().collect())
    }

    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Scope {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, name) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_left_out() {
        assert_eq!(
            Scope::parse("phone nonsense  openid phone").to_string(),
            "openid phone"
        );
        assert!(Scope::parse("openid").is_within(&Scope::parse("openid phone")));
        assert_eq!(
            Scope::parse("openid phone")
                .only(&Scope::parse("phone"))
                .to_string(),
            "phone"
        );
    }
}
