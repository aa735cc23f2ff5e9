use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::department::DataKey;

/// One thing a resident may give a department; each is given, shown and withdrawn by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Item {
    /// That the department recognises the resident when they come back.
    OpenId,
    Name,
    Phone,
    /// Access while the resident is away.
    Offline,
    /// That another department gives it a record.
    Record(DataKey),
}

impl Item {
    /// What scopes ask for.
    pub const OF_SCOPES: [Self; 4] = [Self::OpenId, Self::Name, Self::Phone, Self::Offline];

    /// Under which it is stored: the scope that asks for it, or the record's key.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::OpenId => "openid",
            Self::Name => "profile",
            Self::Phone => "phone",
            Self::Offline => "offline_access",
            Self::Record(key) => return Cow::Owned(key.to_string()),
        })
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let of_scope = Self::OF_SCOPES.into_iter().find(|item| item.name() == name);
        of_scope.or_else(|| DataKey::parse(name).map(Self::Record))
    }
}

impl TryFrom<String> for Item {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::named(&name).ok_or("expected a scope, or the key of a record")
    }
}

impl From<Item> for String {
    fn from(item: Item) -> Self {
        item.name().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_something_to_give() {
        let names = Item::OF_SCOPES.map(|item| item.name().into_owned());
        assert_eq!(names, crate::department::SCOPES);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let key = "rent_subsidy:contribution_record@https://hrss.city.example";
        for name in ["phone", key] {
            assert_eq!(Item::named(name).unwrap().name(), name);
        }
        assert!(matches!(Item::named(key), Some(Item::Record(_))));
        assert_eq!(Item::named("email"), None);
    }
}
