use std::time::Duration;

use axum::http::StatusCode;

use crate::clock::Timestamp;
use crate::proofing::{Assertion, Claim, IdentityNumber, NameError, NumberError, RealName};
use crate::web::{PageError, PostedForm};

/// What a resident typed of themselves, kept for the page that asks again. It does not print, and no address holds it.
#[derive(Clone, Default)]
pub struct Typed {
    pub name: String,
    pub number: String,
    pub(super) assertion: String,
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed")
    }
}

/// Why a name was not proven and may be tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    pub name: Option<NameError>,
    pub number: Option<NumberError>,
    /// What the network identity's app handed out is none of its.
    pub assertion: bool,
    pub whole: Option<Whole>,
}

/// What is wrong with no single field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Name and number do not belong together, or there is no such number.
    NoMatch,
    TooMany {
        wait: Duration,
    },
    /// The authority cannot be asked at present.
    NotNow,
}

/// Longer than any name or number that is taken.
const LONGEST: usize = 80;

impl Typed {
    /// # Errors
    /// Where a field is repeated.
    pub fn of(form: &PostedForm) -> Result<Self, PageError> {
        let kept = |text: &str| text.chars().take(LONGEST).collect();
        Ok(Self {
            name: kept(form.one("name")?),
            number: kept(form.one("number")?),
            assertion: form.one("assertion")?.to_owned(),
        })
    }

    /// What there is to be confirmed.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub(super) fn claim(&self, now: Timestamp) -> Result<Claim, Trouble> {
        if !self.assertion.is_empty() {
            let assertion = Assertion::read(&self.assertion);
            return assertion.map(Claim::NetworkIdentity).ok_or(Trouble {
                assertion: true,
                ..Trouble::default()
            });
        }
        match (
            RealName::read(&self.name),
            IdentityNumber::read(&self.number, now),
        ) {
            // A picture that somebody sends from home says nothing about who sent it.
            (Ok(name), Ok(number)) => Ok(Claim::Document {
                name,
                number,
                photo: None,
            }),
            (name, number) => Err(Trouble {
                name: name.err(),
                number: number.err(),
                ..Trouble::default()
            }),
        }
    }
}

impl Trouble {
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self.whole {
            Some(Whole::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(Whole::NotNow) => StatusCode::SERVICE_UNAVAILABLE,
            Some(Whole::NoMatch) | None => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

impl From<Whole> for Trouble {
    fn from(whole: Whole) -> Self {
        Self {
            whole: Some(whole),
            ..Self::default()
        }
    }
}
