use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened. The name is stored, and shown to the resident in words: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    AccountCreated,
    AccountErased,
    AccountKept,
    AccountLeft,
    AccountLocked,
    AccountUnlocked,
    AccountsMerged,
    BrowserClosed,
    ClientAdded,
    ClientChanged,
    ClientRemoved,
    CodeDelivered,
    CodeFailed,
    CodeReplayed,
    CodeSent,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Demo,
    DisputeDecided,
    EventDelivered,
    EventFailed,
    Exported,
    GrantEnded,
    GrantMade,
    HandoverRefused,
    IdentityElsewhere,
    IdentityProven,
    IdentityRefused,
    IdentityWitnessed,
    KeyChanged,
    KioskAdded,
    KioskEnrolled,
    KioskRemoved,
    KnownTwice,
    MergedInto,
    MergingBegun,
    MergingStopped,
    OperatorEnrolled,
    OperatorFailed,
    OperatorInvited,
    OperatorRemoved,
    OperatorSignedIn,
    OperatorSignedOut,
    PasskeyAdded,
    PasskeyEnded,
    PasskeyFailed,
    PasskeyPutOff,
    PasskeyRenamed,
    PhoneAdded,
    PhoneDisputed,
    PhoneEnding,
    PhoneKept,
    PhoneMoveStopped,
    PhoneMoved,
    PhoneMoving,
    PhoneRemoved,
    PhoneReturned,
    RecordsSwept,
    RefreshReused,
    Refreshed,
    SessionEnded,
    SignedIn,
    SignedInAgain,
    SignedOutEverywhere,
    WindowCodeFailed,
    WindowCodeIssued,
    WindowCodeUsed,
}

impl Action {
    pub const ALL: [Self; 68] = [
        Self::AccountCreated,
        Self::AccountErased,
        Self::AccountKept,
        Self::AccountLeft,
        Self::AccountLocked,
        Self::AccountUnlocked,
        Self::AccountsMerged,
        Self::BrowserClosed,
        Self::ClientAdded,
        Self::ClientChanged,
        Self::ClientRemoved,
        Self::CodeDelivered,
        Self::CodeFailed,
        Self::CodeReplayed,
        Self::CodeSent,
        Self::ConsentGiven,
        Self::ConsentRefused,
        Self::ConsentWithdrawn,
        Self::Demo,
        Self::DisputeDecided,
        Self::EventDelivered,
        Self::EventFailed,
        Self::Exported,
        Self::GrantEnded,
        Self::GrantMade,
        Self::HandoverRefused,
        Self::IdentityElsewhere,
        Self::IdentityProven,
        Self::IdentityRefused,
        Self::IdentityWitnessed,
        Self::KeyChanged,
        Self::KioskAdded,
        Self::KioskEnrolled,
        Self::KioskRemoved,
        Self::KnownTwice,
        Self::MergedInto,
        Self::MergingBegun,
        Self::MergingStopped,
        Self::OperatorEnrolled,
        Self::OperatorFailed,
        Self::OperatorInvited,
        Self::OperatorRemoved,
        Self::OperatorSignedIn,
        Self::OperatorSignedOut,
        Self::PasskeyAdded,
        Self::PasskeyEnded,
        Self::PasskeyFailed,
        Self::PasskeyPutOff,
        Self::PasskeyRenamed,
        Self::PhoneAdded,
        Self::PhoneDisputed,
        Self::PhoneEnding,
        Self::PhoneKept,
        Self::PhoneMoveStopped,
        Self::PhoneMoved,
        Self::PhoneMoving,
        Self::PhoneRemoved,
        Self::PhoneReturned,
        Self::RecordsSwept,
        Self::RefreshReused,
        Self::Refreshed,
        Self::SessionEnded,
        Self::SignedIn,
        Self::SignedInAgain,
        Self::SignedOutEverywhere,
        Self::WindowCodeFailed,
        Self::WindowCodeIssued,
        Self::WindowCodeUsed,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::AccountErased => "account.erased",
            Self::AccountKept => "account.kept",
            Self::AccountLeft => "account.left",
            Self::AccountLocked => "account.locked",
            Self::AccountUnlocked => "account.unlocked",
            Self::AccountsMerged => "account.merged",
            Self::BrowserClosed => "browser.closed",
            Self::ClientAdded => "client.added",
            Self::ClientChanged => "client.changed",
            Self::ClientRemoved => "client.removed",
            Self::CodeDelivered => "code.delivered",
            Self::CodeFailed => "code.failed",
            Self::CodeReplayed => "code.replayed",
            Self::CodeSent => "code.sent",
            Self::ConsentGiven => "consent.given",
            Self::ConsentRefused => "consent.refused",
            Self::ConsentWithdrawn => "consent.withdrawn",
            Self::Demo => "demo.seeded",
            Self::DisputeDecided => "dispute.decided",
            Self::EventDelivered => "event.delivered",
            Self::EventFailed => "event.failed",
            Self::Exported => "account.exported",
            Self::GrantEnded => "grant.ended",
            Self::GrantMade => "grant.made",
            Self::HandoverRefused => "handover.refused",
            Self::IdentityElsewhere => "identity.elsewhere",
            Self::IdentityProven => "identity.proven",
            Self::IdentityRefused => "identity.refused",
            Self::IdentityWitnessed => "identity.witnessed",
            Self::KeyChanged => "key.changed",
            Self::KioskAdded => "kiosk.added",
            Self::KioskEnrolled => "kiosk.enrolled",
            Self::KioskRemoved => "kiosk.removed",
            Self::KnownTwice => "subject.known_twice",
            Self::MergedInto => "account.merged_into",
            Self::MergingBegun => "account.merging_begun",
            Self::MergingStopped => "account.merging_stopped",
            Self::OperatorEnrolled => "operator.enrolled",
            Self::OperatorFailed => "operator.failed",
            Self::OperatorInvited => "operator.invited",
            Self::OperatorRemoved => "operator.removed",
            Self::OperatorSignedIn => "operator.signed_in",
            Self::OperatorSignedOut => "operator.signed_out",
            Self::PasskeyAdded => "passkey.added",
            Self::PasskeyEnded => "passkey.ended",
            Self::PasskeyFailed => "passkey.failed",
            Self::PasskeyPutOff => "passkey.put_off",
            Self::PasskeyRenamed => "passkey.renamed",
            Self::PhoneAdded => "phone.added",
            Self::PhoneDisputed => "phone.disputed",
            Self::PhoneEnding => "phone.ending",
            Self::PhoneKept => "phone.kept",
            Self::PhoneMoveStopped => "phone.move_stopped",
            Self::PhoneMoved => "phone.moved",
            Self::PhoneMoving => "phone.moving",
            Self::PhoneRemoved => "phone.removed",
            Self::PhoneReturned => "phone.returned",
            Self::RecordsSwept => "records.swept",
            Self::RefreshReused => "refresh.reused",
            Self::Refreshed => "refresh.used",
            Self::SessionEnded => "session.ended",
            Self::SignedIn => "session.begun",
            Self::SignedInAgain => "session.renewed",
            Self::SignedOutEverywhere => "account.signed_out_everywhere",
            Self::WindowCodeFailed => "window_code.failed",
            Self::WindowCodeIssued => "window_code.issued",
            Self::WindowCodeUsed => "window_code.used",
        }
    }
}

