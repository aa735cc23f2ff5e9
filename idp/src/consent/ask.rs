use serde::{Deserialize, Serialize};

use super::item::Item;
use super::records::Given;
use crate::clock::Timestamp;
use crate::department::{Client, DataKey};

/// What a resident is to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub required: Vec<Item>,
    pub optional: Vec<Item>,
    /// The resident has allowed this department something before: only what is new is asked.
    pub changed: bool,
}

/// What a request cannot do without the resident's consent to.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Separated by spaces.
    pub scopes: String,
    pub records: Vec<DataKey>,
}

/// Compares what a request needs with what has been given. Nothing is asked while everything the
/// service cannot do without stands: an optional scope that was refused is not asked for again, but one that
/// was given to another purpose is. A record is named by a request alone and on purpose, so each that does not stand is
/// asked for, save what the resident has just `left` unticked.
#[must_use]
pub fn ask(wanted: &Wanted, given: &[Given], left: &[Item], client: &Client) -> Option<Ask> {
    let Ask {
        mut required,
        mut optional,
        ..
    } = Ask::again(wanted, client);
    let stands = |item: &Item| {
        given
            .iter()
            .any(|given| given.item == *item && given.counts_for(client))
    };
    required.retain(|item| !stands(item));
    optional.retain(|item| !stands(item) && !left.contains(item));
    let was_given = |item: &Item| given.iter().any(|given| given.item == *item);
    let is_worth_a_page = |item: &Item| matches!(item, Item::Record(_)) || was_given(item);
    if required.is_empty() && !optional.iter().any(is_worth_a_page) {
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
pub fn required_since(wanted: &Wanted, given: &[Given], client: &Client) -> Option<Timestamp> {
    let required = Ask::again(wanted, client).required;
    given
        .iter()
        .filter(|given| required.contains(&given.item) && given.counts_for(client))
        .map(|given| given.answered_at)
        .min()
}

/// The scopes that the client may have by what has been given.
#[must_use]
pub fn allowed(given: &[Given], client: &Client) -> String {
    let of_scopes = given
        .iter()
        .filter(|given| !matches!(given.item, Item::Record(_)));
    let counting = of_scopes.filter(|given| given.counts_for(client));
    let scopes: Vec<_> = counting.map(|given| given.item.name()).collect();
    scopes.join(" ")
}

/// Whether the client may have a record, as of `granted_at`, by what has been given: a yes after a break is none to what was
/// granted before it.
#[must_use]
pub fn stands(record: &DataKey, granted_at: Timestamp, given: &[Given], client: &Client) -> bool {
    let is_it = |given: &&Given| matches!(&given.item, Item::Record(key) if key == record);
    let counts = |given: &Given| given.granted_at <= granted_at && given.counts_for(client);
    given.iter().filter(is_it).any(counts)
}

impl Ask {
    /// Everything that a request asks for, whether given before or not.
    #[must_use]
    pub fn again(wanted: &Wanted, client: &Client) -> Self {
        let is_wanted = |item: &Item| wanted.scopes.split(' ').any(|scope| scope == item.name());
        let of_scopes = Item::OF_SCOPES.into_iter().filter(is_wanted);
        let records = wanted.records.iter().cloned().map(Item::Record);
        let (optional, required) = of_scopes.chain(records).partition(|item| match item {
            Item::OpenId => false,
            Item::Record(key) => client.can_do_without(key),
            scope => {
                let purpose = client.metadata.purposes.get(&*scope.name());
                purpose.is_some_and(|purpose| purpose.optional)
            }
        });
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

    fn wanted(scopes: &str) -> Wanted {
        Wanted {
            scopes: scopes.to_owned(),
            records: Vec::new(),
        }
    }

    /// What is asked for these scopes, with nothing left unticked.
    fn ask(scopes: &str, given: &[Given], client: &Client) -> Option<Ask> {
        super::ask(&wanted(scopes), given, &[], client)
    }

    fn given(items: &[Item]) -> Vec<Given> {
        let at = Timestamp::from_seconds;
        items
            .iter()
            .map(|item| Given {
                item: item.clone(),
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
                .for_each(|given| given.revision = client.revision(&given.item.name()));
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
            required_since(&wanted("openid profile phone"), &held, &client()),
            Some(Timestamp::from_seconds(2))
        );
    }

    const KEY: &str = "rent_subsidy:contribution_record@https://hrss.city.example";

    fn asker(optional: bool) -> (Client, Wanted, Item) {
        let (mut client, key) = (client(), DataKey::parse(KEY).unwrap());
        let purpose = Purpose {
            zh: "为发放租房补贴".to_owned(),
            en: String::new(),
            optional,
        };
        client.metadata.asks.insert(key.clone(), purpose);
        let wanted = Wanted {
            records: vec![key.clone()],
            ..wanted("openid")
        };
        (client, wanted, Item::Record(key))
    }

    #[test]
    fn a_record_is_asked_for_by_each_request_until_it_stands() {
        let (client, wanted, record) = asker(false);
        let held = given(&[Item::OpenId]);
        let asked = super::ask(&wanted, &held, &[], &client).unwrap();
        assert_eq!(asked.required, std::slice::from_ref(&record));
        let held = given(&[Item::OpenId, record.clone()]);
        assert_eq!(super::ask(&wanted, &held, &[], &client), None);
        let Item::Record(key) = record else { panic!() };
        assert!(stands(&key, Timestamp::from_seconds(1), &held, &client));
        // It was taken back in between.
        assert!(!stands(&key, Timestamp::from_seconds(0), &held, &client));
        assert_eq!(allowed(&held, &client), "openid");
    }

    #[test]
    fn an_optional_record_is_asked_for_again_but_not_twice_by_one_request() {
        let (client, wanted, record) = asker(true);
        let held = given(&[Item::OpenId]);
        let asked = super::ask(&wanted, &held, &[], &client).unwrap();
        assert_eq!((asked.required.len(), asked.optional), (0, vec![record.clone()]));
        assert_eq!(super::ask(&wanted, &held, &[record], &client), None);
    }

    #[test]
    fn a_record_given_to_another_purpose_or_asked_no_longer_does_not_stand() {
        let (mut client, wanted, record) = asker(false);
        let held = given(&[Item::OpenId, record.clone()]);
        let Item::Record(key) = record else { panic!() };
        client.metadata.revisions = [(KEY.to_owned(), 1)].into();
        assert!(!stands(&key, Timestamp::from_seconds(9), &held, &client));
        assert!(super::ask(&wanted, &held, &[], &client).is_some());
        client.metadata.revisions.clear();
        client.metadata.asks.clear();
        assert!(!stands(&key, Timestamp::from_seconds(9), &held, &client));
    }
}
