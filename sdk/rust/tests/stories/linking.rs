//! A department that had residents before it joined.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde_json::json;
use yimen_sdk::session_store::StoreFault as Fault;
use yimen_sdk::{Builder, DeviceAnswer, Error, Identity, Linked};

use crate::provider::CLIENT;
use crate::world::World;

/// The old user table.
#[derive(Clone, Default)]
struct Users(Arc<Table>);

#[derive(Default)]
struct Table {
    rows: Mutex<Vec<Row>>,
    calls: Mutex<Vec<Option<String>>>,
    away: AtomicBool,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    number: u32,
    phone: &'static str,
    name: &'static str,
    sub: Option<String>,
}

impl Users {
    fn of<const N: usize>(rows: [(u32, &'static str, &'static str); N]) -> Self {
        let row = |(number, phone, name)| Row {
            number,
            phone,
            name,
            sub: None,
        };
        let users = Self::default();
        *users.0.rows.lock().unwrap() = rows.map(row).to_vec();
        users
    }

    /// As the documentation of `link` has it.
    async fn link(self, person: Identity) -> Result<Linked, Fault> {
        self.0
            .calls
            .lock()
            .unwrap()
            .push(person.phone().map(str::to_owned));
        // Others come in between.
        tokio::task::yield_now().await;
        if self.0.away.load(Ordering::Relaxed) {
            return Err("the table users is locked by 林晓".into());
        }
        let mut rows = self.0.rows.lock().unwrap();
        if rows.iter().any(|row| row.sub.as_deref() == Some(person.sub())) {
            return Ok(Linked::Done);
        }
        let (Some(phone), Some(name), Some(2..)) = (person.phone(), person.name(), person.level()) else {
            return Ok(Linked::Ask("/old-account"));
        };
        let mut both = rows
            .iter_mut()
            .filter(|row| row.phone == phone && row.name == name);
        match (both.next(), both.next()) {
            (Some(row), None) if row.sub.is_none() => {
                row.sub = Some(person.sub().to_owned());
                Ok(Linked::Done)
            }
            _ => Ok(Linked::Ask("/old-account")),
        }
    }

    fn linked(&self) -> Vec<u32> {
        let rows = self.0.rows.lock().unwrap();
        let linked = rows.iter().filter(|row| row.sub.as_deref() == Some("sub-1"));
        linked.map(|row| row.number).collect()
    }

    fn calls(&self) -> usize {
        self.0.calls.lock().unwrap().len()
    }

    fn joined(&self, settings: Builder) -> Builder {
        let users = self.clone();
        settings.link(move |person| users.clone().link(person))
    }
}

async fn world_with(users: &Users) -> World {
    World::of(|settings| users.joined(settings)).await
}

const PHONE: &str = "+8613800000000";
const NAME: &str = "林晓";

/// Where a sign-in that began at `/pension` lands.
async fn sign_in(world: &World) -> String {
    let mut browser = world.browser();
    let to_provider = browser.get("/pension").await.follow(&mut browser).await;
    let back = world.provider.agree(&to_provider.location());
    let landed = browser.get(&back).await.location();
    assert_eq!(browser.get("/").await.body, "welcome");
    landed
}

#[tokio::test]
async fn who_was_known_by_number_and_name_is_known_by_subject_from_the_first_sign_in_on() {
    let users = Users::of([(17, PHONE, NAME), (18, "+8613900000000", NAME)]);
    let world = world_with(&users).await;
    assert_eq!(sign_in(&world).await, "/pension");
    assert_eq!(users.linked(), [17]);
    assert_eq!(sign_in(&world).await, "/pension");
    assert_eq!(users.linked(), [17]);
    assert_eq!(users.calls(), 2, "once for each sign-in");
}

#[tokio::test]
async fn two_first_sign_ins_at_the_same_moment_link_one_row() {
    let users = Users::of([(17, PHONE, NAME)]);
    let world = world_with(&users).await;
    let (one, two) = tokio::join!(sign_in(&world), sign_in(&world));
    assert_eq!([one, two], ["/pension", "/pension"]);
    assert_eq!(users.linked(), [17]);
}

