//! The page that asks whether a service may have something.

use askama::Template;

use crate::clock::Timestamp;
use crate::web::{Asking, Page, Words, views};

/// `GET /consent/{id}`: posts `decision=allow|deny` and each ticked `item` to the same address.
#[derive(Template)]
#[template(path = "consent/consent.html")]
pub struct ConsentPage {
    pub page: Page,
    pub asking: Asking,
    /// The interaction.
    pub id: String,
    pub token: String,
    /// What the service cannot do without. Given together or not at all, so not posted.
    pub required: Vec<Item>,
    /// What may be given or not: each posts its key as `item` when ticked.
    pub optional: Vec<Item>,
    /// The number of the account that answers, masked.
    pub account: Option<String>,
    /// The resident has agreed before, and the service now asks for more: only the new is listed.
    pub changed: bool,
    pub policy_url: Option<String>,
    pub terms_url: Option<String>,
}
views!(ConsentPage);

/// One thing asked for.
pub struct Item {
    /// The claim or scope: `phone_number`, `offline_access`.
    pub key: String,
    /// In the resident's words; see `item_label`.
    pub label: String,
    /// The value that will be sent, masked.
    pub value: Option<String>,
    pub purpose: String,
    /// The end of the consent.
    pub until: Timestamp,
}

impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What a claim or scope is called in the resident's words; one we have no words for keeps its name.
#[must_use]
pub fn item_label(words: Words, key: &str) -> String {
    match key {
        "openid" => words.say("item-openid").to_string(),
        "phone" | "phone_number" => words.say("item-phone").to_string(),
        "profile" | "name" => words.say("item-name").to_string(),
        "offline_access" => words.say("item-offline").to_string(),
        other => other.to_owned(),
    }
}

/// What an item is for, where the service has registered no purpose of its own.
#[must_use]
pub fn item_purpose(words: Words, key: &str) -> String {
    match key {
        "openid" => words.say("purpose-openid").to_string(),
        "phone" | "phone_number" => words.say("purpose-phone").to_string(),
        "profile" | "name" => words.say("purpose-name").to_string(),
        "offline_access" => words.say("purpose-offline").to_string(),
        _ => words.say("purpose-other").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::sample;

    fn item(page: &Page, key: &str, value: Option<&str>) -> Item {
        Item {
            key: key.to_owned(),
            label: item_label(page.words, key),
            value: value.map(ToOwned::to_owned),
            purpose: item_purpose(page.words, key),
            until: sample::NOW.plus(Duration::from_secs(180 * 24 * 3600)),
        }
    }

    fn consent(page: Page, required: &[&str], optional: &[&str], changed: bool) -> ConsentPage {
        let value = |key: &str| match key {
            "phone" => Some("138 **** 0000"),
            "name" => Some("张三丰"),
            _ => None,
        };
        let items = |keys: &[&str]| {
            keys.iter()
                .map(|key| item(&page, key, value(key)))
                .collect::<Vec<_>>()
        };
        ConsentPage {
            asking: sample::asking(&page),
            id: "abc".to_owned(),
            token: page.form_token("abc"),
            required: items(required),
            optional: items(optional),
            account: Some("138 **** 0000".to_owned()),
            changed,
            policy_url: (!changed).then(|| "https://gjj.yunchuan.example/policy?a=1&b=2".to_owned()),
            terms_url: (!changed).then(|| "https://gjj.yunchuan.example/terms".to_owned()),
            page,
        }
    }

    #[test]
    fn what_is_asked_for_is_listed_item_by_item() {
        sample::show("consent", |page| {
            consent(page, &["openid", "name", "phone"], &["offline_access"], false)
        });
        sample::show("consent-required", |page| {
            consent(page, &["phone", "offline_access"], &[], false)
        });
        sample::show("consent-optional", |page| {
            consent(page, &[], &["phone", "company"], false)
        });
        sample::show("consent-changed", |page| {
            consent(page, &["phone"], &["name"], true)
        });
    }

    #[test]
    fn nothing_is_ticked_for_the_resident() {
        let page = sample::page(crate::web::Locale::Chinese, crate::web::Edition::Standard);
        let html = consent(page, &["phone"], &["name", "offline_access"], false)
            .render()
            .unwrap();
        assert_eq!(html.matches("type=\"checkbox\"").count(), 2);
        assert!(!html.contains(" checked"));
    }
}
