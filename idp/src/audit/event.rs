use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// On whose behalf something happened. The name is stored, and shown in an export: never rename one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Resident,
    Client,
    Operator,
    Kiosk,
    /// The provider by itself.
    Node,
}

impl Actor {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Client => "client",
            Self::Operator => "operator",
            Self::Kiosk => "kiosk",
            Self::Node => "node",
        }
    }
}

/// Each action with the name that it is stored under.
macro_rules! actions {
    ($($action:ident = $name:literal,)+) => {
        /// What happened. The name is stored, and shown to the resident in words: never rename one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $($action,)+
        }

        impl Action {
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$action),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    AccountCreated = "account.created",
    AccountErased = "account.erased",
    AccountKept = "account.kept",
    AccountLeft = "account.left",
    AccountLocked = "account.locked",
    AccountUnlocked = "account.unlocked",
    AccountsMerged = "account.merged",
    BrowserClosed = "browser.closed",
    ClientAdded = "client.added",
    ClientChanged = "client.changed",
    ClientInvitationEnded = "client.invitation_ended",
    ClientInvited = "client.invited",
    ClientRegistered = "client.registered",
    ClientRemoved = "client.removed",
    ClientResumed = "client.resumed",
    ClientSuspended = "client.suspended",
    CodeDelivered = "code.delivered",
    CodeFailed = "code.failed",
    CodeReplayed = "code.replayed",
    CodeSent = "code.sent",
    ConsentGiven = "consent.given",
    ConsentRefused = "consent.refused",
    ConsentWithdrawn = "consent.withdrawn",
    DataExchanged = "data.exchanged",
    Demo = "demo.seeded",
    DepartmentAllowed = "department.allowed",
    DepartmentChanged = "department.changed",
    DepartmentRemoved = "department.removed",
    DepartmentResumed = "department.resumed",
    DepartmentSuspended = "department.suspended",
    DisputeDecided = "dispute.decided",
    DisputeLookedUp = "dispute.looked_up",
    EntityJoined = "entity.joined",
    EntityKeysFollowed = "entity.keys_followed",
    EntityKeysHeld = "entity.keys_held",
    EntityKeysTrusted = "entity.keys_trusted",
    EntityRefreshed = "entity.refreshed",
    EntityRefused = "entity.refused",
    EventDelivered = "event.delivered",
    EventFailed = "event.failed",
    Exported = "account.exported",
    GrantEnded = "grant.ended",
    GrantMade = "grant.made",
    HandoverRefused = "handover.refused",
    IdentityElsewhere = "identity.elsewhere",
    IdentityProven = "identity.proven",
    IdentityRefused = "identity.refused",
    IdentityWithdrawn = "identity.withdrawn",
    IdentityWitnessed = "identity.witnessed",
    KeyChanged = "key.changed",
    KioskAdded = "kiosk.added",
    KioskEnrolled = "kiosk.enrolled",
    KioskRemoved = "kiosk.removed",
    KnownTwice = "subject.known_twice",
    LanguageRemembered = "account.language",
    MergedInto = "account.merged_into",
    MergingBegun = "account.merging_begun",
    MergingStopped = "account.merging_stopped",
    OperatorEnrolled = "operator.enrolled",
    OperatorFailed = "operator.failed",
    OperatorInvited = "operator.invited",
    OperatorRemoved = "operator.removed",
    OperatorSignedIn = "operator.signed_in",
    OperatorSignedOut = "operator.signed_out",
    PasskeyAdded = "passkey.added",
    PasskeyEnded = "passkey.ended",
    PasskeyFailed = "passkey.failed",
    PasskeyHandleMade = "passkey.handle_made",
    PasskeyPutOff = "passkey.put_off",
    PasskeyRenamed = "passkey.renamed",
    PhoneAdded = "phone.added",
    PhoneDisputed = "phone.disputed",
    PhoneDoubted = "phone.doubted",
    PhoneEnding = "phone.ending",
    PhoneKept = "phone.kept",
    PhoneMoveStopped = "phone.move_stopped",
    PhoneMoved = "phone.moved",
    PhoneMoving = "phone.moving",
    PhoneRemoved = "phone.removed",
    PhoneReturned = "phone.returned",
    RecordsSwept = "records.swept",
    RefreshReused = "refresh.reused",
    Refreshed = "refresh.used",
    RelyingPartyHeld = "relying_party.held",
    SessionEnded = "session.ended",
    SignedIn = "session.begun",
    SignedInAgain = "session.renewed",
    SignedOutEverywhere = "account.signed_out_everywhere",
    WindowCodeFailed = "window_code.failed",
    WindowCodeIssued = "window_code.issued",
    WindowCodeUsed = "window_code.used",
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
    #[serde(rename = "there were too many")]
    GaveWay,
    #[serde(rename = "the kiosk was removed")]
    KioskRemoved,
    #[serde(rename = "the account is another person's")]
    NotTheirs,
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
            Self::GaveWay => "there were too many",
            Self::KioskRemoved => "the kiosk was removed",
            Self::NotTheirs => "the account is another person's",
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
