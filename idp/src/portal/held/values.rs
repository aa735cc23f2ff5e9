//! What the records say by a name, in the resident's words.

use serde_json::Value;

use crate::audit::Action;
use crate::clock::Timestamp;
use crate::web::Page;

/// Names that are stored, with the ids of their words. What each is told by elsewhere says the same here.
pub(super) const NAMES: [(&str, &str); 66] = [
    // An account's status, and how well its person is known.
    ("active", "value-active"),
    ("merged", "value-merged"),
    ("erased", "value-erased"),
    ("unknown", "value-unknown"),
    ("real_name", "value-real-name"),
    ("in_person", "value-in-person"),
    // Why a number or a passkey ended.
    ("removed", "value-removed"),
    ("moved", "value-moved"),
    ("replaced", "value-replaced"),
    ("disputed", "value-disputed"),
    ("returned", "value-returned"),
    ("decided", "value-decided"),
    ("released", "value-released"),
    ("cloned", "value-cloned"),
    ("not theirs", "value-other-person"),
    ("the account is another person's", "value-other-person"),
    ("locked", "value-locked"),
    // Why a session ended.
    ("signed out", "did-sign-out"),
    ("signed out from another device", "did-end-other"),
    ("signed out everywhere", "did-sign-out-everywhere"),
    ("another account signed in", "value-another-account"),
    ("its passkey was removed", "value-its-passkey-removed"),
    ("the account was locked", "value-account-locked"),
    ("the account was merged", "value-merged"),
    ("the resident left", "value-left"),
    ("nobody was at the kiosk", "did-leave-kiosk"),
    ("there were too many", "did-give-way"),
    ("the kiosk was removed", "did-remove-kiosk"),
    // Why a grant ended.
    ("revoked by the client", "value-revoked"),
    ("refresh token reused", "value-refresh-reused"),
    ("code replayed", "value-code-replayed"),
    // How somebody was proven to be who they are, and how a sign-in was (RFC 8176).
    ("authority", "value-authority"),
    ("window", "value-window"),
    ("sms", "value-sms"),
    ("pop", "value-pop"),
    ("user", "value-user"),
    ("mfa", "value-mfa"),
    ("mca", "value-mca"),
    // What may go to a service.
    ("openid", "item-openid"),
    ("profile", "item-name"),
    ("phone", "item-phone"),
    ("offline_access", "item-offline"),
    // Languages, each by its own name.
    ("zh-CN", "value-chinese"),
    ("en", "value-english"),
    // What was sent.
    ("logout", "value-logout"),
    ("text", "value-text"),
    // On whose behalf.
    ("resident", "value-resident"),
    ("client", "held-service"),
    ("operator", "value-operator"),
    ("kiosk", "value-kiosk"),
    ("node", "value-system"),
    // Why staff acted, and why a name was not verified.
    ("asked", "reason-asked"),
    ("online_failed", "reason-online-failed"),
    ("lost_phone", "reason-lost-phone"),
    ("number_changed", "reason-number-changed"),
    ("nothing_else", "reason-nothing-else"),
    ("documents_seen", "reason-documents-seen"),
    ("carrier_says", "reason-carrier-says"),
    ("wrong_person", "reason-wrong-person"),
    ("false_papers", "reason-false-papers"),
    ("no match", "value-no-match"),
    ("minor", "value-minor"),
    ("deceased", "value-deceased"),
    ("other account", "value-other-account"),
    ("other person", "value-other-person"),
    ("not the owner", "value-not-the-owner"),
];

/// What the fields of a detail are called, where the tables have a label for it.
const FIELDS: [(&str, &str); 20] = [
    ("amr", "held-method"),
    ("at_kiosk", "value-kiosk"),
    ("auth_time", "held-proven"),
    ("device", "held-device"),
    ("erase_at", "held-erased"),
    ("file", "desk-file"),
    ("holder", "kept-by"),
    ("items", "held-item"),
    ("kind", "held-item"),
    ("method", "held-method"),
    ("notice", "held-notices"),
    ("operator", "value-operator"),
    ("passkey", "held-passkeys"),
    ("reason", "held-reason"),
    ("scope", "held-item"),
    ("session", "held-sid"),
    ("sid", "held-sid"),
    ("source", "held-source"),
    ("transaction", "held-transaction"),
    ("until", "held-ends"),
];

