//! The resident's account: what it holds, who has what, and the ways to end each.

use askama::Template;

use super::devices::Device;
use super::history::History;
use super::spared::Spared;
use super::told::News;
use crate::account::{Identity, IdentityProof, Level, PendingMove, Strength};
use crate::clock::Timestamp;
use crate::signin::PasskeyTrouble;
use crate::web::{Page, views};

/// `GET /account`
#[derive(Template)]
#[template(path = "portal/account.html")]
pub struct AccountPage {
    pub page: Page,
    pub now: Timestamp,
    /// Bound to the session.
    pub token: String,
    /// The resident's name, if known.
    pub name: Option<String>,
    pub who: Who,
    /// The main one first.
    pub phones: Vec<Phone>,
    pub moving: Option<PendingMove>,
    pub merging: Option<MergingAhead>,
    /// Whether the account's name was found in another one, into which it could close.
    pub merging_offered: bool,
    pub passkeys: Vec<PasskeyRow>,
    pub passkeys_offered: bool,
    pub signals: Vec<Signals>,
    /// The current one first.
    pub devices: Vec<Device>,
    pub services: Vec<Service>,
    pub spared: Spared,
    /// Newest first.
    pub activity: History,
    /// What has just been done.
    pub notice: Option<AccountNotice>,
    /// What the resident was told of and has not seen here.
    pub news: Option<News>,
}

/// Two accounts that are to become one.
#[derive(Clone, Copy, Debug)]
pub struct MergingAhead {
    pub when: Timestamp,
    /// Whether it is this one that closes.
    pub closes: bool,
}

impl AccountPage {
    fn moving_text(&self, moving: &PendingMove) -> String {
        let id = if moving.leaves { "moving-away" } else { "moving" };
        let when = self.page.moment(&moving.due_at, &self.now);
        self.page.say(id).with("when", &when).to_string()
    }
}

impl MergingAhead {
    fn text(self, page: &Page, now: &Timestamp) -> String {
        let id = if self.closes {
            "merging-away"
        } else {
            "merging-here"
        };
        page.say(id)
            .with("when", &page.moment(&self.when, now))
            .to_string()
    }
}

/// How well the person is known, and how this sign-in shows it.
#[derive(Clone, Debug)]
pub struct Who {
    pub proof: Option<IdentityProof>,
    pub identity: Identity,
    pub strength: Strength,
    pub level: Level,
    /// Whether there is an authority to ask.
    pub can_be_proven: bool,
}

impl Who {
    fn heading(&self, page: &Page) -> String {
        let id = match self.identity {
            Identity::Unknown => "identity-unknown",
            Identity::RealName => "identity-real-name",
            Identity::InPerson => "identity-in-person",
        };
        page.say(id).to_string()
    }

    fn level_name(&self, page: &Page) -> String {
        page.say(self.level.words()).to_string()
    }

    /// What a proof would be good for; none where there is nothing to add.
    fn why_prove(&self, page: &Page) -> Option<String> {
        let id = match (self.identity, self.strength) {
            _ if !self.can_be_proven => return None,
            (Identity::Unknown, _) => "prove-lede-account",
            // The passkey is younger than the proof.
            (_, Strength::NewPasskey) => "identity-again",
            _ => return None,
        };
        Some(page.say(id).to_string())
    }
}

/// A telephone number that signs in.
#[derive(Clone, Debug)]
pub struct Phone {
    /// Posted as `phone`.
    pub id: String,
    /// Until when it still signs in, where it is being given up.
    pub ends: Option<Timestamp>,
    /// 138 **** 0000
    pub masked: String,
    pub added: Timestamp,
    pub last_used: Option<Timestamp>,
}

/// A passkey that signs in.
#[derive(Clone, Debug)]
pub struct PasskeyRow {
    /// Posted as `passkey`.
    pub id: String,
    pub name: String,
    pub added: Timestamp,
    pub last_used: Timestamp,
}

/// What the page's script tells those authenticators of the account's passkeys that know it by one handle.
#[derive(Clone, Debug)]
pub struct Signals {
    pub rp_id: String,
    /// In base64url, as the credential ids are.
    pub user_id: String,
    /// Separated by spaces.
    pub accepted: String,
    pub name: String,
}

/// `GET /account/passkeys`: what a passkey is, and the way to make one.
#[derive(Template)]
#[template(path = "portal/new_passkey.html")]
pub struct NewPasskeyPage {
    pub page: Page,
    /// Bound to the session.
    pub token: String,
    pub trouble: Option<PasskeyTrouble>,
}

/// A service the resident has given something to.
#[derive(Clone, Debug)]
pub struct Service {
    /// Posted as `client`.
    pub client: String,
    pub name: String,
    pub department: String,
    pub last_used: Timestamp,
    pub items: Vec<Given>,
}

/// One thing a service may read.
#[derive(Clone, Debug)]
pub struct Given {
    /// Posted as `item`.
    pub key: String,
    pub label: String,
    pub until: Timestamp,
}

/// What has just been done, said at the top of the account page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// One device was signed out.
    DeviceEnded,
    OthersEnded,
    Withdrawn {
        service: String,
    },
    NameProven,
    Merged,
    MergeAsked,
    MergeStopped,
    PhoneAdded,
    PhoneHeld,
    /// It opens another account.
    PhoneElsewhere,
    PhoneTooMany,
    /// Nothing else would open the account.
    PhoneNeeded,
    PhoneRemoved,
    PhoneEnding,
    PhoneKept,
    MoveAsked,
    MoveStopped,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    /// Nothing else would show that it is them.
    PasskeyNeeded,
    /// It had ended already, in another tab or by itself.
    NothingToDo,
}

impl AccountNotice {
    fn text(&self, page: &Page) -> String {
        match self {
            Self::DeviceEnded => page.say("notice-device-ended").to_string(),
            Self::OthersEnded => page.say("notice-others-ended").to_string(),
            Self::Withdrawn { service } => page.say("notice-withdrawn").with("service", service).to_string(),
            Self::NameProven => page.say("notice-name-proven").to_string(),
            Self::Merged => page.say("notice-merged").to_string(),
            Self::MergeAsked => page.say("notice-merge-asked").to_string(),
            Self::MergeStopped => page.say("notice-merge-stopped").to_string(),
            Self::PhoneAdded => page.say("notice-phone-added").to_string(),
            Self::PhoneHeld => page.say("notice-phone-held").to_string(),
            Self::PhoneElsewhere => page.say("notice-phone-elsewhere").to_string(),
            Self::PhoneTooMany => page.say("notice-phone-many").to_string(),
            Self::PhoneNeeded => page.say("notice-phone-needed").to_string(),
            Self::PhoneRemoved => page.say("notice-phone-removed").to_string(),
            Self::PhoneEnding => page.say("notice-phone-ending").to_string(),
            Self::PhoneKept => page.say("notice-phone-kept").to_string(),
            Self::MoveAsked => page.say("notice-move-asked").to_string(),
            Self::MoveStopped => page.say("notice-move-stopped").to_string(),
            Self::PasskeyAdded => page.say("notice-passkey-added").to_string(),
            Self::PasskeyRenamed => page.say("notice-passkey-renamed").to_string(),
            Self::PasskeyRemoved => page.say("notice-passkey-removed").to_string(),
            Self::PasskeyNeeded => page.say("notice-passkey-needed").to_string(),
            Self::NothingToDo => page.say("notice-nothing").to_string(),
        }
    }
}

views!(AccountPage, NewPasskeyPage);

#[cfg(test)]
#[path = "pages_test.rs"]
mod tests;
