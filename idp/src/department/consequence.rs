use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::data::DataKey;
use super::model::{Client, ClientMetadata, Purpose};

/// What a change of a client means to its residents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Consequence {
    /// A new thing is asked for: a scope, or a record by its key.
    Asked { scope: String },
    /// A new thing that the service works without.
    Offered { scope: String },
    /// It is asked for to another purpose.
    AskedAgain { scope: String },
    /// The service no longer works without it.
    Required { scope: String },
    /// It is asked for no longer.
    Stopped { scope: String },
    /// Nobody signs in here any more.
    Closed,
    /// Nobody comes back to this address any more.
    AddressClosed { uri: String },
    /// Residents get other identifiers.
    NewSubjects,
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked { scope } => write!(
                f,
                "{scope}: residents will be asked for it at their next sign-in that needs it, marked as new; until they allow it, it is not given"
            ),
            Self::Offered { scope } => write!(
                f,
                "{scope}: optional, so nobody will be asked for it alone: it is offered along with the next thing residents are asked for, at the latest when their consent expires"
            ),
            Self::AskedAgain { scope } => write!(
                f,
                "{scope}: its purpose has changed, so residents will be asked again at their next sign-in that needs it; until they allow it, it is no longer given"
            ),
            Self::Required { scope } => write!(
                f,
                "{scope}: no longer optional, so residents who left it out will be asked for it at their next sign-in"
            ),
            Self::Stopped { scope } if scope == "offline_access" => write!(
                f,
                "offline_access: what residents allowed no longer counts, so refresh tokens end with the session; if it is added again, residents will be asked again"
            ),
            Self::Stopped { scope } => write!(
                f,
                "{scope}: what residents allowed no longer counts, so it is no longer given; if it is added again, residents will be asked again"
            ),
            Self::Closed => f.write_str("nobody will be able to sign in here any more"),
            Self::AddressClosed { uri } => {
                write!(f, "sign-ins that are to return to {uri} will be refused")
            }
            Self::NewSubjects => f.write_str(
                "from their next sign-in on, the system will know residents by other identifiers, and recognise none of them",
            ),
        }
    }
}

/// Whether the new words of a purpose say something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    Differs,
    /// The operator says that it does not.
    MeansTheSame,
}

/// What residents will notice of a change.
pub(super) fn consequences(before: &Client, after: &Client, wording: Wording) -> Vec<Consequence> {
    let (old, new) = (&before.metadata, &after.metadata);
    let mut noticed = Vec::new();
    for key in new.asks.keys() {
        noticed.extend(asking_record(old, new, key, wording));
    }
    for scope in new.scopes() {
        let named = scope.to_owned();
        let is_optional = is_optional(new, scope);
        noticed.extend(match asking(old, new, scope, wording) {
            Asking::New if is_optional => Some(Consequence::Offered { scope: named }),
            Asking::New => Some(Consequence::Asked { scope: named }),
            Asking::Otherwise => Some(Consequence::AskedAgain { scope: named }),
            Asking::AsBefore if self::is_optional(old, scope) && !is_optional => {
                Some(Consequence::Required { scope: named })
            }
            Asking::AsBefore => None,
        });
    }
    let stopped = old.scopes().filter(|scope| !new.has_scope(scope));
    noticed.extend(stopped.map(|scope| Consequence::Stopped {
        scope: scope.to_owned(),
    }));
    let stopped = old.asks.keys().filter(|key| !new.asks.contains_key(*key));
    noticed.extend(stopped.map(|key| Consequence::Stopped {
        scope: key.to_string(),
    }));
    if old.may_use_grant("authorization_code") && !new.may_use_grant("authorization_code") {
        noticed.push(Consequence::Closed);
    }
    let closed = old
        .redirect_uris
        .iter()
        .filter(|uri| !new.redirect_uris.contains(uri));
    noticed.extend(closed.map(|uri| Consequence::AddressClosed { uri: uri.clone() }));
    if before.sector != after.sector {
        noticed.push(Consequence::NewSubjects);
    }
    noticed
}

