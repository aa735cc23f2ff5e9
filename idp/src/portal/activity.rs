//! What happened to the account, in the resident's words.

use super::held::named;
use crate::audit::{Action, EndReason, Entry};
use crate::clock::Timestamp;
use crate::web::Page;

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
    /// On a registered kiosk: the device is called by its name.
    SignedInAtKiosk,
    /// On a kiosk, after which the node ended the session by itself.
    LeftKiosk,
    /// The operator removed the kiosk, and with it what was open there.
    KioskRemoved,
    GaveWay,
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
    NumberDoubted,
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
    Witnessed(AtWindow),
    /// Staff were asked to, and did not.
    NotWitnessed(AtWindow),
    WindowCode(AtWindow),
    NoWindowCode(AtWindow),
    WindowCodeUsed,
    /// A wrong one was typed.
    WindowCodeRefused,
    DisputeWon(AtWindow),
    DisputeLost(AtWindow),
    DisputeLookedUp(AtWindow),
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
    /// With the lock, because it had been proven shortly before.
    NameWithdrawn,
    /// Staff found that it was wrong.
    NameTakenOff(AtWindow),
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
    /// A service got what another has, as the resident allowed.
    Fetched {
        service: String,
        items: String,
    },
}

/// What staff at a window give for each act: what they are asked about on the telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtWindow {
    pub(super) file: String,
    /// As it is stored.
    pub(super) reason: String,
}

impl AtWindow {
    fn of(entry: &Entry) -> Self {
        let said = |name: &str| entry.detail[name].as_str().unwrap_or_default().to_owned();
        Self {
            file: said("file"),
            reason: said("reason"),
        }
    }

    fn say(&self, page: &Page, id: &str) -> String {
        page.say(id)
            .with("file", &self.file)
            .with("reason", &named(page, &self.reason))
            .to_string()
    }
}

impl Activity {
    #[expect(
        clippy::too_many_lines,
        reason = "one line for each thing that happens, and none forgotten"
    )]
    pub(super) fn text(&self, page: &Page) -> String {
        match &self.what {
            Happening::AccountMade => page.say("did-account-made").to_string(),
            Happening::SignedIn => page.say("did-sign-in").to_string(),
            Happening::SignedInAtKiosk => page.say("did-sign-in-at-kiosk").to_string(),
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
            Happening::NumberDoubted => page.say("did-number-doubted").to_string(),
            Happening::NumberReturned => page.say("did-number-returned").to_string(),
            Happening::Witnessed(act) => act.say(page, "did-witnessed"),
            Happening::NotWitnessed(act) => act.say(page, "did-not-witness"),
            Happening::WindowCode(act) => act.say(page, "did-window-code"),
            Happening::NoWindowCode(act) => act.say(page, "did-no-window-code"),
            Happening::WindowCodeUsed => page.say("did-window-code-used").to_string(),
            Happening::WindowCodeRefused => page.say("did-window-code-refused").to_string(),
            Happening::DisputeWon(act) => act.say(page, "did-dispute-won"),
            Happening::DisputeLost(act) => act.say(page, "did-dispute-lost"),
            Happening::DisputeLookedUp(act) => act.say(page, "did-dispute-looked-up"),
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
            Happening::GaveWay => page.say("did-give-way").to_string(),
            Happening::KioskRemoved => page.say("did-remove-kiosk").to_string(),
            Happening::SignedOut => page.say("did-sign-out").to_string(),
            Happening::SignedOutEverywhere => page.say("did-sign-out-everywhere").to_string(),
            Happening::EndedOther => page.say("did-end-other").to_string(),
            Happening::Misused { service } => page.say("did-misuse").with("service", service).to_string(),
            Happening::WrongCode => page.say("did-wrong-code").to_string(),
            Happening::NameProven => page.say("did-name-proven").to_string(),
            Happening::NameRefused => page.say("did-name-refused").to_string(),
            Happening::NameElsewhere => page.say("did-name-elsewhere").to_string(),
            Happening::NameWithdrawn => page.say("did-name-withdrawn").to_string(),
            Happening::NameTakenOff(act) => act.say(page, "did-name-taken-off"),
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
            Happening::Fetched { service, items } => page
                .say("did-fetch")
                .with("service", service)
                .with("items", items)
                .to_string(),
        }
    }

    pub(super) fn is_alarming(&self) -> bool {
        matches!(
            self.what,
            Happening::WrongCode
                | Happening::NotLetIn
                | Happening::NumberDisputed
                | Happening::NumberDoubted
                | Happening::Locked
                | Happening::NumberEnding
                | Happening::NumberMoving
                | Happening::MergingBegun
                | Happening::MergingAgreed
                | Happening::WindowCode(_)
                | Happening::NotWitnessed(_)
                | Happening::NoWindowCode(_)
                | Happening::WindowCodeRefused
                | Happening::Misused { .. }
                | Happening::NameElsewhere
                | Happening::NameTakenOff(_)
                | Happening::PasskeyRefused
                | Happening::PasskeyCloned
        )
    }
}

