use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::department::DataKey;

/// The one type that we know.
pub const DATA: &str = "data";

/// A set of records, each of one holder and for one purpose. It is stored as the keys, and written to others as RFC 9396
/// has it, always in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(BTreeSet<DataKey>);

impl AuthorizationDetails {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &DataKey> {
        self.0.iter()
    }

    #[must_use]
    pub fn has(&self, key: &DataKey) -> bool {
        self.0.contains(key)
    }

    #[must_use]
    pub fn only(&self, keep: impl Fn(&DataKey) -> bool) -> Self {
        self.iter().filter(|key| keep(key)).cloned().collect()
    }

    /// Those of one holder.
    #[must_use]
    pub fn at(&self, holder: &str) -> Self {
        self.only(|key| key.holder == holder)
    }

    /// One object for each holder and purpose (RFC 9396 §2).
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut objects: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for DataKey {
            holder,
            purpose,
            record,
        } in self.iter()
        {
            objects.entry((holder, purpose)).or_default().push(record);
        }
        let written = objects.into_iter().map(|((holder, purpose), records)| {
            json!({ "type": DATA, "locations": [holder], "datatypes": records, "purpose": purpose })
        });
        written.collect()
    }
}

impl FromIterator<DataKey> for AuthorizationDetails {
    fn from_iter<I: IntoIterator<Item = DataKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}
