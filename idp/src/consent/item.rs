use serde::{Deserialize, Serialize};

/// One thing a resident may give a department; each is given, shown and withdrawn by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Item {
    /// That the department recognises the resident when they come back.
    #[serde(rename = "openid")]
    OpenId,
    #[serde(rename = "profile")]
    Name,
    #[serde(rename = "phone")]
    Phone,
    /// Access while the resident is away.
    #[serde(rename = "offline_access")]
    Offline,
}

impl Item {
    pub const ALL: [Self; 4] = [Self::OpenId, Self::Name, Self::Phone, Self::Offline];

    /// The scope that asks for it, under which it is also stored.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Name => "profile",
            Self::Phone => "phone",
            Self::Offline => "offline_access",
        }
    }

    #[must_use]
    pub fn of_scope(scope: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|item| item.scope() == scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_something_to_give() {
        assert_eq!(Item::ALL.map(Item::scope), crate::department::SCOPES);
    }
}
