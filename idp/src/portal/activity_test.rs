use serde_json::json;

use super::*;
use crate::audit::{Before, Change, Context, Event, of_account};
use crate::clock::Clock;
use crate::rng::Rng;
use crate::store::sample::Records;
use crate::web::{Edition, Locale, sample};

/// What its resident is not shown: another line tells it better, it is the work of staff, operators and nodes, or it
/// is told of another account.
const HIDDEN: [Action; 45] = [
    Action::AccountErased,
    Action::BrowserClosed,
    Action::ClientAdded,
    Action::ClientChanged,
    Action::ClientInvitationEnded,
    Action::ClientInvited,
    Action::ClientRegistered,
    Action::ClientRemoved,
    Action::ClientResumed,
    Action::ClientSuspended,
    Action::CodeDelivered,
    Action::CodeReplayed,
    Action::CodeSent,
    Action::Demo,
    Action::DepartmentAllowed,
    Action::DepartmentChanged,
    Action::DepartmentRemoved,
    Action::DepartmentResumed,
    Action::DepartmentSuspended,
    Action::EntityJoined,
    Action::EntityKeysFollowed,
    Action::EntityKeysHeld,
    Action::EntityKeysTrusted,
    Action::EntityRefreshed,
    Action::EntityRefused,
    Action::EventDelivered,
    Action::EventFailed,
    Action::GrantEnded,
    Action::KeyChanged,
    Action::KioskAdded,
    Action::KioskEnrolled,
    Action::KioskRemoved,
    Action::LanguageRemembered,
    Action::MergedInto,
    Action::OperatorEnrolled,
    Action::OperatorFailed,
    Action::OperatorInvited,
    Action::OperatorRemoved,
    Action::OperatorSignedIn,
    Action::OperatorSignedOut,
    Action::PasskeyHandleMade,
    Action::PasskeyPutOff,
    Action::RecordsSwept,
    Action::Refreshed,
    Action::RelyingPartyHeld,
];

const REASONS: [EndReason; 12] = [
    EndReason::SignedOut,
    EndReason::AnotherDevice,
    EndReason::Everywhere,
    EndReason::AnotherAccount,
    EndReason::PasskeyRemoved,
    EndReason::Locked,
    EndReason::Merged,
    EndReason::Left,
    EndReason::LeftKiosk,
    EndReason::GaveWay,
    EndReason::KioskRemoved,
    EndReason::NotTheirs,
];

/// The statement that picks the lines and the words for them stand in two rooms.
#[tokio::test]
async fn an_action_is_shown_in_words_or_hidden_on_purpose() {
    let (records, rng) = (Records::open().await, Rng::system());
    let context = Context::of_node(Clock::system().now(), &rng);
    let account = rng.uuid(context.now);
    let mut change = Change::begin(&records.db, &context).await.unwrap();
    let mut told = Vec::new();
    for action in Action::ALL {
        let reasons = match action {
            Action::SessionEnded => REASONS.to_vec(),
            _ => vec![EndReason::SignedOut],
        };
        for reason in reasons {
            let event = Event::new(action).account(account).with("reason", reason);
            change.record(event.clone()).await.unwrap();
            told.push(entry(action.as_str(), event.detail));
        }
    }
    change.commit().await.unwrap();
    let shown = of_account(&records.db, account, Before::ANYTHING, 1000)
        .await
        .unwrap();
    let is_shown = |one: &Entry| {
        shown
            .iter()
            .any(|line| (line.action, &line.detail) == (one.action, &one.detail))
    };
    for one in &told {
        let what = happening(one, Some("S".to_owned()), "I".to_owned());
        assert_eq!(
            what.is_some(),
            is_shown(one),
            "words, and a line to say them: {one:?}"
        );
        for page in Locale::ALL.map(|locale| sample::page(locale, Edition::Standard)) {
            let line = what.clone().map(|what| Activity {
                at: one.at,
                what,
                device: String::new(),
            });
            let text = line.map(|line| line.text(&page));
            assert!(text.is_none_or(|text| !text.starts_with("did-")), "{one:?}");
        }
    }
    let mut hidden = Action::ALL.to_vec();
    hidden.retain(|action| !shown.iter().any(|line| line.action == *action));
    assert_eq!(hidden, HIDDEN);
}

fn entry(action: &str, detail: serde_json::Value) -> Entry {
    Entry {
        id: uuid::Uuid::nil(),
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
    assert_eq!(ended("the kiosk was removed"), Some(Happening::KioskRemoved));
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
