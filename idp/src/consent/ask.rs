use serde::{Deserialize, Serialize};

use super::item::Item;
use super::records::Given;
use crate::clock::Timestamp;
use crate::department::Client;

/// What a resident is to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub required: Vec<Item>,
    pub optional: Vec<Item>,
    /// The resident has allowed this department something before: only what is new is asked.
    pub changed: bool,
}

/// Compares what a request needs with what has been given. Nothing is asked while everything the
/// service cannot do without stands: an optional thing that was refused is not asked for again, but one that
/// was given to another purpose is.
#[must_use]
pub fn ask(scopes: &str, given: &[Given], client: &Client) -> Option<Ask> {
    let Ask {
        mut required,
        mut optional,
        ..
    } = Ask::again(scopes, client);
    let stands = |item: &Item| {
        given
            .iter()
            .any(|given| given.item == *item && given.counts_for(client))
    };
    required.retain(|item| !stands(item));
    optional.retain(|item| !stands(item));
    let was_given = |item: &Item| given.iter().any(|given| given.item == *item);
    if required.is_empty() && !optional.iter().any(was_given) {
        return None;
    }
    Some(Ask {
        required,
        optional,
        changed: !given.is_empty(),
    })
}

/// Since when everything a request needs has been answered: the oldest answer among them.
#[must_use]
pub fn required_since(scopes: &str, given: &[Given], client: &Client) -> Option<Timestamp> {
    let required = Ask::again(scopes, client).required;
    given
        .iter()
        .filter(|given| required.contains(&given.item) && given.counts_for(client))
        .map(|given| given.answered_at)
        .min()
}

/// The scopes that the client may have by what has been given.
#[must_use]
pub fn allowed(given: &[Given], client: &Client) -> String {
    let counting = given.iter().filter(|given| given.counts_for(client));
    let scopes: Vec<&str> = counting.map(|given| given.item.scope()).collect();
    scopes.join(" ")
}

impl Ask {
    /// Everything that a request asks for, whether given before or not.
    #[must_use]
    pub fn again(scopes: &str, client: &Client) -> Self {
        let items = Item::ALL
            .into_iter()
            .filter(|item| scopes.split(' ').any(|scope| scope == item.scope()));
        let is_optional = |item: &Item| {
            *item != Item::OpenId
                && client
                    .metadata
                    .purposes
                    .get(item.scope())
                    .is_some_and(|purpose| purpose.optional)
        };
        let (optional, required) = items.partition(is_optional);
        Self {
            required,
            optional,
            changed: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::department::Purpose;

    fn client() -> Client {
        let mut client = Client::sample("https://hrss.city.example/cb");
        let purpose = Purpose {
            zh: "通知".to_owned(),
            en: "notices".to_owned(),
            optional: true,
        };
        client.metadata.purposes.insert("phone".to_owned(), purpose);
        client.metadata.scope = "openid profile phone".to_owned();
        client
    }

    fn given(items: &[Item]) -> Vec<Given> {
        let at = Timestamp::from_seconds;
        items
            .iter()
            .map(|&item| Given {
                item,
                granted_at: at(1),
                answered_at: at(2),
                expires_at: at(9),
                revision: 0,
            })
            .collect()
    }

    #[test]
    fn the_first_time_everything_is_asked_the_optional_apart() {
        let asked = ask("openid profile phone", &[], &client()).unwrap();
        assert_eq!(
            (asked.required, asked.optional),
            (vec![Item::OpenId, Item::Name], vec![Item::Phone])
        );
        assert!(!asked.changed);
    }

    #[test]
    fn later_only_what_is_new_is_asked() {
        let asked = ask("openid profile", &given(&[Item::OpenId]), &client()).unwrap();
        assert_eq!(asked.required, [Item::Name]);
        assert!(asked.changed);
    }

    #[test]
    fn what_was_refused_and_is_optional_is_not_asked_again() {
        assert_eq!(
            ask(
                "openid profile phone",
                &given(&[Item::OpenId, Item::Name]),
                &client()
            ),
            None
        );
    }

    #[test]
    fn what_was_given_to_another_purpose_is_asked_for_again_and_is_not_had_meanwhile() {
        let mut client = client();
        for (scope, required, optional) in [
            ("profile", vec![Item::Name], vec![]),
            ("phone", vec![], vec![Item::Phone]),
        ] {
            client.metadata.revisions = [(scope.to_owned(), 1)].into();
            let mut held = given(&[Item::OpenId, Item::Name, Item::Phone]);
            let asked = ask("openid profile phone", &held, &client).unwrap();
            assert_eq!((asked.required, asked.optional), (required, optional));
            assert!(!allowed(&held, &client).contains(scope));
            held.iter_mut()
                .for_each(|given| given.revision = client.revision(given.item.scope()));
            assert_eq!(ask("openid profile phone", &held, &client), None);
            assert_eq!(allowed(&held, &client), "openid profile phone");
        }
    }

    #[test]
    fn what_a_client_is_no_longer_registered_for_it_does_not_have() {
        let mut client = client();
        client.metadata.scope = "openid phone".to_owned();
        let held = given(&[Item::OpenId, Item::Name, Item::Phone]);
        assert_eq!(allowed(&held, &client), "openid phone");
    }

    #[test]
    fn an_answer_counts_from_the_oldest_thing_needed() {
        let mut held = given(&[Item::OpenId, Item::Name, Item::Phone]);
        held[2].answered_at = Timestamp::from_seconds(0);
        assert_eq!(
            required_since("openid profile phone", &held, &client()),
            Some(Timestamp::from_seconds(2))
        );
    }
}
