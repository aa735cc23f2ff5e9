//! The pages that prove a real name: the question, and why it cannot be answered here.

use std::fmt;
use std::time::Duration;

use askama::Template;

use super::super::sessions::Session;
use super::disown::{may_disown, to_disown};
use super::handlers::to_prove;
use super::prove::Stop;
use super::typed::{Trouble, Typed, Whole};
use crate::proofing::{NameError, NumberError};
use crate::web::{Door, Page, views};

/// `GET /signin/{id}/identity`, `GET /account/identity`, and the answer to a refused POST.
#[derive(Template)]
#[template(path = "signin/identity.html")]
pub struct IdentityPage {
    pub page: Page,
    pub setting: Setting,
    /// Bound to the session, besides what the setting's own forms are bound to.
    pub token: String,
    pub typed: Typed,
    pub trouble: Trouble,
}

/// Why a real name cannot be proven here.
#[derive(Template)]
#[template(path = "signin/identity_stopped.html")]
pub struct StoppedPage {
    pub page: Page,
    pub setting: Setting,
    pub stop: Stop,
    /// For the way on that the stop leaves, where it leaves one; bound to the session.
    pub token: Option<String>,
}

/// Where the question is put.
#[derive(Clone)]
pub enum Setting {
    /// On the way to a service.
    OnTheWay {
        door: Door,
        id: String,
        /// Bound to the interaction.
        token: String,
        /// Whether the service goes on without it.
        is_required: bool,
    },
    /// On the resident's own account pages.
    Account,
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Setting")
    }
}

impl Setting {
    fn action(&self) -> String {
        match self {
            Self::OnTheWay { id, .. } => format!("/signin/{id}/identity"),
            Self::Account => "/account/identity".to_owned(),
        }
    }
}

impl IdentityPage {
    fn lede(&self) -> String {
        let page = &self.page;
        match &self.setting {
            Setting::OnTheWay {
                door: Door::Service(asking),
                ..
            } => page
                .say("prove-lede")
                .with("service", &asking.service)
                .to_string(),
            _ => page.say("prove-lede-account").to_string(),
        }
    }

    fn name_fault(&self) -> Option<String> {
        let id = match self.trouble.name? {
            NameError::Empty => "prove-name-empty",
            NameError::Malformed => "prove-name-bad",
        };
        Some(self.page.say(id).to_string())
    }

    fn number_fault(&self) -> Option<String> {
        let id = match self.trouble.number? {
            NumberError::Empty => "prove-number-empty",
            NumberError::Malformed => "prove-number-bad",
        };
        Some(self.page.say(id).to_string())
    }

    /// Screen readers speak the title first.
    fn title(&self) -> String {
        let faults = [
            self.trouble.whole.map(|whole| whole.heading(&self.page)),
            self.name_fault(),
            self.number_fault(),
        ];
        let heading = || self.page.say("prove-heading").to_string();
        faults.into_iter().flatten().next().unwrap_or_else(heading)
    }

    /// The field to begin with.
    fn is_first(&self, field: &str) -> bool {
        match field {
            "name" => self.trouble.name.is_some() || self.trouble.whole == Some(Whole::NoMatch),
            _ => self.trouble.name.is_none() && self.trouble.number.is_some(),
        }
    }
}

impl Whole {
    pub(in crate::signin) fn heading(self, page: &Page) -> String {
        match self {
            Self::NoMatch => page.say("prove-no-match").to_string(),
            Self::TooMany { wait } => too_many(page, wait),
            Self::NotNow => page.say("prove-not-now").to_string(),
        }
    }

    pub(in crate::signin) fn advice(self, page: &Page) -> String {
        let id = match self {
            Self::NoMatch => "prove-no-match-advice",
            Self::TooMany { .. } => "too-many-advice",
            Self::NotNow => "prove-not-now-advice",
        };
        page.say(id).with("number", page.helpline()).to_string()
    }
}

