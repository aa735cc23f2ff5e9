use std::fmt;

use serde::{Deserialize, Serialize};

use super::consequence::purpose_differs;
use super::model::{Client, ClientMetadata, Purpose, is_id};
use super::trust::allowed::Terms;
use crate::web::Locale;

/// Characters of a purpose's or a record's name.
const LONGEST_NAME: usize = 64;

/// What a record is called, in the resident's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl Words {
    /// In the page's language, or else in Chinese, which there always is.
    #[must_use]
    pub fn in_locale(&self, locale: Locale) -> &str {
        pick(&self.zh, &self.en, locale)
    }
}

impl Purpose {
    /// As [`Words::in_locale`]; empty where there are no words.
    #[must_use]
    pub fn in_locale(&self, locale: Locale) -> &str {
        pick(&self.zh, &self.en, locale)
    }
}

fn pick<'a>(zh: &'a str, en: &'a str, locale: Locale) -> &'a str {
    match locale {
        Locale::English if !en.is_empty() => en,
        _ => zh,
    }
}

/// A record of one system that another asks for, and to what end: `PURPOSE:RECORD@HOLDER`, as the operator's options, the
/// consent and the audit write it. The order is that in which records are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataKey {
    /// The client id of the system that has it.
    pub holder: String,
    pub purpose: String,
    pub record: String,
}

impl DataKey {
    /// None where a part of it is not what it must be.
    #[must_use]
    pub fn new(purpose: &str, record: &str, holder: &str) -> Option<Self> {
        let is_one = is_data_name(purpose) && is_data_name(record) && is_id(holder);
        is_one.then(|| Self {
            holder: holder.to_owned(),
            purpose: purpose.to_owned(),
            record: record.to_owned(),
        })
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (purpose, rest) = text.split_once(':')?;
        let (record, holder) = rest.split_once('@')?;
        Self::new(purpose, record, holder)
    }
}

impl fmt::Display for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.purpose, self.record, self.holder)
    }
}

impl TryFrom<String> for DataKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("expected PURPOSE:RECORD@HOLDER")
    }
}

impl From<DataKey> for String {
    fn from(key: DataKey) -> Self {
        key.to_string()
    }
}

/// Whether a purpose or a record may be called so.
#[must_use]
pub fn is_data_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text
            .bytes()
            .all(|one| matches!(one, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

impl Client {
    /// Whether what was given for a record at that revision still counts, as [`Client::still_asks`] of a scope.
    #[must_use]
    pub fn still_asks_record(&self, key: &DataKey, revision: i64) -> bool {
        self.metadata.asks.contains_key(key) && self.revision(&key.to_string()) == revision
    }

    /// What a record is called that this system may give out now; none where it may not.
    #[must_use]
    pub fn offers(&self, record: &str) -> Option<&Words> {
        let words = self.metadata.records.get(record);
        words.filter(|_| self.is_active())
    }

    /// Whether the service works without a record.
    #[must_use]
    pub fn can_do_without(&self, key: &DataKey) -> bool {
        let purpose = self.metadata.asks.get(key);
        purpose.is_some_and(|purpose| purpose.optional)
    }
}

impl ClientMetadata {
    /// Holds it to what the operator's decision about it says today; none where it was not made about it alone. What it was
    /// registered with may be older: nobody need have come to the system since. An ask whose purpose has changed counts
    /// again when it is registered anew, by its next revision.
    #[must_use]
    pub(super) fn held_to(mut self, terms: Option<&Terms>) -> Self {
        self.records = terms.map(|terms| terms.records.clone()).unwrap_or_default();
        self.asks.retain(|key, purpose| {
            let today = terms.and_then(|terms| terms.asks.get(key));
            today.is_some() && !purpose_differs(Some(purpose), today)
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let text = "rent_subsidy:contribution_record@https://hrss.city.example";
        let key = DataKey::parse(text).unwrap();
        assert_eq!(
            (key.purpose.as_str(), key.record.as_str(), key.holder.as_str()),
            ("rent_subsidy", "contribution_record", "https://hrss.city.example")
        );
        assert_eq!(key.to_string(), text);
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<DataKey>(&json).unwrap(), key);
        // An id may hold what parts the others from it.
        assert_eq!(DataKey::parse("a:b@c:d@e").unwrap().holder, "c:d@e");
    }

    #[test]
    fn what_is_no_key_is_none() {
        let long = "a".repeat(65);
        for text in [
            "",
            "phone",
            "a:b",
            "a@b",
            "a:b@",
            ":b@c",
            "a:@c",
            "A:b@c",
            "a-b:c@d",
            "a:b c@d",
            "a:b@c d",
            "a:记录@c",
            &format!("{long}:b@c"),
            &format!("a:{long}@c"),
        ] {
            assert_eq!(DataKey::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_system_is_held_to_what_the_decision_says_today() {
        let key = DataKey::parse("a:b@c").unwrap();
        let purpose = |zh: &str| Purpose {
            zh: zh.to_owned(),
            en: String::new(),
            optional: false,
        };
        let words = Words {
            zh: "记录".to_owned(),
            en: String::new(),
        };
        let metadata = ClientMetadata {
            records: [("gone".to_owned(), words.clone())].into(),
            asks: [(key.clone(), purpose("补贴"))].into(),
            ..ClientMetadata::default()
        };
        let terms = |zh: &str| Terms {
            records: [("new".to_owned(), words.clone())].into(),
            asks: [(key.clone(), purpose(zh))].into(),
            ..Terms::default()
        };
        let held = metadata.clone().held_to(Some(&terms("补贴")));
        assert_eq!((held.records.contains_key("new"), held.asks.len()), (true, 1));
        assert!(!held.records.contains_key("gone"));
        let mut translated = terms("补贴");
        translated
            .asks
            .values_mut()
            .for_each(|purpose| "subsidy".clone_into(&mut purpose.en));
        assert_eq!(metadata.clone().held_to(Some(&translated)).asks.len(), 1);
        // Until it is registered anew, what was asked to another purpose is not asked at all.
        assert!(metadata.clone().held_to(Some(&terms("广告"))).asks.is_empty());
        let unnamed = metadata.held_to(None);
        assert!(unnamed.records.is_empty() && unnamed.asks.is_empty());
    }

    #[test]
    fn words_are_those_of_the_page_where_there_are_any() {
        let words = |en: &str| Words {
            zh: "社保缴费记录".to_owned(),
            en: en.to_owned(),
        };
        assert_eq!(words("contributions").in_locale(Locale::English), "contributions");
        assert_eq!(words("contributions").in_locale(Locale::Chinese), "社保缴费记录");
        assert_eq!(words("").in_locale(Locale::English), "社保缴费记录");
    }
}
