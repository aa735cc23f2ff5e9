use std::collections::BTreeMap;

use clap::Args;

use crate::cli::failure::Failure;
use crate::department::{DataKey, Purpose, Words};

/// What residents are to read, as the command line gives it, in Chinese and in English.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct Said {
    /// Why a scope is asked for: `phone=通知您办理结果`; may be repeated
    #[arg(long = "purpose", value_name = "SCOPE=TEXT")]
    pub purposes: Vec<String>,
    /// The same in English
    #[arg(long = "purpose-en", value_name = "SCOPE=TEXT")]
    pub purposes_en: Vec<String>,
    /// A record it may give to others that residents let have it: `contribution_record=社保缴费记录`; may be repeated
    #[arg(long = "record", value_name = "RECORD=TEXT")]
    pub records: Vec<String>,
    /// The same in English
    #[arg(long = "record-en", value_name = "RECORD=TEXT")]
    pub records_en: Vec<String>,
    /// A record it may ask of another system, and why:
    /// `rent_subsidy:contribution_record@https://hrss.city.example=为发放租房补贴`; may be repeated
    #[arg(long = "ask", value_name = "PURPOSE:RECORD@HOLDER=TEXT")]
    pub asks: Vec<String>,
    /// The same in English
    #[arg(long = "ask-en", value_name = "PURPOSE:RECORD@HOLDER=TEXT")]
    pub asks_en: Vec<String>,
    /// A scope, or a record of --ask, that the service can do without; may be repeated
    #[arg(long = "optional", value_name = "SCOPE")]
    pub optional: Vec<String>,
}

impl Said {
    /// Sets the words that are named, and what can be done without. An empty text takes a thing away.
    pub(in crate::cli) fn set(
        &self,
        purposes: &mut BTreeMap<String, Purpose>,
        records: &mut BTreeMap<String, Words>,
        asks: &mut BTreeMap<DataKey, Purpose>,
    ) -> Result<(), Failure> {
        for (name, text, language) in split("--purpose", [&self.purposes, &self.purposes_en])? {
            let purpose = purposes.entry(name.to_owned()).or_insert_with(nothing);
            *language.of(&mut purpose.zh, &mut purpose.en) = text;
        }
        for (name, text, language) in split("--record", [&self.records, &self.records_en])? {
            let words = records.entry(name.to_owned()).or_default();
            *language.of(&mut words.zh, &mut words.en) = text;
        }
        for (name, text, language) in split("--ask", [&self.asks, &self.asks_en])? {
            let key = DataKey::parse(name).ok_or_else(|| no_key("--ask", name))?;
            let purpose = asks.entry(key).or_insert_with(nothing);
            *language.of(&mut purpose.zh, &mut purpose.en) = text;
        }
        self.set_optional(purposes, asks)?;
        // One without words that is not optional says what none says.
        purposes.retain(|_, purpose| purpose.optional || !(purpose.zh.is_empty() && purpose.en.is_empty()));
        records.retain(|_, words| !(words.zh.is_empty() && words.en.is_empty()));
        asks.retain(|_, purpose| !(purpose.zh.is_empty() && purpose.en.is_empty()));
        Ok(())
    }

    fn set_optional(
        &self,
        purposes: &mut BTreeMap<String, Purpose>,
        asks: &mut BTreeMap<DataKey, Purpose>,
    ) -> Result<(), Failure> {
        if self.optional.is_empty() {
            return Ok(());
        }
        let all = purposes.values_mut().chain(asks.values_mut());
        all.for_each(|purpose| purpose.optional = false);
        for name in &self.optional {
            // No scope of ours has a colon.
            if name.contains(':') {
                let key = DataKey::parse(name).ok_or_else(|| no_key("--optional", name))?;
                let asked = asks.get_mut(&key);
                let asked = asked.ok_or_else(|| {
                    Failure::new(format!(
                        "--optional {name}: it is not asked for; add it with --ask"
                    ))
                })?;
                asked.optional = true;
            } else {
                let purpose = purposes.entry(name.clone()).or_insert_with(nothing);
                purpose.optional = true;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Language {
    Chinese,
    English,
}

impl Language {
    const fn of<'a>(self, zh: &'a mut String, en: &'a mut String) -> &'a mut String {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }
}

/// Each name with its text, and the language of that.
fn split<'a>(flag: &str, [zh, en]: [&'a [String]; 2]) -> Result<Vec<(&'a str, String, Language)>, Failure> {
    let zh = zh.iter().map(|text| (text, Language::Chinese));
    let en = en.iter().map(|text| (text, Language::English));
    let parts = zh.chain(en).map(|(text, language)| {
        let (name, words) = text.split_once('=').ok_or_else(|| {
            Failure::new(format!(
                "{flag} {text}: write it as NAME=TEXT, such as {flag} {}",
                example(flag)
            ))
        })?;
        Ok((name, words.to_owned(), language))
    });
    parts.collect()
}

fn example(flag: &str) -> &'static str {
    match flag {
        "--record" => "contribution_record=社保缴费记录",
        "--ask" => "rent_subsidy:contribution_record@https://hrss.city.example=为发放租房补贴",
        _ => "phone=通知您办理结果",
    }
}

fn no_key(flag: &str, name: &str) -> Failure {
    Failure::new(format!(
        "{flag} {}: write it as PURPOSE:RECORD@HOLDER, such as \
         rent_subsidy:contribution_record@https://hrss.city.example, with small letters, digits and underscores before the @",
        name.escape_debug()
    ))
}

const fn nothing() -> Purpose {
    Purpose {
        zh: String::new(),
        en: String::new(),
        optional: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asks = BTreeMap<DataKey, Purpose>;

    const KEY: &str = "rent_subsidy:contribution_record@https://hrss.city.example";

    fn set(asks: &mut Asks, zh: &[&str], en: &[&str], optional: &[&str]) -> Result<(), Failure> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let said = Said {
            asks: owned(zh),
            asks_en: owned(en),
            optional: owned(optional),
            ..Said::default()
        };
        said.set(&mut BTreeMap::new(), &mut BTreeMap::new(), asks)
    }

    #[test]
    fn an_ask_is_set_in_both_languages_and_taken_away_by_empty_words() {
        let mut asks = Asks::new();
        let (zh, en) = (format!("{KEY}=为发放租房补贴"), format!("{KEY}=to pay it"));
        set(&mut asks, &[&zh], &[&en], &[KEY]).unwrap();
        let purpose = &asks[&DataKey::parse(KEY).unwrap()];
        assert_eq!(
            (purpose.zh.as_str(), purpose.en.as_str(), purpose.optional),
            ("为发放租房补贴", "to pay it", true)
        );
        let (zh, en) = (format!("{KEY}="), format!("{KEY}="));
        set(&mut asks, &[&zh], &[&en], &[]).unwrap();
        assert!(asks.is_empty());
    }

    #[test]
    fn what_is_no_key_or_is_not_asked_is_refused() {
        for zh in ["contribution_record=x", "A:b@c=x", "a:b@=x", "a:b@c"] {
            assert!(set(&mut Asks::new(), &[zh], &[], &[]).is_err(), "{zh}");
        }
        assert!(set(&mut Asks::new(), &[], &[], &[KEY]).is_err());
        assert!(set(&mut Asks::new(), &[], &[], &["a:b"]).is_err());
    }
}