#[tokio::test]
async fn who_has_only_somebodys_old_number_gets_nobodys_account_and_is_asked() {
    let users = Users::of([(17, PHONE, "王建国")]);
    let world = world_with(&users).await;
    assert_eq!(sign_in(&world).await, "/old-account?return_to=%2Fpension");
    assert!(users.linked().is_empty());
}

#[tokio::test]
async fn two_rows_of_one_number_and_name_are_no_match() {
    let users = Users::of([(17, PHONE, NAME), (18, PHONE, NAME)]);
    let world = world_with(&users).await;
    assert_eq!(sign_in(&world).await, "/old-account?return_to=%2Fpension");
    assert!(users.linked().is_empty());
}

#[tokio::test]
async fn a_name_that_nobody_has_verified_is_no_match() {
    let users = Users::of([(17, PHONE, NAME)]);
    let world = world_with(&users).await;
    let level_1 = format!("{}/acr/1", world.provider.issuer);
    world.provider.bend(move |claims| claims["acr"] = json!(level_1));
    assert_eq!(sign_in(&world).await, "/old-account?return_to=%2Fpension");
    assert!(users.linked().is_empty());
}

#[tokio::test]
async fn an_error_signs_nobody_in_is_told_to_the_log_alone_and_does_no_harm_to_the_next_try() {
    let users = Users::of([(17, PHONE, NAME)]);
    let world = world_with(&users).await;
    users.0.away.store(true, Ordering::Relaxed);
    let mut browser = world.browser();
    let to_provider = browser.get("/pension").await.follow(&mut browser).await;
    let page = browser.get(&world.provider.agree(&to_provider.location())).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        page.body.contains("这次没能登录") && !page.body.contains("locked"),
        "{}",
        page.body
    );
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    assert_eq!(browser.get("/").await.body, "nobody");

    users.0.away.store(false, Ordering::Relaxed);
    assert_eq!(sign_in(&world).await, "/pension");
    assert_eq!(users.linked(), [17]);
}

#[tokio::test]
async fn an_answer_that_proves_nobody_is_never_asked_about() {
    let users = Users::of([(17, PHONE, NAME)]);
    let world = world_with(&users).await;
    world.provider.bend(|claims| claims["nonce"] = json!("another"));
    let mut browser = world.browser();
    let to_provider = browser.get("/pension").await.follow(&mut browser).await;
    let page = browser.get(&world.provider.agree(&to_provider.location())).await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert_eq!(users.calls(), 0);
}

#[tokio::test]
async fn a_page_of_another_site_is_no_place_to_ask() {
    for elsewhere in ["https://evil.example/", "//evil.example", "old-account"] {
        let world = World::of(|settings| settings.link(async move |_| Ok(Linked::Ask(elsewhere)))).await;
        let mut browser = world.browser();
        let to_provider = browser.get("/pension").await.follow(&mut browser).await;
        let page = browser.get(&world.provider.agree(&to_provider.location())).await;
        assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "{elsewhere}");
    }
}

#[tokio::test]
async fn who_signs_in_on_a_device_is_linked_as_well() {
    let users = Users::of([(17, PHONE, NAME)]);
    let world = world_with(&users).await;
    let mut asking = world.yimen.sign_in_on_device().await.unwrap();
    let DeviceAnswer::SignedIn(person) = asking.ask().await.unwrap() else {
        panic!("nobody at {CLIENT}");
    };
    assert_eq!((person.sub(), users.linked()), ("sub-1", vec![17]));
    users.0.away.store(true, Ordering::Relaxed);
    let mut asking = world.yimen.sign_in_on_device().await.unwrap();
    let error = asking.ask().await.unwrap_err();
    assert!(matches!(error, Error::Link { .. }), "{error}");
}
