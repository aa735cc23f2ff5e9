use askama::Template;

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
    pub trouble: Option<Trouble>,
}

impl WhosePage {
    fn fault(&self) -> Option<[String; 2]> {
        let trouble = self.trouble?;
        let say = |id| self.page.say(id).with("number", self.page.helpline()).to_string();
        if let Some(whole) = trouble.whole {
            return Some([whole.heading(&self.page), whole.advice(&self.page)]);
        }
        if trouble.name.is_some() {
            return Some([say("prove-name-bad"), say("prove-name-hint")]);
        }
        Some([say("prove-number-bad"), say("prove-number-advice")])
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
