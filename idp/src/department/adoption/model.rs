use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A keyed hash of somebody, another one in every week and at every client.
pub type Person = [u8; 16];

/// How far a sign-in has come; in the order of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The number is asked for.
    Number,
    /// A code is on its way.
    Code,
    /// What may go to the department is asked for.
    Consent,
}

/// By what somebody is told from others; at one step always by the same.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// The name of its long-lived cookie; one that keeps none is nobody, and no figure rests on it.
    Browser(Option<&'a str>),
    Account(Uuid),
}

/// Where a sign-in rests, and who is there as far as their browser can be known again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    pub(super) step: Step,
    pub(super) person: Option<Person>,
}

impl Stay {
    /// Whether it has been counted that the sign-in came so far.
    #[must_use]
    pub fn is_at_or_beyond(&self, step: Step) -> bool {
        self.step >= step
    }
}

/// How a resident proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Sms,
    Passkey,
    /// By a phone that was signed in.
    Phone,
    /// They were signed in already.
    Session,
}

/// Whether a resident had signed in at the client before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Returning,
    New,
}

/// How long a sign-in took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Took {
    /// No page was shown.
    NoTime,
    Span(Duration),
}

/// What is counted. The names stand in the records and in what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    Finished,
    LeftNumber,
    LeftCode,
    LeftConsent,
    BySms,
    ByPasskey,
    ByPhone,
    BySession,
    Returning,
    New,
    NoPage,
    Within10s,
    Within20s,
    Within30s,
    Within60s,
    Within120s,
    Within300s,
    Longer,
}

impl Cell {
    pub const ALL: [Self; 18] = [
        Self::Finished,
        Self::LeftNumber,
        Self::LeftCode,
        Self::LeftConsent,
        Self::BySms,
        Self::ByPasskey,
        Self::ByPhone,
        Self::BySession,
        Self::Returning,
        Self::New,
        Self::NoPage,
        Self::Within10s,
        Self::Within20s,
        Self::Within30s,
        Self::Within60s,
        Self::Within120s,
        Self::Within300s,
        Self::Longer,
    ];
    pub const LEFT: [Self; 3] = [Self::LeftNumber, Self::LeftCode, Self::LeftConsent];
    pub const METHODS: [Self; 4] = [Self::BySms, Self::ByPasskey, Self::ByPhone, Self::BySession];
    pub const KNOWN: [Self; 2] = [Self::Returning, Self::New];
    pub const TIMES: [Self; 8] = [
        Self::NoPage,
        Self::Within10s,
        Self::Within20s,
        Self::Within30s,
        Self::Within60s,
        Self::Within120s,
        Self::Within300s,
        Self::Longer,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::LeftNumber => "left_number",
            Self::LeftCode => "left_code",
            Self::LeftConsent => "left_consent",
            Self::BySms => "by_sms",
            Self::ByPasskey => "by_passkey",
            Self::ByPhone => "by_phone",
            Self::BySession => "by_session",
            Self::Returning => "returning",
            Self::New => "new",
            Self::NoPage => "no_page",
            Self::Within10s => "within10s",
            Self::Within20s => "within20s",
            Self::Within30s => "within30s",
            Self::Within60s => "within60s",
            Self::Within120s => "within120s",
            Self::Within300s => "within300s",
            Self::Longer => "longer",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cell| cell.as_str() == name)
    }

    /// Whether who is in it may go on, so that it counts less again.
    pub(super) fn is_left(self) -> bool {
        Self::LEFT.contains(&self)
    }
}

impl From<Step> for Cell {
    fn from(step: Step) -> Self {
        match step {
            Step::Number => Self::LeftNumber,
            Step::Code => Self::LeftCode,
            Step::Consent => Self::LeftConsent,
        }
    }
}

impl From<Method> for Cell {
    fn from(method: Method) -> Self {
        match method {
            Method::Sms => Self::BySms,
            Method::Passkey => Self::ByPasskey,
            Method::Phone => Self::ByPhone,
            Method::Session => Self::BySession,
        }
    }
}

impl From<Known> for Cell {
    fn from(known: Known) -> Self {
        match known {
            Known::Returning => Self::Returning,
            Known::New => Self::New,
        }
    }
}

impl From<Took> for Cell {
    fn from(took: Took) -> Self {
        let Took::Span(span) = took else {
            return Self::NoPage;
        };
        match span.as_secs() {
            0..10 => Self::Within10s,
            10..20 => Self::Within20s,
            20..30 => Self::Within30s,
            30..60 => Self::Within60s,
            60..120 => Self::Within120s,
            120..300 => Self::Within300s,
            _ => Self::Longer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_one_name_in_records_and_in_json() {
        for cell in Cell::ALL {
            assert_eq!(Cell::named(cell.as_str()), Some(cell));
            let written = serde_json::to_string(&cell).unwrap();
            assert_eq!(written, format!("\"{}\"", cell.as_str()));
        }
    }
}
