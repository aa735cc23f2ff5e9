use std::net::IpAddr;

use super::house::House;
use crate::args;
use crate::audit::Change;
use crate::config::Places;
use crate::signin::Session;
use crate::signin::sessions::{Device, Proof, Whence, Whereabout};
use crate::web::Locale;

const PHONE: &str = "13812345678";
const HOME: [u8; 4] = [203, 0, 113, 7];
const NEXT_DOOR: [u8; 4] = [203, 0, 113, 99];
const FAR: [u8; 4] = [198, 51, 100, 9];
const UNKNOWN: [u8; 4] = [10, 1, 2, 3];

/// A browser that says nothing of itself.
pub(super) fn nowhere() -> Whence {
    Whence {
        device: Device::default(),
        address: IpAddr::from([203, 0, 113, 9]),
        place: None,
    }
}

async fn with_places() -> House {
    House::with(|settings| {
        let database = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/http/places/cities.mmdb").into();
        settings.place = Some(Places { database });
    })
    .await
}

async fn seen_from(house: &House, session: &Session, address: [u8; 4]) -> Whereabout {
    let sessions = &house.signin.sessions;
    let found = sessions
        .whereabouts_of(session.account, IpAddr::from(address))
        .await;
    found.unwrap().remove(&session.id).unwrap()
}

async fn kept(house: &House, column: &'static str) -> Vec<Option<Vec<u8>>> {
    let rows = house
        .rows("SELECT begun_network, seen_network, place FROM session ORDER BY id")
        .await;
    rows.iter().map(|row| row.maybe_bytes(column).unwrap()).collect()
}

#[tokio::test]
async fn a_session_remembers_its_network_and_no_address() {
    let house = House::open().await;
    let session = house.browser().sign_in(PHONE).await;
    house.wait(61);
    house.browser().sign_in(PHONE).await;
    for (address, near) in [(HOME, true), (NEXT_DOOR, true), (FAR, false)] {
        assert_eq!(
            seen_from(&house, &session, address).await.near,
            Some(near),
            "{address:?}"
        );
    }
    let (begun, seen) = (
        kept(&house, "begun_network").await,
        kept(&house, "seen_network").await,
    );
    assert_eq!(begun, seen);
    assert!(
        begun
            .iter()
            .all(|kept| kept.as_ref().is_some_and(|hash| hash.len() == 32))
    );
    assert_ne!(
        begun[0], begun[1],
        "who reads the table does not see who shares a network"
    );
    assert_eq!(
        kept(&house, "place").await,
        [None, None],
        "nothing without a database"
    );
}

#[tokio::test]
async fn the_network_is_noted_together_with_the_use() {
    let house = House::open().await;
    let mut browser = house.browser();
    let session = browser.sign_in(PHONE).await;
    browser.address = IpAddr::from(FAR);
    house.wait(30);
    browser.session().await.unwrap();
    assert_eq!(
        seen_from(&house, &session, FAR).await.near,
        Some(false),
        "no write per request"
    );
    // What a department's server does meanwhile is no use of the session, and postpones none.
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    assert!(
        house
            .signin
            .sessions
            .is_live(&mut change, session.id)
            .await
            .unwrap()
    );
    change.commit_housekeeping().await.unwrap();
    house.wait(31);
    browser.session().await.unwrap();
    assert_eq!(seen_from(&house, &session, FAR).await.near, Some(true));
    assert_ne!(
        kept(&house, "begun_network").await,
        kept(&house, "seen_network").await
    );
}

#[tokio::test]
async fn a_place_is_sealed_and_goes_with_the_sign_in() {
    let house = with_places().await;
    let mut browser = house.browser();
    let session = browser.sign_in(PHONE).await;
    let place = seen_from(&house, &session, FAR).await.place.unwrap();
    assert_eq!(Locale::ALL.map(|locale| place.name(locale)), ["昆明", "Kunming"]);
    let sealed = kept(&house, "place").await.remove(0).unwrap();
    for name in ["昆明", "Kunming"] {
        assert!(!sealed.windows(name.len()).any(|part| part == name.as_bytes()));
    }
    // Signed in again somewhere else, and then where nobody knows.
    for (address, name) in [(FAR, Some("Dali Prefecture")), (UNKNOWN, None)] {
        house.wait(120);
        browser.address = IpAddr::from(address);
        let headers = browser.headers();
        let sessions = &house.signin.sessions;
        let whence = sessions.whence(&headers, browser.address).await.unwrap();
        let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
        let begun = sessions
            .begin(&mut change, session.account, Proof::Code, Some(&session), &whence)
            .await
            .unwrap();
        change.commit().await.unwrap();
        assert_eq!(begun.id, session.id);
        let place = seen_from(&house, &session, FAR).await.place;
        assert_eq!(place.as_ref().map(|place| place.name(Locale::English)), name);
    }
}

/// A sealed place that is moved to another session opens nowhere.
#[tokio::test]
async fn a_place_belongs_to_its_session() {
    let house = with_places().await;
    let session = house.browser().sign_in(PHONE).await;
    let sealed = kept(&house, "place").await.remove(0).unwrap();
    let mut change = Change::begin(&house.signin.db, &house.context()).await.unwrap();
    let other = house
        .signin
        .sessions
        .begin(&mut change, session.account, Proof::Code, None, &nowhere())
        .await
        .unwrap();
    let moved = "UPDATE session SET place = $2 WHERE id = $1";
    change.execute(moved, args![other.id, sealed]).await.unwrap();
    change.commit().await.unwrap();
    let sessions = &house.signin.sessions;
    let found = sessions.whereabouts_of(session.account, IpAddr::from(HOME)).await;
    assert!(found.is_err());
}
