use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use super::act::Act;
use crate::audit::Event;
use crate::clock::Timestamp;

/// Somebody who acts for the city. The id is what authenticators know them by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    pub id: Uuid,
    pub name: String,
    pub role: Role,
}

/// What an operator is there for: neither role sees the other's pages. The name is stored: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// People who stand before them.
    Window,
    /// Which departments may join.
    City,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Window, Self::City];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::City => "city",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl Operator {
    /// What the audit has of an act: who, why, and under which file.
    #[must_use]
    pub fn sign(&self, event: Event, act: &Act) -> Event {
        event
            .with("operator", self.id)
            .with("reason", act.reason)
            .with("file", &act.file)
    }
}

/// An operator as the command line lists them.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    pub name: String,
    pub role: Role,
    pub passkeys: i64,
    /// Until when a link that makes a passkey is good.
    pub invited_until: Option<String>,
}

/// The link's part that nobody can guess.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation(pub(super) String);

impl Invitation {
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invitation")
    }
}

/// An operator who has just been invited.
#[derive(Clone, Debug)]
pub struct Invited {
    pub invitation: Invitation,
    pub until: Timestamp,
    pub role: Role,
}

/// A passkey that signs an operator in.
#[derive(Clone)]
pub struct OperatorPasskey {
    pub id: Uuid,
    pub operator: Operator,
    /// What checks its signatures, as the ceremony's library writes it.
    pub credential: String,
    pub(super) version: i64,
}

impl fmt::Debug for OperatorPasskey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorPasskey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