fn too_many(page: &Page, wait: Duration) -> String {
    page.say("too-many")
        .with("wait", &page.words.span(wait))
        .to_string()
}

impl StoppedPage {
    #[must_use]
    pub fn of(page: Page, setting: Setting, stop: Stop, session: &Session) -> Self {
        let token = match stop {
            Stop::OtherAccount => Some(page.form_token(&to_prove(session))),
            Stop::OtherPerson if may_disown(session) => Some(page.form_token(&to_disown(session))),
            Stop::OtherPerson | Stop::Minor | Stop::Records => None,
        };
        Self {
            page,
            setting,
            stop,
            token,
        }
    }

    /// Both accounts can become one, if both are the same person's.
    fn to_merge(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| self.stop == Stop::OtherAccount)
    }

    /// Whoever is there has come into another person's account.
    fn to_disown(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| self.stop == Stop::OtherPerson)
    }

    fn heading(&self) -> String {
        let id = match self.stop {
            Stop::Minor => "prove-minor",
            Stop::Records => "prove-records",
            Stop::OtherAccount => "prove-other-account",
            Stop::OtherPerson => "prove-other-person",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.stop {
            Stop::Minor => "prove-minor-advice",
            Stop::Records => "prove-records-advice",
            Stop::OtherAccount => "prove-other-account-advice",
            Stop::OtherPerson => "prove-other-person-advice",
        };
        let said = self.page.say(id);
        said.with("number", self.page.helpline()).to_string()
    }
}

views!(IdentityPage, StoppedPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    fn on_the_way(page: &Page) -> Setting {
        Setting::OnTheWay {
            door: Door::Service(sample::asking(page)),
            id: "abc".to_owned(),
            token: page.form_token("abc"),
            is_required: true,
        }
    }

    fn question(page: Page, setting: Setting, trouble: Trouble) -> IdentityPage {
        IdentityPage {
            setting,
            token: page.form_token("session"),
            typed: Typed {
                name: "\"><b>李".to_owned(),
                number: "11010519491231002X".to_owned(),
                ..Typed::default()
            },
            trouble,
            page,
        }
    }

    #[test]
    fn the_name_can_be_asked_for_and_refused() {
        sample::show("identity", |page| {
            let setting = on_the_way(&page);
            question(page, setting, Trouble::default())
        });
        sample::show("identity-account", |page| {
            question(page, Setting::Account, Trouble::default())
        });
        for (name, trouble) in [
            (
                "identity-empty",
                Trouble {
                    name: Some(NameError::Empty),
                    number: Some(NumberError::Empty),
                    ..Trouble::default()
                },
            ),
            (
                "identity-malformed",
                Trouble {
                    number: Some(NumberError::Malformed),
                    ..Trouble::default()
                },
            ),
            (
                "identity-assertion",
                Trouble {
                    assertion: true,
                    ..Trouble::default()
                },
            ),
            ("identity-no-match", Whole::NoMatch.into()),
            (
                "identity-too-many",
                Whole::TooMany {
                    wait: Duration::from_secs(36_000),
                }
                .into(),
            ),
            ("identity-not-now", Whole::NotNow.into()),
        ] {
            sample::show(name, |page| {
                let setting = on_the_way(&page);
                question(page, setting, trouble)
            });
        }
    }

    #[test]
    fn what_typing_again_would_not_change_is_said_calmly() {
        for (name, stop) in [
            ("identity-minor", Stop::Minor),
            ("identity-records", Stop::Records),
            ("identity-other-account", Stop::OtherAccount),
            ("identity-other-person", Stop::OtherPerson),
        ] {
            sample::show(name, |page| StoppedPage {
                setting: on_the_way(&page),
                token: Some(page.form_token("session")),
                stop,
                page,
            });
            sample::show(&format!("{name}-account"), |page| StoppedPage {
                setting: Setting::Account,
                token: Some(page.form_token("session")),
                stop,
                page,
            });
        }
    }
}
