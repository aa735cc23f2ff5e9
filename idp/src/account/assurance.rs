use serde::{Deserialize, Serialize};

/// How well the person behind an account is known. The name is stored: never rename one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    #[default]
    Unknown,
    /// Name and number matched with the authority's source.
    RealName,
    /// An operator saw person and document at a window.
    InPerson,
}

/// How strongly a session's person signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// A code by SMS.
    Code,
    /// A passkey in whose session no real name has been proven yet. Whoever held the telephone may have made it: it
    /// stands for the account, and not for the person.
    NewPasskey,
    /// A passkey that stands for the person.
    Passkey,
}

/// What `acr` says, read off a table of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Level {
    /// A phone answered.
    Phone = 1,
    /// Real name verified.
    RealName = 2,
    /// Real name verified, and a cryptographic authenticator.
    Authenticator = 3,
    /// Proofed in person, and a cryptographic authenticator.
    InPerson = 4,
}

/// What a session lacks for a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacking {
    /// A sign-in by passkey.
    Passkey,
    /// The proof of the real name; once more, where the passkey is younger than the proof.
    RealName,
    /// The window, where no page of ours leads.
    Window,
}

impl Identity {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Unknown, "unknown"),
        (Self::RealName, "real_name"),
        (Self::InPerson, "in_person"),
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The one stored under this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, stored)| *stored == name)
            .map(|(identity, _)| identity)
    }
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Phone, Self::RealName, Self::Authenticator, Self::InPerson];

    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The id of the words that say what it is.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Phone => "acr-1",
            Self::RealName => "acr-2",
            Self::Authenticator => "acr-3",
            Self::InPerson => "acr-4",
        }
    }

    /// The level that a person known so well reaches by signing in so strongly.
    #[must_use]
    pub fn of(identity: Identity, strength: Strength) -> Self {
        match (identity, strength) {
            (Identity::Unknown, _) => Self::Phone,
            (Identity::RealName, Strength::Passkey) => Self::Authenticator,
            (Identity::InPerson, Strength::Passkey) => Self::InPerson,
            _ => Self::RealName,
        }
    }

    /// What must be added first to reach this level; none where it is reached.
    #[must_use]
    pub fn lacking(self, identity: Identity, strength: Strength) -> Option<Lacking> {
        if Self::of(identity, strength) >= self {
            return None;
        }
        // The passkey first: a real name proven in its session vouches for it.
        if self >= Self::Authenticator && strength == Strength::Code {
            return Some(Lacking::Passkey);
        }
        if identity < Identity::RealName || strength == Strength::NewPasskey {
            return Some(Lacking::RealName);
        }
        Some(Lacking::Window)
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.number()
    }
}

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::ALL
            .into_iter()
            .find(|level| level.number() == number)
            .ok_or("levels are 1 to 4")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITIES: [Identity; 3] = [Identity::Unknown, Identity::RealName, Identity::InPerson];
    const STRENGTHS: [Strength; 3] = [Strength::Code, Strength::NewPasskey, Strength::Passkey];

    #[test]
    fn the_table() {
        let levels =
            IDENTITIES.map(|identity| STRENGTHS.map(|strength| Level::of(identity, strength).number()));
        assert_eq!(levels, [[1, 1, 1], [2, 2, 3], [2, 2, 4]]);
    }

    #[test]
    fn only_what_is_missing_is_asked_for() {
        use Lacking::{Passkey, RealName, Window};
        let lacking = |level: Level| {
            IDENTITIES.map(|identity| STRENGTHS.map(|strength| level.lacking(identity, strength)))
        };
        assert_eq!(lacking(Level::Phone), [[None; 3]; 3]);
        assert_eq!(
            lacking(Level::RealName),
            [[Some(RealName); 3], [None; 3], [None; 3]]
        );
        assert_eq!(
            lacking(Level::Authenticator),
            [
                [Some(Passkey), Some(RealName), Some(RealName)],
                [Some(Passkey), Some(RealName), None],
                [Some(Passkey), Some(RealName), None]
            ]
        );
        assert_eq!(
            lacking(Level::InPerson)[1],
            [Some(Passkey), Some(RealName), Some(Window)]
        );
    }

    #[test]
    fn names_are_read_back() {
        for identity in IDENTITIES {
            assert_eq!(Identity::named(identity.as_str()), Some(identity));
        }
        assert_eq!(Identity::named("else"), None);
    }
}
