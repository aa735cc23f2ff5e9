use serde::{Deserialize, Serialize};

use crate::account::{Identity, Lacking, Level, Strength};
use crate::config::PublicUrl;

/// The `acr` of a level (OpenID Connect Core 1.0 §2): its address says in words what it means.
#[must_use]
pub fn acr_value(public_url: &PublicUrl, level: Level) -> String {
    public_url.join(&format!("/acr/{}", level.number()))
}

/// The level whose `acr` this is.
pub(super) fn level(public_url: &PublicUrl, acr: &str) -> Option<Level> {
    Level::ALL
        .into_iter()
        .find(|level| acr_value(public_url, *level) == acr)
}

/// The levels that a request asks for, the preferred one first. None at all is any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedAcr {
    pub levels: Vec<Level>,
    /// Whether anything less is an error (OpenID Connect Core 1.0 §5.5.1.1).
    pub is_essential: bool,
}

/// What a session's level means for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Enough,
    /// This can be added on our pages.
    Lacks(Lacking),
    /// The request asks for what no page of ours adds.
    Never,
}

impl WantedAcr {
    /// How far a person's sign-in is from what is wanted.
    #[must_use]
    pub fn reach(&self, identity: Identity, strength: Strength) -> Reach {
        let held = Level::of(identity, strength);
        let Some(preferred) = self.levels.first() else {
            return if self.is_essential {
                Reach::Never
            } else {
                Reach::Enough
            };
        };
        if self.levels.iter().any(|level| *level <= held) {
            return Reach::Enough;
        }
        match preferred.lacking(identity, strength) {
            None => Reach::Enough,
            Some(Lacking::Window) => Reach::Never,
            Some(lacking) => Reach::Lacks(lacking),
        }
    }

    /// What the ID token says: the greatest of the levels asked for that is reached, so that whoever compares finds
    /// what they asked for; else what is held.
    #[must_use]
    pub fn said_of(&self, held: Level) -> Level {
        let reached = self.levels.iter().filter(|level| **level <= held);
        reached.max().copied().unwrap_or(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(levels: &[Level], is_essential: bool) -> WantedAcr {
        WantedAcr {
            levels: levels.to_vec(),
            is_essential,
        }
    }

    #[test]
    fn a_level_and_its_address_belong_together() {
        let url = PublicUrl::parse("https://id.city.example").unwrap();
        assert_eq!(
            acr_value(&url, Level::Authenticator),
            "https://id.city.example/acr/3"
        );
        for one in Level::ALL {
            assert_eq!(level(&url, &acr_value(&url, one)), Some(one));
        }
        for foreign in [
            "https://id.city.example/acr/5",
            "3",
            "",
            "https://else.example/acr/3",
        ] {
            assert_eq!(level(&url, foreign), None);
        }
    }

    #[test]
    fn any_of_the_levels_asked_for_is_enough() {
        let (name, code) = (Identity::RealName, Strength::Code);
        let both = wanted(&[Level::Authenticator, Level::RealName], false);
        assert_eq!(both.reach(name, code), Reach::Enough);
        assert_eq!(
            both.reach(Identity::Unknown, code),
            Reach::Lacks(Lacking::Passkey)
        );
        assert_eq!(wanted(&[], false).reach(name, code), Reach::Enough);
        assert_eq!(wanted(&[], true).reach(name, code), Reach::Never);
        assert_eq!(
            wanted(&[Level::InPerson], false).reach(name, Strength::Passkey),
            Reach::Never
        );
    }

    #[test]
    fn the_token_says_what_was_asked_for_where_more_is_held() {
        assert_eq!(
            wanted(&[Level::RealName], true).said_of(Level::InPerson),
            Level::RealName
        );
        assert_eq!(
            wanted(&[Level::Phone, Level::RealName], false).said_of(Level::Authenticator),
            Level::RealName
        );
        assert_eq!(
            wanted(&[Level::Authenticator], false).said_of(Level::Phone),
            Level::Phone
        );
        assert_eq!(
            wanted(&[], false).said_of(Level::Authenticator),
            Level::Authenticator
        );
    }
}
