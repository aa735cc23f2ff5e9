use super::pages::Happening;
use crate::audit::{Action, EndReason, Entry};

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
            _ => Happening::SignedIn,
        },
        Action::SessionEnded => match serde_json::from_value(entry.detail["reason"].clone()).ok()? {
            EndReason::SignedOut => Happening::SignedOut,
            EndReason::AnotherDevice => Happening::EndedOther,
            EndReason::LeftKiosk => Happening::LeftKiosk,
            EndReason::Everywhere
            | EndReason::AnotherAccount
            | EndReason::PasskeyRemoved
            | EndReason::Locked
            | EndReason::Merged
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
        Action::IdentityRefused => Happening::NameRefused,
        Action::IdentityElsewhere => Happening::NameElsewhere,
        Action::PasskeyAdded => Happening::PasskeyAdded,
        Action::PasskeyRenamed => Happening::PasskeyRenamed,
        Action::PasskeyEnded if entry.detail["reason"] == "cloned" => Happening::PasskeyCloned,
        Action::PasskeyEnded => Happening::PasskeyRemoved,
        Action::PasskeyFailed => Happening::PasskeyRefused,
        _ => return about_numbers(entry),
    })
}

/// What happened to the resident's numbers, and at a window.
fn about_numbers(entry: &Entry) -> Option<Happening> {
    Some(match entry.action {
        Action::IdentityWitnessed => Happening::Witnessed { file: file(entry) },
        Action::WindowCodeIssued => Happening::WindowCode { file: file(entry) },
        Action::WindowCodeUsed => Happening::WindowCodeUsed,
        Action::WindowCodeFailed => Happening::WindowCodeRefused,
        Action::DisputeDecided if entry.detail["kept"] == true => Happening::DisputeWon { file: file(entry) },
        Action::DisputeDecided => Happening::DisputeLost { file: file(entry) },
        Action::PhoneAdded => Happening::NumberAdded,
        Action::PhoneEnding => Happening::NumberEnding,
        Action::PhoneMoving => Happening::NumberMoving,
        Action::PhoneMoved => Happening::NumberMoved,
        Action::PhoneMoveStopped => Happening::NumberMoveStopped,
        Action::PhoneKept => Happening::NumberKept,
        Action::PhoneRemoved => Happening::NumberRemoved,
        Action::PhoneDisputed => Happening::NumberDisputed,
        Action::PhoneReturned => Happening::NumberReturned,
        _ => return None,
    })
}

/// Under which number the window has it.
fn file(entry: &Entry) -> String {
    entry.detail["file"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;

    fn entry(action: &str, detail: serde_json::Value) -> Entry {
        Entry {
            at: Timestamp::from_seconds(0),
            client: None,
            action: Action::named(action).unwrap(),
            detail,
        }
    }

    #[test]
    fn each_end_of_a_session_is_told_once() {
        let ended = |reason: &str| {
            happening(
                &entry("session.ended", json!({ "reason": reason })),
                None,
                String::new(),
            )
        };
        assert_eq!(ended("signed out"), Some(Happening::SignedOut));
        assert_eq!(ended("nobody was at the kiosk"), Some(Happening::LeftKiosk));
        assert_eq!(
            ended("signed out from another device"),
            Some(Happening::EndedOther)
        );
        assert_eq!(
            ended("signed out everywhere"),
            None,
            "told by account.signed_out_everywhere"
        );
    }

    #[test]
    fn a_stolen_refresh_token_is_told() {
        let reused = entry("refresh.reused", json!({}));
        let service = "养老金查询".to_owned();
        let told = happening(&reused, Some(service.clone()), String::new());
        assert_eq!(told, Some(Happening::Misused { service }));
    }

    #[test]
    fn what_went_to_a_service_is_named() {
        let given = happening(
            &entry("consent.given", json!({})),
            Some("养老金查询".to_owned()),
            "姓名".to_owned(),
        );
        assert_eq!(
            given,
            Some(Happening::Shared {
                service: "养老金查询".to_owned(),
                items: "姓名".to_owned()
            })
        );
        assert_eq!(
            happening(&entry("key.changed", json!({})), None, String::new()),
            None
        );
    }
}
