use serde_json::json;

use super::allowed::{Allowed, AllowedDepartments, Pattern, Pause, Status, Terms, records as decisions};
use super::entity::{EntityStatus, Stumble, records as entities};
use crate::args;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Clock;
use crate::department::{Client, Origin, Standing, records as clients};
use crate::federation::{EntityId, Relaxation};
use crate::rng::Rng;
use crate::store::Db;
use crate::store::sample::Records;
use std::time::Duration;

fn operator(clock: &Clock) -> Context {
    Context::without_request(clock.now(), Actor::Operator, &Rng::system())
}

fn id(text: &str) -> EntityId {
    EntityId::parse(text, Relaxation::Nothing).unwrap()
}

fn decision(pattern: &str, context: &Context) -> Allowed {
    Allowed {
        id: context.rng.uuid(context.now),
        pattern: Pattern::parse(pattern, Relaxation::Nothing).unwrap(),
        status: Status::Active,
        reason: None,
        terms: Terms {
            name: "养老金查询".to_owned(),
            organisation: "人社局".to_owned(),
            scope: "openid phone".to_owned(),
            ranges: vec!["10.0.0.0/8".parse().unwrap()],
            ..Terms::default()
        },
        created_at: context.now,
        updated_at: context.now,
    }
}

async fn begin(db: &Db, context: &Context) -> Change {
    Change::begin(db, context).await.unwrap()
}

async fn commit(mut change: Change) {
    change
        .record(Event::new(Action::DepartmentAllowed))
        .await
        .unwrap();
    change.commit().await.unwrap();
}

async fn allow(db: &Db, context: &Context, pattern: &str) -> Allowed {
    let allowed = decision(pattern, context);
    let mut change = begin(db, context).await;
    assert!(decisions::insert(&mut change, &allowed).await.unwrap());
    commit(change).await;
    allowed
}

async fn suspend(db: &Db, context: &Context, allowed: &Allowed) {
    let mut change = begin(db, context).await;
    let reason = Some(Pause::Security);
    let did = decisions::set_status(&mut change, allowed, Status::Suspended, reason).await;
    assert!(did.unwrap());
    commit(change).await;
}

fn no_keys() -> serde_json::Value {
    json!({ "keys": [] })
}

#[tokio::test]
async fn the_narrowest_decision_counts_and_a_suspended_one_is_not_passed_over() {
    let (records, clock) = (Records::open().await, Clock::system());
    let (db, context) = (&records.db, operator(&clock));
    let wide = allow(db, &context, "*.gov.example").await;
    let narrow = allow(db, &context, "https://a.gov.example").await;
    let departments = AllowedDepartments::new(db.clone(), clock.clone());
    let covering = async |text: &str| departments.covering(&id(text)).await.unwrap();
    assert_eq!(covering("https://b.gov.example").await.unwrap().id, wide.id);
    assert_eq!(
        covering("https://b.gov.example").await.unwrap().scopes(),
        ["openid"]
    );
    let found = covering("https://a.gov.example").await.unwrap();
    assert_eq!((found.id, &found.terms), (narrow.id, &narrow.terms));
    assert_eq!(found.scopes(), ["openid", "phone"]);
    assert!(covering("https://gov.example").await.is_none());

    suspend(db, &context, &narrow).await;
    clock.advance(Duration::from_secs(4));
    let found = covering("https://a.gov.example").await.unwrap();
    assert_eq!(
        (found.id, found.status, found.reason),
        (narrow.id, Status::Suspended, Some(Pause::Security))
    );
}

