use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;

use super::super::identity::Trouble;
use crate::clock::Timestamp;
use crate::web::{Door, Page, views};

/// `GET /signin/{id}/whose`.
#[derive(Template)]
#[template(path = "signin/whose.html")]
pub struct WhosePage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    /// What passkeys are bound to, where they sign in here.
    pub rp_id: Option<String>,
    /// Whether there is an authority that knows names and numbers.
    pub by_name: bool,
    /// What was typed, kept when it was refused.
    pub name: String,
    pub number: String,
    pub trouble: Option<WhoseTrouble>,
}

/// Why an answer did not show whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhoseTrouble {
    Name(Trouble),
    /// The window's code is wrong, used, too old, or for another account: they are not told apart.
    Code,
    TooMany {
        wait: Duration,
    },
    /// The account's owner has answered a code of late: no other one begins with its number.
    InUse,
    /// As yet: its owner was told, and has until then to answer.
    FreeFrom(Timestamp),
}

impl WhoseTrouble {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Name(trouble) => trouble.status(),
            Self::Code | Self::InUse | Self::FreeFrom(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl WhosePage {
    /// What is wrong with name or number.
    fn fault(&self) -> Option<[String; 2]> {
        let Some(WhoseTrouble::Name(trouble)) = self.trouble else {
            return None;
        };
        let say = |id| self.page.say(id).with("number", self.page.helpline()).to_string();
        if let Some(whole) = trouble.whole {
            return Some([whole.heading(&self.page), whole.advice(&self.page)]);
        }
        if trouble.name.is_some() {
            return Some([say("prove-name-bad"), say("prove-name-hint")]);
        }
        Some([say("prove-number-bad"), say("prove-number-advice")])
    }

    /// The day from which an account of one's own can begin with this number.
    fn free_from(&self) -> Option<String> {
        match self.trouble {
            Some(WhoseTrouble::FreeFrom(from)) => Some(self.page.words.date(from)),
            _ => None,
        }
    }

    /// Whether none can begin with it as yet.
    fn is_in_use(&self) -> bool {
        self.trouble == Some(WhoseTrouble::InUse)
    }

    /// What is wrong with the window's code.
    fn code_fault(&self) -> Option<String> {
        match self.trouble? {
            WhoseTrouble::Name(_) | WhoseTrouble::InUse | WhoseTrouble::FreeFrom(_) => None,
            WhoseTrouble::Code => Some(self.page.say("whose-code-wrong").to_string()),
            WhoseTrouble::TooMany { wait } => {
                let wait = self.page.words.span(wait);
                Some(self.page.say("too-many").with("wait", &wait).to_string())
            }
        }
    }
}

/// The same, where the account's owner is leaving.
#[derive(Template)]
#[template(path = "signin/stay.html")]
pub struct StayPage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    pub erased_at: Timestamp,
}

views!(StayPage, WhosePage);