/// What a line of the audit means to its resident; `None` for what another line tells better.
/// `service` is the service's name where the line concerns one, `items` what went to it.
#[must_use]
pub(super) fn happening(entry: &Entry, service: Option<String>, items: String) -> Option<Happening> {
    let service_name = service.unwrap_or_default();
    Some(match entry.action {
        Action::AccountCreated => Happening::AccountMade,
        Action::SignedIn | Action::SignedInAgain => match entry.detail["amr"].as_str() {
            // RFC 8176: over two channels, of which the phone was one.
            Some(amr) if amr.starts_with("mca") => Happening::LetIn,
            _ if entry.detail["kiosk"].is_string() => Happening::SignedInAtKiosk,
            _ => Happening::SignedIn,
        },
        Action::SessionEnded => match serde_json::from_value(entry.detail["reason"].clone()).ok()? {
            EndReason::SignedOut => Happening::SignedOut,
            EndReason::AnotherDevice => Happening::EndedOther,
            EndReason::LeftKiosk => Happening::LeftKiosk,
            EndReason::KioskRemoved => Happening::KioskRemoved,
            EndReason::GaveWay => Happening::GaveWay,
            EndReason::Everywhere
            | EndReason::AnotherAccount
            | EndReason::PasskeyRemoved
            | EndReason::Locked
            | EndReason::Merged
            | EndReason::NotTheirs
            | EndReason::Left => return None,
        },
        Action::RefreshReused => Happening::Misused {
            service: service_name,
        },
        Action::SignedOutEverywhere => Happening::SignedOutEverywhere,
        Action::GrantMade => Happening::Opened {
            service: service_name,
        },
        Action::ConsentGiven => Happening::Shared {
            service: service_name,
            items,
        },
        Action::ConsentRefused => Happening::Refused {
            service: service_name,
        },
        Action::ConsentWithdrawn => Happening::Withdrew {
            service: service_name,
            items,
        },
        Action::DataExchanged => Happening::Fetched {
            service: service_name,
            items,
        },
        Action::Exported => Happening::Exported,
        Action::AccountLeft => Happening::Left,
        Action::AccountKept => Happening::Kept,
        Action::AccountLocked => Happening::Locked,
        Action::AccountUnlocked => Happening::Unlocked,
        Action::AccountsMerged => Happening::Merged,
        Action::KnownTwice => Happening::KnownTwice {
            service: service_name,
        },
        Action::MergingBegun if entry.detail["stays"] == true => Happening::MergingAgreed,
        Action::MergingBegun => Happening::MergingBegun,
        Action::MergingStopped => Happening::MergingStopped,
        Action::HandoverRefused => Happening::NotLetIn,
        Action::CodeFailed => Happening::WrongCode,
        Action::IdentityProven => Happening::NameProven,
        Action::IdentityElsewhere => Happening::NameElsewhere,
        Action::PasskeyAdded => Happening::PasskeyAdded,
        Action::PasskeyRenamed => Happening::PasskeyRenamed,
        Action::PasskeyEnded if entry.detail["reason"] == "cloned" => Happening::PasskeyCloned,
        Action::PasskeyEnded => Happening::PasskeyRemoved,
        Action::PasskeyFailed => Happening::PasskeyRefused,
        _ => return at_window(entry).or_else(|| about_numbers(entry)),
    })
}

/// What staff did, and what became of their codes.
fn at_window(entry: &Entry) -> Option<Happening> {
    let act = AtWindow::of(entry);
    let is_by_staff = entry.detail["operator"].is_string();
    Some(match entry.action {
        Action::IdentityRefused if is_by_staff => Happening::NotWitnessed(act),
        Action::IdentityRefused => Happening::NameRefused,
        Action::IdentityWitnessed => Happening::Witnessed(act),
        Action::IdentityWithdrawn if is_by_staff => Happening::NameTakenOff(act),
        Action::IdentityWithdrawn => Happening::NameWithdrawn,
        Action::WindowCodeIssued => Happening::WindowCode(act),
        Action::WindowCodeUsed => Happening::WindowCodeUsed,
        Action::WindowCodeFailed if is_by_staff => Happening::NoWindowCode(act),
        Action::WindowCodeFailed => Happening::WindowCodeRefused,
        Action::DisputeDecided if entry.detail["kept"] == true => Happening::DisputeWon(act),
        Action::DisputeDecided => Happening::DisputeLost(act),
        Action::DisputeLookedUp => Happening::DisputeLookedUp(act),
        _ => return None,
    })
}

/// What happened to the resident's numbers.
fn about_numbers(entry: &Entry) -> Option<Happening> {
    Some(match entry.action {
        Action::PhoneAdded => Happening::NumberAdded,
        Action::PhoneEnding => Happening::NumberEnding,
        Action::PhoneMoving => Happening::NumberMoving,
        Action::PhoneMoved => Happening::NumberMoved,
        Action::PhoneMoveStopped => Happening::NumberMoveStopped,
        Action::PhoneKept => Happening::NumberKept,
        Action::PhoneRemoved => Happening::NumberRemoved,
        Action::PhoneDisputed => Happening::NumberDisputed,
        Action::PhoneDoubted => Happening::NumberDoubted,
        Action::PhoneReturned => Happening::NumberReturned,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "activity_test.rs"]
mod tests;
