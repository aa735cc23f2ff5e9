use std::time::Duration;

use uuid::Uuid;

use super::{
    AuthMethod, ClientMetadata, Departments, ManageError, account_of_sub, add, list, remove, rotate_secret,
    sub_for,
};
use crate::args;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Clock;
use crate::rng::Rng;
use crate::store::Db;
use crate::store::sample::Records;

fn operator() -> Context {
    let (rng, now) = (Rng::system(), Clock::system().now());
    Context::without_request(now, Actor::Operator, &rng)
}

fn metadata(token_endpoint_auth_method: AuthMethod) -> ClientMetadata {
    ClientMetadata {
        client_name: "养老金查询".to_owned(),
        organisation: "人社局".to_owned(),
        redirect_uris: vec!["https://hrss.city.example/cb".to_owned()],
        token_endpoint_auth_method,
        ..ClientMetadata::default()
    }
}

async fn add_hrss(db: &Db, context: &Context, method: AuthMethod) -> Result<Option<String>, ManageError> {
    let id = Some("hrss".to_owned());
    add(db, context, id, None, metadata(method), false)
        .await
        .map(|added| added.client_secret)
}

#[tokio::test]
async fn a_client_is_known_by_its_secret_until_that_is_rotated() {
    let (records, context) = (Records::open().await, operator());
    let db = &records.db;
    let clock = Clock::system();
    let departments = Departments::new(db.clone(), clock.clone());
    let first = add_hrss(db, &context, AuthMethod::ClientSecretBasic)
        .await
        .unwrap()
        .unwrap();
    assert!(
        first.len() == 43
            && departments
                .client("hrss")
                .await
                .unwrap()
                .unwrap()
                .has_secret(&first)
    );

    let second = rotate_secret(db, &context, "hrss")
        .await
        .unwrap()
        .client_secret
        .unwrap();
    clock.advance(Duration::from_secs(5));
    let client = departments.client("hrss").await.unwrap().unwrap();
    assert!(client.has_secret(&second) && !client.has_secret(&first) && !client.has_secret(""));
    assert_eq!(
        (client.sector.as_str(), client.metadata.clone()),
        ("hrss.city.example", metadata(AuthMethod::ClientSecretBasic))
    );
}

#[tokio::test]
async fn a_removed_client_is_seen_so_within_seconds_and_its_id_is_nobodys() {
    let (records, context) = (Records::open().await, operator());
    let db = &records.db;
    let clock = Clock::system();
    let departments = Departments::new(db.clone(), clock.clone());
    assert_eq!(add_hrss(db, &context, AuthMethod::None).await.unwrap(), None);
    assert!(matches!(
        rotate_secret(db, &context, "hrss").await,
        Err(ManageError::NoSecret(_))
    ));
    assert!(departments.client("hrss").await.unwrap().unwrap().is_active());

    remove(db, &context, "hrss").await.unwrap();
    assert!(matches!(
        remove(db, &context, "hrss").await,
        Err(ManageError::Unknown(_))
    ));
    clock.advance(Duration::from_secs(5));
    assert!(!departments.client("hrss").await.unwrap().unwrap().is_active());
    assert!(matches!(
        add_hrss(db, &context, AuthMethod::None).await,
        Err(ManageError::Exists(_))
    ));
    assert_eq!(
        (
            list(db).await.unwrap().len(),
            departments.client("other").await.unwrap().is_none()
        ),
        (1, true)
    );
}

#[tokio::test]
async fn what_does_not_pass_the_check_is_not_stored() {
    let (records, context) = (Records::open().await, operator());
    let db = &records.db;
    let wrong = ClientMetadata {
        redirect_uris: vec!["https://*.example/".to_owned()],
        ..metadata(AuthMethod::None)
    };
    assert!(matches!(
        add(db, &context, None, None, wrong, true).await,
        Err(ManageError::Invalid(_))
    ));
    let sectorless = metadata(AuthMethod::None);
    let sector = Some("not a host".to_owned());
    assert!(matches!(
        add(db, &context, None, sector, sectorless, true).await,
        Err(ManageError::Invalid(_))
    ));
    assert_eq!(list(db).await.unwrap().len(), 0);
}

async fn account(db: &Db, context: &Context) -> Uuid {
    let account = context.rng.uuid(context.now);
    let mut change = Change::begin(db, context).await.unwrap();
    let insert = "INSERT INTO account (id, status, created_at) VALUES ($1, 'active', $2)";
    change.execute(insert, args![account, context.now]).await.unwrap();
    change.record(Event::new(Action::AccountCreated)).await.unwrap();
    change.commit().await.unwrap();
    account
}

async fn named(db: &Db, context: &Context, sector: &str, account: Uuid) -> String {
    let mut change = Change::begin(db, context).await.unwrap();
    let sub = sub_for(&mut change, sector, account).await.unwrap();
    change.record(Event::new(Action::GrantMade)).await.unwrap();
    change.commit().await.unwrap();
    sub
}

#[tokio::test]
async fn a_resident_bears_one_name_in_a_sector_and_another_in_the_next() {
    let (records, context) = (Records::open().await, operator());
    let db = &records.db;
    let account = account(db, &context).await;
    let first = named(db, &context, "hrss.city.example", account).await;
    assert!(first.len() >= 22);
    assert_eq!(named(db, &context, "hrss.city.example", account).await, first);
    assert_eq!(account_of_sub(db, &first).await.unwrap(), Some(account));
    assert_eq!(account_of_sub(db, "another").await.unwrap(), None);
    assert_ne!(named(db, &context, "gjj.city.example", account).await, first);
}

#[tokio::test]
async fn many_first_sign_ins_at_once_agree_on_the_name() {
    let (records, context) = (Records::open().await, operator());
    let db = &records.db;
    let account = account(db, &context).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (db, context) = (db.clone(), context.clone());
            tokio::spawn(async move { named(&db, &context, "hrss.city.example", account).await })
        })
        .collect();
    let mut names = std::collections::HashSet::new();
    for task in tasks {
        names.insert(task.await.unwrap());
    }
    assert_eq!(names.len(), 1);
}
