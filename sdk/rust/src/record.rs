//! What another department holds about a person, and what it is wanted for, in the words of rich authorization requests
//! (RFC 9396): one object of type `data` for each.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What the provider calls a request for records.
const TYPE: &str = "data";
/// Of the name of a record and of a purpose, in bytes.
const LONGEST_NAME: usize = 64;
/// Of the holder's client id, in bytes: it travels in a cookie.
const LONGEST_HOLDER: usize = 255;
/// As many as the provider takes in one request.
pub(crate) const MOST: usize = 8;

/// A record about a person that another department holds, and the purpose for which this department asks for it.
///
/// Which records there are, who may ask for them, and what for, is the decision of the city's operator, who also wrote
/// the words that the resident reads; this names one of them.
///
/// ```
/// use yimen_sdk::Record;
///
/// let record = Record::of("https://hrss.city.example", "contribution_record").purpose("rent_subsidy");
/// assert_eq!(record.to_string(), "rent_subsidy:contribution_record@https://hrss.city.example");
/// ```
///
/// As text it is what the operator's `--ask` takes (`PURPOSE:RECORD@HOLDER`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    holder: String,
    name: String,
    purpose: String,
}

/// A record at its holder: say by [`HeldRecord::purpose`] what it is wanted for.
#[derive(Clone, Debug)]
#[must_use = "nobody may ask for a record without a purpose"]
pub struct HeldRecord {
    holder: String,
    name: String,
}

impl Record {
    /// Begins with the holder's client id, which is mostly the address of its system, and with the record's name there.
    pub fn of(holder: impl Into<String>, name: impl Into<String>) -> HeldRecord {
        HeldRecord {
            holder: holder.into(),
            name: name.into(),
        }
    }

    /// From `PURPOSE:RECORD@HOLDER`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (purpose, held) = text.split_once(':')?;
        let (name, holder) = held.split_once('@')?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_name = |text: &str| (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(plain);
        let is_holder = (1..=LONGEST_HOLDER).contains(&holder.len());
        (is_name(purpose) && is_name(name) && is_holder).then(|| Self::of(holder, name).purpose(purpose))
    }

    /// Those of a link, as far as one request may have so many.
    pub(crate) fn parse_all(texts: &[String]) -> Vec<Self> {
        let records = texts.iter().filter_map(|text| Self::parse(text));
        records.take(MOST).collect()
    }

    /// The client id of the department that holds it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// What the holder calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is wanted for.
    #[must_use]
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// `authorization_details` that ask for these (RFC 9396 §2).
    pub(crate) fn authorization_details(records: &[Self]) -> String {
        let details = records.iter().map(|record| {
            json!({
                "type": TYPE,
                "locations": [record.holder],
                "datatypes": [record.name],
                "purpose": record.purpose,
            })
        });
        Value::Array(details.collect()).to_string()
    }
}

impl HeldRecord {
    /// What it is wanted for, by the name that the operator has given the purpose.
    #[must_use]
    pub fn purpose(self, purpose: impl Into<String>) -> Record {
        Record {
            holder: self.holder,
            name: self.name,
            purpose: purpose.into(),
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}@{}", self.purpose, self.name, self.holder)
    }
}

/// One object of `authorization_details` as the provider has granted it: one holder, its records, one purpose. What says
/// more is not read: what we do not know of may be a limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    #[serde(rename = "type")]
    kind: String,
    locations: [String; 1],
    datatypes: Vec<String>,
    purpose: String,
}

impl Granted {
    /// Of everything that was granted, what is about records.
    pub(crate) fn all_in(authorization_details: &Value) -> Vec<Self> {
        let objects = authorization_details.as_array().into_iter().flatten();
        let known = objects.filter_map(|object| Self::deserialize(object).ok());
        known.filter(|granted| granted.kind == TYPE).collect()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record> {
        let [holder] = &self.locations;
        self.datatypes
            .iter()
            .map(move |name| Record::of(holder, name).purpose(&self.purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_text_is_read_back_and_nothing_else_is() {
        let record =
            Record::of("https://hrss.city.example:8443/a@b:c", "contribution_record").purpose("rent_subsidy");
        assert_eq!(Record::parse(&record.to_string()), Some(record));
        let long = "a".repeat(LONGEST_NAME + 1);
        let far = format!("p:r@{}", "h".repeat(LONGEST_HOLDER + 1));
        for bad in [
            "",
            "rent_subsidy",
            "rent_subsidy:record",
            "record@https://hrss.city.example",
            ":record@h",
            "purpose:@h",
            "purpose:record@",
            "Purpose:record@h",
            "pur pose:record@h",
            "purpose:re\"cord@h",
            &format!("{long}:record@h"),
            &far,
        ] {
            assert_eq!(Record::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_granted_is_read_and_what_says_more_is_not() {
        let read = |value: Value| {
            let granted = Granted::all_in(&value);
            let records = granted.iter().flat_map(Granted::records);
            records.map(|record| record.to_string()).collect::<Vec<_>>()
        };
        let data = json!({ "type": "data", "locations": ["h"], "datatypes": ["a", "b"], "purpose": "p" });
        assert_eq!(read(json!([data])), ["p:a@h", "p:b@h"]);
        for (member, value) in [
            ("type", json!("act_for")),
            ("locations", json!(["h", "i"])),
            ("locations", json!([])),
            ("locations", json!("h")),
            ("datatypes", json!("a")),
            ("purpose", json!(["p"])),
            ("actions", json!(["read"])),
        ] {
            let mut other = data.clone();
            other[member] = value;
            assert!(read(json!([other, 7])).is_empty(), "{other}");
            assert!(read(other).is_empty());
        }
    }
}