/// How often the way each scope and each record is asked for has changed, this change included.
pub(super) fn revisions(
    old: &ClientMetadata,
    new: &ClientMetadata,
    wording: Wording,
) -> BTreeMap<String, i64> {
    let mut revisions = old.revisions.clone();
    for scope in new.scopes() {
        if let Asking::New | Asking::Otherwise = asking(old, new, scope, wording) {
            *revisions.entry(scope.to_owned()).or_default() += 1;
        }
    }
    for key in new.asks.keys() {
        if asking_record(old, new, key, wording).is_some() {
            *revisions.entry(key.to_string()).or_default() += 1;
        }
    }
    revisions
}

/// What residents notice of how a record is asked for. Whether it is optional they are asked anew in any case, by each
/// request that names it.
fn asking_record(
    old: &ClientMetadata,
    new: &ClientMetadata,
    key: &DataKey,
    wording: Wording,
) -> Option<Consequence> {
    let scope = key.to_string();
    let Some(before) = old.asks.get(key) else {
        return Some(Consequence::Asked { scope });
    };
    let differs = purpose_differs(Some(before), new.asks.get(key)) && wording == Wording::Differs;
    differs.then_some(Consequence::AskedAgain { scope })
}

/// How a scope is asked for, beside how it was.
enum Asking {
    New,
    Otherwise,
    AsBefore,
}

fn asking(old: &ClientMetadata, new: &ClientMetadata, scope: &str, wording: Wording) -> Asking {
    if !old.has_scope(scope) {
        return Asking::New;
    }
    let differs = purpose_differs(old.purposes.get(scope), new.purposes.get(scope));
    if differs && wording == Wording::Differs {
        Asking::Otherwise
    } else {
        Asking::AsBefore
    }
}

fn is_optional(metadata: &ClientMetadata, scope: &str) -> bool {
    metadata
        .purposes
        .get(scope)
        .is_some_and(|purpose| purpose.optional)
}

