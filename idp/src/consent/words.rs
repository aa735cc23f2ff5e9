use super::item::Item;
use super::pages::item_label;
use crate::department::{Client, DataKey, Departments};
use crate::store::StoreError;
use crate::web::Page;

/// A record in the resident's words, all of them the operator's: nothing is quoted from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordWords {
    pub record: String,
    /// The department that has it, and its service.
    pub department: String,
    pub service: String,
    pub purpose: String,
    /// Whether it can be had now.
    pub is_offered: bool,
}

/// How a record is called that `asker` asks for. What the operator has taken back since keeps the name it is stored under.
///
/// # Errors
/// Where the database does not answer.
pub async fn record_words(
    departments: &Departments,
    asker: Option<&Client>,
    key: &DataKey,
    page: &Page,
) -> Result<RecordWords, StoreError> {
    let locale = page.locale();
    let holder = departments.client(&key.holder).await?;
    let asking = holder.as_ref().map(|holder| holder.asking(locale));
    let words = holder
        .as_ref()
        .and_then(|holder| holder.metadata.records.get(&key.record));
    let purpose = asker.and_then(|asker| asker.metadata.asks.get(key));
    let (department, service) = match asking {
        Some(asking) => (asking.department, asking.service),
        None => (key.holder.clone(), String::new()),
    };
    let or_name = |text: Option<&str>, name: &str| text.unwrap_or(name).to_owned();
    Ok(RecordWords {
        record: or_name(words.map(|words| words.in_locale(locale)), &key.record),
        department,
        service,
        purpose: or_name(purpose.map(|purpose| purpose.in_locale(locale)), &key.purpose),
        is_offered: holder.is_some_and(|holder| holder.offers(&key.record).is_some()),
    })
}

/// What a thing that `asker` was given is called, on one line.
///
/// # Errors
/// Where the database does not answer.
pub async fn item_words(
    departments: &Departments,
    asker: Option<&Client>,
    item: &Item,
    page: &Page,
) -> Result<String, StoreError> {
    let Item::Record(key) = item else {
        return Ok(item_label(page.words, item));
    };
    let words = record_words(departments, asker, key, page).await?;
    Ok(page
        .say("item-record")
        .with("record", &words.record)
        .with("department", &words.department)
        .with("purpose", &words.purpose)
        .to_string())
}