impl Action {
    /// The action stored under this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// Why a session ended. The name is stored, like an action's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    #[serde(rename = "signed out")]
    SignedOut,
    #[serde(rename = "signed out from another device")]
    AnotherDevice,
    #[serde(rename = "signed out everywhere")]
    Everywhere,
    #[serde(rename = "another account signed in")]
    AnotherAccount,
    #[serde(rename = "its passkey was removed")]
    PasskeyRemoved,
    #[serde(rename = "the account was locked")]
    Locked,
    #[serde(rename = "the account was merged")]
    Merged,
    #[serde(rename = "the resident left")]
    Left,
    #[serde(rename = "nobody was at the kiosk")]
    LeftKiosk,
}

impl EndReason {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed out",
            Self::AnotherDevice => "signed out from another device",
            Self::Everywhere => "signed out everywhere",
            Self::AnotherAccount => "another account signed in",
            Self::PasskeyRemoved => "its passkey was removed",
            Self::Locked => "the account was locked",
            Self::Merged => "the account was merged",
            Self::Left => "the resident left",
            Self::LeftKiosk => "nobody was at the kiosk",
        }
    }
}

/// One line of the audit. `detail` holds no personal data: ids, counts, reasons.
#[derive(Clone, Debug)]
pub struct Event {
    pub action: Action,
    pub account: Option<Uuid>,
    pub client: Option<String>,
    pub detail: serde_json::Value,
}

impl Event {
    #[must_use]
    pub const fn new(action: Action) -> Self {
        Self {
            action,
            account: None,
            client: None,
            detail: serde_json::Value::Null,
        }
    }

    #[must_use]
    pub const fn account(mut self, account: Uuid) -> Self {
        self.account = Some(account);
        self
    }

    #[must_use]
    pub fn client(mut self, client_id: &str) -> Self {
        self.client = Some(client_id.to_owned());
        self
    }

    /// Adds a field to the detail. What cannot be written as JSON is left out.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            if !self.detail.is_object() {
                self.detail = serde_json::Value::Object(serde_json::Map::new());
            }
            self.detail[key] = value;
        }
        self
    }
}
