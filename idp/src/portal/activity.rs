use super::pages::Happening;
use crate::audit::Entry;

/// What a line of the audit means to its resident; `None` for what another line tells better.
/// `service` is the service's name where the line concerns one, `items` what went to it.
#[must_use]
pub(super) fn happening(entry: &Entry, service: Option<String>, items: String) -> Option<Happening> {
    let service_name = service.unwrap_or_default();
    Some(match entry.action.as_str() {
        "account.created" => Happening::AccountMade,
        "session.begun" | "session.renewed" => Happening::SignedIn,
        "session.ended" => match entry.detail["reason"].as_str()? {
            "signed out" => Happening::SignedOut,
            "signed out from another device" => Happening::EndedOther,
            _ => return None,
        },
        "account.signed_out_everywhere" => Happening::SignedOutEverywhere,
        "grant.made" => Happening::Opened {
            service: service_name,
        },
        "consent.given" => Happening::Shared {
            service: service_name,
            items,
        },
        "consent.refused" => Happening::Refused {
            service: service_name,
        },
        "consent.withdrawn" => Happening::Withdrew {
            service: service_name,
            items,
        },
        "code.failed" => Happening::WrongCode,
        _ => return None,
    })
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
            action: action.to_owned(),
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
