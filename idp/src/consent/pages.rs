//! The page that asks whether a service may have something.

use askama::Template;

use super::item::Item as Given;
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
    /// How the things asked were asked for when the page was made.
    pub asked: String,
    pub policy_url: Option<String>,
    pub terms_url: Option<String>,
}
views!(ConsentPage);

/// One thing asked for.
pub struct Item {
    /// Its scope: `phone`, `offline_access`; or a record's key.
    pub key: String,
    /// In the resident's words; see `item_label`.
    pub label: String,
    /// The value that will be sent, masked.
    pub value: Option<String>,
    /// Of a record, who has it.
    pub holder: Option<String>,
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

/// What an item is called in the resident's words; a record has words of its own, and only its name here.
#[must_use]
pub fn item_label(words: Words, item: &Given) -> String {
    let id = match item {
        Given::Record(key) => return key.record.clone(),
        Given::OpenId => "item-openid",
        Given::Name => "item-name",
        Given::Phone => "item-phone",
        Given::Offline => "item-offline",
    };
    words.say(id).to_string()
}

/// What an item is for, where the service has registered no purpose of its own.
#[must_use]
pub fn item_purpose(words: Words, item: &Given) -> String {
    let id = match item {
        Given::Record(key) => return key.purpose.clone(),
        Given::OpenId => "purpose-openid",
        Given::Name => "purpose-name",
        Given::Phone => "purpose-phone",
        Given::Offline => "purpose-offline",
    };
    words.say(id).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::web::sample;

    fn item(page: &Page, item: &Given, value: Option<&str>) -> Item {
        let is_record = matches!(item, Given::Record(_));
        let words = |zh: &str, en: &str| {
            let english = page.locale() == crate::web::Locale::English;
            if english { en.to_owned() } else { zh.to_owned() }
        };
        Item {
            key: item.name().into_owned(),
            label: if is_record {
                words("社保缴费记录", "Social-security contribution record")
            } else {
                item_label(page.words, item)
            },
            value: value.map(ToOwned::to_owned),
            holder: is_record
                .then(|| words("云川市人社局 · 养老金查询", "Yunchuan HRSS · Pension statement")),
            purpose: if is_record {
                words("为发放租房补贴", "to pay the rent subsidy")
            } else {
                item_purpose(page.words, item)
            },
            until: sample::NOW.plus(Duration::from_secs(180 * 24 * 3600)),
        }
    }

    fn consent(page: Page, required: &[Given], optional: &[Given], changed: bool) -> ConsentPage {
        let value = |item: &Given| match item {
            Given::Phone => Some("138 **** 0000"),
            Given::Name => Some("张三丰"),
            _ => None,
        };
        let items = |items: &[Given]| {
            items
                .iter()
                .map(|one| item(&page, one, value(one)))
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
            asked: "0.0".to_owned(),
            policy_url: (!changed).then(|| "https://gjj.yunchuan.example/policy?a=1&b=2".to_owned()),
            terms_url: (!changed).then(|| "https://gjj.yunchuan.example/terms".to_owned()),
            page,
        }
    }

    #[test]
    fn what_is_asked_for_is_listed_item_by_item() {
        sample::show("consent", |page| {
            consent(
                page,
                &[Given::OpenId, Given::Name, Given::Phone],
                &[Given::Offline],
                false,
            )
        });
        sample::show("consent-required", |page| {
            consent(page, &[Given::Phone, Given::Offline], &[], false)
        });
        sample::show("consent-optional", |page| {
            consent(page, &[], &[Given::Phone, Given::Name], false)
        });
        sample::show("consent-changed", |page| {
            consent(page, &[Given::Phone], &[Given::Name], true)
        });
        sample::show("consent-record", |page| {
            let record = Given::named("rent_subsidy:contribution_record@https://hrss.yunchuan.example");
            let record = [record.unwrap()];
            consent(page, &record, &record, true)
        });
    }

    #[test]
    fn nothing_is_ticked_for_the_resident() {
        let page = sample::page(crate::web::Locale::Chinese, crate::web::Edition::Standard);
        let html = consent(page, &[Given::Phone], &[Given::Name, Given::Offline], false)
            .render()
            .unwrap();
        assert_eq!(html.matches("type=\"checkbox\"").count(), 2);
        assert!(!html.contains(" checked"));
    }
}