/// Whether residents read another purpose now; a translation that comes beside the same words is none. One that goes is: the
/// next could say something else.
pub(super) fn purpose_differs(old: Option<&Purpose>, new: Option<&Purpose>) -> bool {
    let words = |purpose: Option<&Purpose>| {
        purpose.map_or_else(Default::default, |purpose| {
            (purpose.zh.clone(), purpose.en.clone())
        })
    };
    let ((zh, en), (new_zh, new_en)): ((String, String), (String, String)) = (words(old), words(new));
    let is_translation = !zh.is_empty() && en.is_empty();
    zh != new_zh || (en != new_en && !is_translation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purposes(texts: &[(&str, &str, &str, bool)]) -> BTreeMap<String, Purpose> {
        let read = |(scope, zh, en, optional): &(&str, &str, &str, bool)| {
            let (zh, en, optional) = ((*zh).to_owned(), (*en).to_owned(), *optional);
            ((*scope).to_owned(), Purpose { zh, en, optional })
        };
        texts.iter().map(read).collect()
    }

    fn client(scope: &str, texts: &[(&str, &str, &str, bool)]) -> Client {
        let mut client = Client::sample("https://hrss.city.example/cb");
        client.metadata.scope = scope.to_owned();
        client.metadata.purposes = purposes(texts);
        client
    }

    fn noticed(before: &Client, after: &Client) -> Vec<Consequence> {
        consequences(before, after, Wording::Differs)
    }

    #[test]
    fn what_is_added_is_asked_or_offered_and_what_is_removed_stops() {
        let before = client("openid profile", &[]);
        let after = client("openid phone offline_access", &[("offline_access", "", "", true)]);
        let named = |scope: &str| scope.to_owned();
        assert_eq!(
            noticed(&before, &after),
            [
                Consequence::Asked {
                    scope: named("phone")
                },
                Consequence::Offered {
                    scope: named("offline_access")
                },
                Consequence::Stopped {
                    scope: named("profile")
                },
            ]
        );
        assert_eq!(noticed(&before, &before), []);
    }

    #[test]
    fn another_purpose_is_asked_for_again_and_a_translation_is_not() {
        let before = client("openid phone", &[("phone", "通知结果", "", false)]);
        let again = [Consequence::AskedAgain {
            scope: "phone".to_owned(),
        }];
        for (zh, en, differs) in [
            ("通知结果", "to tell you", false),
            ("推送广告", "", true),
            ("", "", true),
            ("", "advertising", true),
        ] {
            let after = client("openid phone", &[("phone", zh, en, false)]);
            assert_eq!(noticed(&before, &after) == again, differs, "{zh} {en}");
            assert_eq!(consequences(&before, &after, Wording::MeansTheSame), []);
        }
        let bare = client("openid phone", &[]);
        let english = client("openid phone", &[("phone", "", "advertising", false)]);
        assert_eq!(noticed(&bare, &english), again);
    }

    #[test]
    fn what_becomes_required_an_address_that_goes_and_another_sector_are_told() {
        let before = client("openid phone", &[("phone", "通知结果", "", true)]);
        let mut after = client("openid phone", &[("phone", "通知结果", "", false)]);
        after.metadata.redirect_uris = vec!["https://hrss.city.example/other".to_owned()];
        after.sector = "city.example".to_owned();
        assert_eq!(
            noticed(&before, &after),
            [
                Consequence::Required {
                    scope: "phone".to_owned()
                },
                Consequence::AddressClosed {
                    uri: "https://hrss.city.example/cb".to_owned()
                },
                Consequence::NewSubjects,
            ]
        );
    }

    #[test]
    fn records_are_asked_for_asked_again_and_stopped_like_scopes() {
        let key = DataKey::parse("rent_subsidy:contribution_record@hrss").unwrap();
        let asks = |zh: &str, optional: bool| {
            let mut client = client("openid", &[]);
            let (zh, en) = (zh.to_owned(), String::new());
            client
                .metadata
                .asks
                .insert(key.clone(), Purpose { zh, en, optional });
            client
        };
        let (nothing, scope) = (client("openid", &[]), key.to_string());
        let (one, other) = (asks("为发放租房补贴", false), asks("为推送广告", false));
        let asked = Consequence::Asked { scope: scope.clone() };
        let again = Consequence::AskedAgain { scope: scope.clone() };
        let stopped = Consequence::Stopped { scope: scope.clone() };
        assert_eq!(noticed(&nothing, &one), [asked]);
        assert_eq!(noticed(&one, &other), [again]);
        assert_eq!(consequences(&one, &other, Wording::MeansTheSame), []);
        assert_eq!(noticed(&one, &asks("为发放租房补贴", true)), []);
        assert_eq!(noticed(&one, &nothing), [stopped]);
        let revised = |old: &Client, new: &Client| {
            let revisions = revisions(&old.metadata, &new.metadata, Wording::Differs);
            revisions.get(&scope).copied().unwrap_or_default()
        };
        assert_eq!((revised(&nothing, &one), revised(&one, &other)), (1, 1));
        assert_eq!(revised(&one, &one), 0);
    }

    #[test]
    fn a_scopes_revision_rises_when_it_is_added_or_its_purpose_changes_and_outlives_its_removal() {
        let revised = |pairs: &[(&str, i64)]| -> BTreeMap<String, i64> {
            pairs
                .iter()
                .map(|(scope, revision)| ((*scope).to_owned(), *revision))
                .collect()
        };
        let mut old = client("openid profile phone", &[]).metadata;
        old.revisions = revised(&[("profile", 1), ("openid", 1)]);
        let mut new = client("openid phone offline_access", &[("phone", "推送广告", "", false)]).metadata;
        new.revisions = revisions(&old, &new, Wording::Differs);
        let expected = [("openid", 1), ("phone", 1), ("offline_access", 1), ("profile", 1)];
        assert_eq!(new.revisions, revised(&expected));
        assert_eq!(revisions(&old, &new, Wording::MeansTheSame).get("phone"), None);
        let again = client("openid profile", &[]).metadata;
        assert_eq!(revisions(&new, &again, Wording::Differs)["profile"], 2);
    }
}