/// The id of what an action is called. Those of the provider, its staff and its services are in nobody's export.
#[expect(
    clippy::too_many_lines,
    reason = "one line for each action, and none forgotten"
)]
pub(super) const fn action_words(action: Action) -> &'static str {
    match action {
        Action::AccountCreated => "did-account-made",
        Action::AccountErased => "value-erased",
        Action::AccountKept => "did-keep",
        Action::AccountLeft => "did-leave",
        Action::AccountLocked => "did-lock",
        Action::AccountUnlocked => "did-unlock",
        Action::AccountsMerged => "did-merge",
        Action::CodeDelivered => "value-code-delivered",
        Action::CodeFailed => "did-wrong-code",
        Action::CodeReplayed => "value-code-replayed",
        Action::CodeSent => "value-code-sent",
        Action::ConsentGiven => "value-consent-given",
        Action::ConsentRefused => "value-consent-refused",
        Action::ConsentWithdrawn => "value-consent-withdrawn",
        Action::DataExchanged => "value-data-exchanged",
        Action::DisputeDecided => "value-decided",
        Action::DisputeLookedUp => "value-looked-up",
        Action::EventDelivered => "value-event-delivered",
        Action::EventFailed => "value-event-failed",
        Action::Exported => "did-export",
        Action::GrantEnded => "value-grant-ended",
        Action::GrantMade => "value-grant-made",
        Action::HandoverRefused => "did-not-let-in",
        Action::IdentityElsewhere => "did-name-elsewhere",
        Action::IdentityProven => "did-name-proven",
        Action::IdentityRefused => "did-name-refused",
        Action::IdentityWithdrawn => "value-name-withdrawn",
        Action::IdentityWitnessed => "value-witnessed",
        Action::KnownTwice => "value-known-twice",
        Action::LanguageRemembered => "value-language",
        Action::MergedInto => "value-merged",
        Action::MergingBegun => "did-begin-merging",
        Action::MergingStopped => "did-stop-merging",
        Action::PasskeyAdded => "did-passkey-added",
        Action::PasskeyEnded => "did-passkey-removed",
        Action::PasskeyFailed => "did-passkey-refused",
        Action::PasskeyHandleMade => "value-handle-made",
        Action::PasskeyPutOff => "value-put-off",
        Action::PasskeyRenamed => "did-passkey-renamed",
        Action::PhoneAdded => "did-number-added",
        Action::PhoneDisputed => "did-number-disputed",
        Action::PhoneDoubted => "did-number-doubted",
        Action::PhoneEnding => "did-number-ending",
        Action::PhoneKept => "did-number-kept",
        Action::PhoneMoveStopped => "did-number-move-stopped",
        Action::PhoneMoved => "did-number-moved",
        Action::PhoneMoving => "did-number-moving",
        Action::PhoneRemoved => "did-number-removed",
        Action::PhoneReturned => "did-number-returned",
        Action::RefreshReused => "value-refresh-reused",
        Action::Refreshed => "value-refreshed",
        Action::SessionEnded => "value-session-ended",
        Action::SignedIn => "did-sign-in",
        Action::SignedInAgain => "value-signed-in-again",
        Action::SignedOutEverywhere => "did-sign-out-everywhere",
        Action::WindowCodeFailed => "did-window-code-refused",
        Action::WindowCodeIssued => "value-window-code",
        Action::WindowCodeUsed => "did-window-code-used",
        Action::BrowserClosed
        | Action::ClientAdded
        | Action::ClientChanged
        | Action::ClientInvitationEnded
        | Action::ClientInvited
        | Action::ClientRegistered
        | Action::ClientRemoved
        | Action::ClientResumed
        | Action::ClientSuspended
        | Action::Demo
        | Action::DepartmentAllowed
        | Action::DepartmentChanged
        | Action::DepartmentRemoved
        | Action::DepartmentResumed
        | Action::DepartmentSuspended
        | Action::EntityJoined
        | Action::EntityKeysFollowed
        | Action::EntityKeysHeld
        | Action::EntityKeysTrusted
        | Action::EntityRefreshed
        | Action::EntityRefused
        | Action::KeyChanged
        | Action::KioskAdded
        | Action::KioskEnrolled
        | Action::KioskRemoved
        | Action::OperatorEnrolled
        | Action::OperatorFailed
        | Action::OperatorInvited
        | Action::OperatorRemoved
        | Action::OperatorSignedIn
        | Action::OperatorSignedOut
        | Action::RecordsSwept
        | Action::RelyingPartyHeld => "value-system",
    }
}

fn find(name: &str) -> Option<&'static str> {
    let named = NAMES.iter().find(|(raw, _)| *raw == name).map(|(_, id)| *id);
    named.or_else(|| Action::named(name).map(action_words))
}

/// A stored name in words, or each of several that stand in a row. What is no name of ours stays as it is.
pub(in super::super) fn named(page: &Page, text: &str) -> String {
    if let Some(id) = find(text) {
        return page.say(id).to_string();
    }
    let each: Option<Vec<_>> = text.split_whitespace().map(find).collect();
    match each {
        Some(ids) if !ids.is_empty() => {
            let words: Vec<_> = ids.into_iter().map(|id| page.say(id).to_string()).collect();
            page.list(&words)
        }
        _ => text.to_owned(),
    }
}

/// Milliseconds since 1970, in this century: nothing else that is counted comes near.
const MOMENTS: std::ops::Range<i64> = 946_684_800_000..4_102_444_800_000;

/// A detail in words: its fields one after another, moments as moments.
pub(super) fn detail(page: &Page, value: &Value, now: Timestamp) -> String {
    match value {
        Value::String(text) => named(page, text),
        Value::Bool(yes) => flag(page, *yes),
        Value::Number(number) => match number.as_i64() {
            Some(millis) if MOMENTS.contains(&millis) => page.moment(&Timestamp::from_millis(millis), &now),
            _ => number.to_string(),
        },
        Value::Array(values) => {
            let words: Vec<_> = values.iter().map(|value| detail(page, value, now)).collect();
            page.list(&words)
        }
        Value::Object(fields) => {
            let words = fields
                .iter()
                .filter(|(_, value)| !is_empty(value))
                .map(|(name, value)| {
                    let label = FIELDS.iter().find(|(field, _)| field == name).map(|(_, id)| *id);
                    let label = label.or_else(|| find(name));
                    let label = label.map_or_else(|| name.clone(), |id| page.say(id).to_string());
                    format!("{label} {}", detail(page, value, now))
                });
            words.collect::<Vec<_>>().join(" · ")
        }
        Value::Null => String::new(),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

pub(super) fn flag(page: &Page, yes: bool) -> String {
    page.say(if yes { "value-yes" } else { "value-no" }).to_string()
}
