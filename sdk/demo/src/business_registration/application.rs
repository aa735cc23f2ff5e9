//! Applications for a check of a business name, kept in the memory of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};

const RESERVED_FOR: Duration = Duration::days(30);
const MOST_PER_PERSON: usize = 20;
const MOST_PEOPLE: usize = 10_000;

/// Words that only some may put into a name: such an application is read by a person.
const GUARDED: [&str; 6] = ["中国", "国家", "国际", "中央", "云川", "市政"];

/// What somebody typed.
#[derive(Clone, Default, Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    form: String,
}

impl Draft {
    pub(super) fn form(&self) -> Form {
        if self.form == "sole-trader" {
            Form::SoleTrader
        } else {
            Form::Company
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Company,
    SoleTrader,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    Name,
    AlreadyTheirs,
    TooMany,
    OldPage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Reserved { until: Date },
    WithOfficer,
    Taken,
}

#[derive(Clone)]
pub(super) struct Application {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) form: Form,
    pub(super) filed: Date,
    pub(super) verdict: Verdict,
    /// When the filing was signed.
    pub(super) signed: Option<Date>,
}

impl Application {
    fn holds(&self, name: &str, today: Date) -> bool {
        self.name == name && matches!(self.verdict, Verdict::Reserved { until } if until >= today)
    }

    /// Whether the filing can be signed: the name is kept, and it has not been done.
    pub(super) fn can_be_signed(&self, today: Date) -> bool {
        self.signed.is_none() && self.holds(&self.name, today)
    }

    /// 云川云杉餐饮有限公司: place, name, form.
    pub(super) fn full_name(&self) -> String {
        match self.form {
            Form::Company => format!("云川{}有限公司", self.name),
            Form::SoleTrader => format!("云川{}店", self.name),
        }
    }
}

/// Everybody's applications, by the `sub` that the city knows them by here.
#[derive(Clone, Default)]
pub(super) struct Registry(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    filed: HashMap<String, Vec<Application>>,
    last_number: u32,
}

impl Registry {
    /// The newest first.
    pub(super) fn of(&self, sub: &str) -> Vec<Application> {
        self.books()
            .filed
            .get(sub)
            .map(|all| all.iter().rev().cloned().collect())
            .unwrap_or_default()
    }

    /// The number of the new application.
    pub(super) fn file(&self, sub: &str, draft: &Draft, now: OffsetDateTime) -> Result<String, Refused> {
        let name = acceptable(&draft.name).ok_or(Refused::Name)?;
        let mut books = self.books();
        if books
            .filed
            .get(sub)
            .into_iter()
            .flatten()
            .any(|other| other.holds(&name, now.date()))
        {
            return Err(Refused::AlreadyTheirs);
        }
        let verdict = books.judge(&name, now.date());
        let crowded = !books.filed.contains_key(sub) && books.filed.len() >= MOST_PEOPLE;
        let own = books.filed.get(sub).map_or(0, Vec::len);
        if crowded || own >= MOST_PER_PERSON {
            return Err(Refused::TooMany);
        }
        books.last_number += 1;
        let number = format!("{}-{:05}", now.year(), books.last_number);
        let application = Application {
            number: number.clone(),
            name,
            form: draft.form(),
            filed: now.date(),
            verdict,
            signed: None,
        };
        books.filed.entry(sub.to_owned()).or_default().push(application);
        Ok(number)
    }

    /// Signs a filing; answers whether there was one to sign.
    pub(super) fn sign(&self, sub: &str, number: &str, now: OffsetDateTime) -> bool {
        let mut books = self.books();
        let mut own = books.filed.get_mut(sub).into_iter().flatten();
        let filing = own.find(|one| one.number == number && one.can_be_signed(now.date()));
        if let Some(filing) = filing {
            filing.signed = Some(now.date());
            return true;
        }
        false
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    fn judge(&self, name: &str, today: Date) -> Verdict {
        if self
            .filed
            .values()
            .flatten()
            .any(|other| other.holds(name, today))
        {
            Verdict::Taken
        } else if GUARDED.iter().any(|word| name.contains(word)) {
            Verdict::WithOfficer
        } else {
            Verdict::Reserved {
                until: today + RESERVED_FOR,
            }
        }
    }
}

/// Two to ten Chinese characters.
fn acceptable(text: &str) -> Option<String> {
    let name: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let chinese = name.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    (chinese && (2..=10).contains(&name.chars().count())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn draft(name: &str) -> Draft {
        Draft {
            name: name.to_owned(),
            form: String::new(),
        }
    }

    #[test]
    fn a_free_name_is_kept_for_a_month_and_then_free_again() {
        let registry = Registry::default();
        let now = datetime!(2026-11-23 09:00 +8);
        registry.file("a", &draft("云杉 餐饮"), now).unwrap();
        registry
            .file("b", &draft("云杉餐饮"), now + Duration::days(30))
            .unwrap();
        registry
            .file("b", &draft("云杉餐饮"), now + Duration::days(31))
            .unwrap();
        let verdicts: Vec<_> = registry.of("b").iter().map(|one| one.verdict).collect();
        assert!(matches!(verdicts[..], [Verdict::Reserved { .. }, Verdict::Taken]));
        assert_eq!(registry.of("a")[0].full_name(), "云川云杉餐饮有限公司");
        assert!(registry.of("c").is_empty());
    }

    #[test]
    fn a_filing_is_signed_once_by_whose_it_is_while_the_name_is_kept() {
        let registry = Registry::default();
        let now = datetime!(2026-11-23 09:00 +8);
        let number = registry.file("a", &draft("云杉餐饮"), now).unwrap();
        assert!(!registry.sign("b", &number, now));
        assert!(!registry.sign("a", &number, now + Duration::days(31)));
        assert!(registry.sign("a", &number, now) && !registry.sign("a", &number, now));
        let officers = registry.file("a", &draft("国际贸易"), now).unwrap();
        assert!(!registry.sign("a", &officers, now));
    }

    #[test]
    fn some_words_are_for_an_officer_to_judge() {
        let registry = Registry::default();
        registry
            .file("a", &draft("国际贸易"), datetime!(2026-11-23 09:00 +8))
            .unwrap();
        assert_eq!(registry.of("a")[0].verdict, Verdict::WithOfficer);
    }

    #[test]
    fn a_name_is_two_to_ten_chinese_characters() {
        for bad in ["", "云", "Spruce", "<b>云杉</b>", "一二三四五六七八九十一"] {
            assert!(acceptable(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn nobody_fills_the_books() {
        let registry = Registry::default();
        let now = datetime!(2026-11-23 09:00 +8);
        for _ in 0..MOST_PER_PERSON {
            registry.file("a", &draft("国际"), now).unwrap();
        }
        assert_eq!(registry.file("a", &draft("云杉"), now), Err(Refused::TooMany));
    }
}