#[tokio::test]
async fn of_two_decisions_about_one_pattern_at_once_one_is_made() {
    let (records, clock) = (Records::open().await, Clock::system());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (db, context) = (records.db.clone(), operator(&clock));
            tokio::spawn(async move {
                let mut change = begin(&db, &context).await;
                let allowed = decision("*.gov.example", &context);
                let is_first = decisions::insert(&mut change, &allowed).await.unwrap();
                commit(change).await;
                is_first
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        made += usize::from(task.await.unwrap());
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn why_a_system_cannot_join_is_noted_once_a_minute() {
    let (records, clock) = (Records::open().await, Clock::system());
    let (db, context) = (&records.db, operator(&clock));
    let (allowed, entity) = (
        allow(db, &context, "*.gov.example").await,
        id("https://a.gov.example"),
    );
    let fault = Stumble {
        step: "reach".to_owned(),
        entity: entity.to_string(),
        claim: String::new(),
        expected: "an answer".to_owned(),
        found: "none".to_owned(),
    };

    let mut change = begin(db, &context).await;
    let mut noted = [false; 2];
    for noted in &mut noted {
        *noted = entities::note(&mut change, &entity, allowed.id, &fault)
            .await
            .unwrap();
    }
    assert_eq!(noted, [true, false], "once a minute");
    commit(change).await;
    let found = entities::find(db, &entity).await.unwrap().unwrap();
    assert_eq!(found.status, EntityStatus::Refused);
    assert_eq!(found.fault.as_ref().map(|(fault, _)| fault), Some(&fault));
    assert!(found.keys().is_err());

    let mut change = begin(db, &context).await;
    let joined = entities::join(&mut change, &entity, allowed.id, &no_keys(), context.now).await;
    assert!(joined.unwrap(), "what only ever failed is as good as new");
    commit(change).await;
    let found = entities::find(db, &entity).await.unwrap().unwrap();
    assert_eq!(
        (found.status, found.fault.is_none()),
        (EntityStatus::Joined, true)
    );
}

#[tokio::test]
async fn keys_are_pinned_at_first_contact_and_follow_only_what_was_read() {
    let (records, clock) = (Records::open().await, Clock::system());
    let (db, context) = (&records.db, operator(&clock));
    let (allowed, entity) = (
        allow(db, &context, "*.gov.example").await,
        id("https://a.gov.example"),
    );
    let (first, second) = (json!({ "keys": [1] }), json!({ "keys": [2] }));
    let mut change = begin(db, &context).await;
    let at = context.now;
    assert!(
        entities::join(&mut change, &entity, allowed.id, &first, at)
            .await
            .unwrap()
    );
    assert!(
        !entities::join(&mut change, &entity, allowed.id, &second, at)
            .await
            .unwrap()
    );
    let read = entities::find_within(&mut change, &entity)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((read.status, &read.jwks), (EntityStatus::Joined, &first));
    let older = at.minus(Duration::from_secs(1));
    assert!(
        !entities::repin(&mut change, &read, allowed.id, &second, older)
            .await
            .unwrap()
    );
    assert!(entities::hold(&mut change, &read, &second).await.unwrap());
    assert!(
        !entities::repin(&mut change, &read, allowed.id, &second, at)
            .await
            .unwrap(),
        "it was changed meanwhile"
    );
    let held = entities::find_within(&mut change, &entity)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(held.held.as_ref().map(|held| &held.jwks), Some(&second));
    assert!(entities::release(&mut change, &held).await.unwrap());
    assert!(!entities::release(&mut change, &held).await.unwrap());
    let released = entities::find_within(&mut change, &entity)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((&released.jwks, &released.held), (&second, &None));
    assert!(
        entities::repin(&mut change, &released, allowed.id, &first, at)
            .await
            .unwrap()
    );
    commit(change).await;
}

fn joined(allowed: &Allowed, context: &Context) -> Client {
    Client {
        client_id: "https://a.gov.example".to_owned(),
        origin: Origin::Federation,
        allowed_id: Some(allowed.id),
        expires_at: Some(context.now),
        ..Client::sample("https://a.gov.example/cb")
    }
}

#[tokio::test]
async fn a_registration_replaces_what_was_read_and_never_a_client_of_the_operators() {
    let (records, clock) = (Records::open().await, Clock::system());
    let (db, context) = (&records.db, operator(&clock));
    let allowed = allow(db, &context, "https://a.gov.example").await;
    let client = joined(&allowed, &context);
    let mut change = begin(db, &context).await;
    assert!(clients::register(&mut change, &client, None).await.unwrap());
    assert!(!clients::register(&mut change, &client, None).await.unwrap());
    let newer = Client {
        updated_at: context.now,
        ..client.clone()
    };
    assert!(
        clients::register(&mut change, &newer, Some(client.updated_at))
            .await
            .unwrap()
    );
    assert!(
        !clients::register(&mut change, &newer, Some(client.updated_at))
            .await
            .unwrap()
    );
    let own = Client {
        client_id: "hrss".to_owned(),
        ..Client::sample("https://hrss.example/cb")
    };
    assert!(clients::insert(&mut change, &own).await.unwrap());
    let taking = Client {
        client_id: "hrss".to_owned(),
        ..client.clone()
    };
    assert!(
        !clients::register(&mut change, &taking, Some(own.updated_at))
            .await
            .unwrap()
    );
    commit(change).await;
}

#[tokio::test]
async fn a_client_stands_as_its_decision_does() {
    let (records, clock) = (Records::open().await, Clock::system());
    let (db, context) = (&records.db, operator(&clock));
    let allowed = allow(db, &context, "https://a.gov.example").await;
    let client = joined(&allowed, &context);
    let mut change = begin(db, &context).await;
    assert!(clients::register(&mut change, &client, None).await.unwrap());
    commit(change).await;
    let standing = async || {
        clients::find(db, &client.client_id)
            .await
            .unwrap()
            .unwrap()
            .standing
    };
    assert_eq!(standing().await, Standing::Active);
    suspend(db, &context, &allowed).await;
    assert_eq!(standing().await, Standing::Suspended(Some(Pause::Security)));
    let mut change = begin(db, &context).await;
    let removed = decisions::set_status(&mut change, &allowed, Status::Removed, None).await;
    assert!(removed.unwrap());
    assert!(
        decisions::find_within(&mut change, &allowed.pattern)
            .await
            .unwrap()
            .is_none()
    );
    let again = Allowed {
        id: context.rng.uuid(context.now),
        ..allowed.clone()
    };
    assert!(decisions::insert(&mut change, &again).await.unwrap());
    commit(change).await;
    assert_eq!(standing().await, Standing::Removed);
    let rows = db
        .all("SELECT id FROM allowed_department", args![])
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
}
