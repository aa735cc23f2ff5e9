//! What every page of both departments shows: the language, who is signed in, the way to the other department.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use time::OffsetDateTime;
use time::macros::offset;
use yimen_sdk::{Clock, Person};

use crate::language::Language;

/// What a department knows of the world around it.
#[derive(Clone, Debug)]
pub(crate) struct City {
    pub(crate) other_department: String,
    pub(crate) clock: Clock,
}

impl City {
    /// The city's wall clock.
    pub(crate) fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from(self.clock.now()).to_offset(offset!(+8))
    }
}

pub(crate) struct Frame {
    language: Language,
    pub(crate) path: String,
    pub(crate) visitor: Option<Visitor>,
    pub(crate) other_department: String,
}

pub(crate) struct Visitor {
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) form_token: String,
}

impl Frame {
    pub(crate) fn new(language: Language, uri: &Uri, person: Option<&Person>, city: &City) -> Self {
        Self {
            language,
            path: uri.path().to_owned(),
            visitor: person.map(Visitor::of),
            other_department: city.other_department.clone(),
        }
    }

    /// The one of two texts that the resident reads.
    pub(crate) fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    pub(crate) fn tag(&self) -> &'static str {
        self.language.tag()
    }

    pub(crate) fn other_language(&self) -> (&'static str, &'static str) {
        match self.language {
            Language::Chinese => ("en", "English"),
            Language::English => ("zh-CN", "中文"),
        }
    }

    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path == path
    }

    /// 2027年5月31日, or 31 May 2027.
    pub(crate) fn date(&self, day: &time::Date) -> String {
        match self.language {
            Language::Chinese => format!("{}年{}月{}日", day.year(), u8::from(day.month()), day.day()),
            Language::English => format!("{} {} {}", day.day(), day.month(), day.year()),
        }
    }
}

impl Visitor {
    fn of(person: &Person) -> Self {
        Self {
            name: person.name().map(str::to_owned),
            phone: person.phone().map(mask),
            form_token: person.form_token(),
        }
    }
}

/// 138 **** 0000: enough for its owner to know it by.
fn mask(phone: &str) -> String {
    let local = phone.strip_prefix("+86").unwrap_or(phone);
    let digits: Vec<char> = local.chars().filter(char::is_ascii_digit).collect();
    let (Some(head), Some(tail)) = (
        digits.get(..3),
        digits.len().checked_sub(4).and_then(|at| digits.get(at..)),
    ) else {
        return "****".to_owned();
    };
    format!("{} **** {}", String::from_iter(head), String::from_iter(tail))
}

pub(crate) fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_shown_in_part() {
        assert_eq!(mask("+8613912340000"), "139 **** 0000");
        assert_eq!(mask("12"), "****");
    }
}
