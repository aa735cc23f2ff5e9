//! The resident's account: what it holds, who has what, and the ways to end each.

use askama::Template;

use super::devices::Device;
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
    pub passkeys: Vec<PasskeyRow>,
    pub passkeys_offered: bool,
    pub signals: Option<Signals>,
    /// The current one first.
    pub devices: Vec<Device>,
    pub services: Vec<Service>,
    /// Newest first.
    pub activity: Vec<Activity>,
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

/// What the page's script tells authenticators of the account's passkeys.
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

/// Something that happened to the account.
#[derive(Clone, Debug)]
pub struct Activity {
    pub at: Timestamp,
    pub what: Happening,
    /// "手机 · Chrome"; may be empty.
    pub device: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    AccountMade,
    /// Signed in, on the way to a service or to the account itself.
    SignedIn,
    /// On a kiosk, after which the node ended the session by itself.
    LeftKiosk,
    SignedOut,
    SignedOutEverywhere,
    /// One or all other devices were signed out from here.
    EndedOther,
    /// A refresh token that had been replaced was used again: it may be in other hands.
    Misused {
        service: String,
    },
    /// Another device, by the resident's yes on this one.
    LetIn,
    NotLetIn,
    /// Somebody who holds the number says that the account is not theirs.
    NumberDisputed,
    NumberReturned,
    Exported,
    Left,
    Kept,
    /// By the link of a notice.
    Locked,
    Unlocked,
    MergingBegun,
    /// Another account is to be closed into this one.
    MergingAgreed,
    MergingStopped,
    /// Another account of the same person was closed into this one.
    Merged,
    /// A service knew both.
    KnownTwice {
        service: String,
    },
    /// Staff at a window have seen the person, or somebody who said so.
    Witnessed {
        file: String,
    },
    WindowCode {
        file: String,
    },
    WindowCodeUsed,
    /// Staff gave none, or a wrong one was typed.
    WindowCodeRefused,
    DisputeWon {
        file: String,
    },
    DisputeLost {
        file: String,
    },
    NumberAdded,
    /// It signs in for a while yet, so that its owner can say no.
    NumberEnding,
    NumberKept,
    NumberRemoved,
    /// By a code from a window.
    NumberMoving,
    NumberMoved,
    NumberMoveStopped,
    /// Wrong codes were entered for the resident's number.
    WrongCode,
    /// A passkey of the resident's was refused.
    PasskeyRefused,
    NameProven,
    NameRefused,
    /// In another account.
    NameElsewhere,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    /// There are two of it.
    PasskeyCloned,
    /// A service was opened without signing in again.
    Opened {
        service: String,
    },
    Shared {
        service: String,
        items: String,
    },
    Refused {
        service: String,
    },
    Withdrew {
        service: String,
        items: String,
    },
}

impl Activity {
    fn text(&self, page: &Page) -> String {
        match &self.what {
            Happening::AccountMade => page.say("did-account-made").to_string(),
            Happening::SignedIn => page.say("did-sign-in").to_string(),
            Happening::Exported => page.say("did-export").to_string(),
            Happening::Left => page.say("did-leave").to_string(),
            Happening::Kept => page.say("did-keep").to_string(),
            Happening::Locked => page.say("did-lock").to_string(),
            Happening::Unlocked => page.say("did-unlock").to_string(),
            Happening::MergingBegun => page.say("did-begin-merging").to_string(),
            Happening::MergingAgreed => page.say("did-agree-to-merge").to_string(),
            Happening::MergingStopped => page.say("did-stop-merging").to_string(),
            Happening::Merged => page.say("did-merge").to_string(),
            Happening::KnownTwice { service } => {
                page.say("did-known-twice").with("service", service).to_string()
            }
            Happening::NumberDisputed => page.say("did-number-disputed").to_string(),
            Happening::NumberReturned => page.say("did-number-returned").to_string(),
            Happening::Witnessed { file } => page.say("did-witnessed").with("file", file).to_string(),
            Happening::WindowCode { file } => page.say("did-window-code").with("file", file).to_string(),
            Happening::WindowCodeUsed => page.say("did-window-code-used").to_string(),
            Happening::WindowCodeRefused => page.say("did-window-code-refused").to_string(),
            Happening::DisputeWon { file } => page.say("did-dispute-won").with("file", file).to_string(),
            Happening::DisputeLost { file } => page.say("did-dispute-lost").with("file", file).to_string(),
            Happening::NumberAdded => page.say("did-number-added").to_string(),
            Happening::NumberEnding => page.say("did-number-ending").to_string(),
            Happening::NumberMoving => page.say("did-number-moving").to_string(),
            Happening::NumberMoved => page.say("did-number-moved").to_string(),
            Happening::NumberMoveStopped => page.say("did-number-move-stopped").to_string(),
            Happening::NumberKept => page.say("did-number-kept").to_string(),
            Happening::NumberRemoved => page.say("did-number-removed").to_string(),
            Happening::LetIn => page.say("did-let-in").to_string(),
            Happening::NotLetIn => page.say("did-not-let-in").to_string(),
            Happening::LeftKiosk => page.say("did-leave-kiosk").to_string(),
            Happening::SignedOut => page.say("did-sign-out").to_string(),
            Happening::SignedOutEverywhere => page.say("did-sign-out-everywhere").to_string(),
            Happening::EndedOther => page.say("did-end-other").to_string(),
            Happening::Misused { service } => page.say("did-misuse").with("service", service).to_string(),
            Happening::WrongCode => page.say("did-wrong-code").to_string(),
            Happening::NameProven => page.say("did-name-proven").to_string(),
            Happening::NameRefused => page.say("did-name-refused").to_string(),
            Happening::NameElsewhere => page.say("did-name-elsewhere").to_string(),
            Happening::PasskeyRefused => page.say("did-passkey-refused").to_string(),
            Happening::PasskeyAdded => page.say("did-passkey-added").to_string(),
            Happening::PasskeyRenamed => page.say("did-passkey-renamed").to_string(),
            Happening::PasskeyRemoved => page.say("did-passkey-removed").to_string(),
            Happening::PasskeyCloned => page.say("did-passkey-cloned").to_string(),
            Happening::Opened { service } => page.say("did-open").with("service", service).to_string(),
            Happening::Shared { service, items } => page
                .say("did-share")
                .with("service", service)
                .with("items", items)
                .to_string(),
            Happening::Refused { service } => page.say("did-refuse").with("service", service).to_string(),
            Happening::Withdrew { service, items } => page
                .say("did-withdraw")
                .with("service", service)
                .with("items", items)
                .to_string(),
        }
    }

    fn is_alarming(&self) -> bool {
        matches!(
            self.what,
            Happening::WrongCode
                | Happening::NotLetIn
                | Happening::NumberDisputed
                | Happening::Locked
                | Happening::NumberEnding
                | Happening::NumberMoving
                | Happening::MergingBegun
                | Happening::MergingAgreed
                | Happening::WindowCode { .. }
                | Happening::WindowCodeRefused
                | Happening::Misused { .. }
                | Happening::NameElsewhere
                | Happening::PasskeyRefused
                | Happening::PasskeyCloned
        )
    }
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
