use std::time::Duration;

use super::{
    Amendment, AuthMethod, Client, ClientMetadata, Consequence, Departments, ManageError, Subjects, Updated,
    Wording, add, remove, show, update,
};
use crate::args;
use crate::audit::{Actor, Context};
use crate::clock::Clock;
use crate::rng::Rng;
use crate::store::Db;
use crate::store::sample::Records;

fn operator() -> Context {
    Context::without_request(Clock::system().now(), Actor::Operator, &Rng::system())
}

async fn hrss(db: &Db, method: AuthMethod) -> Client {
    let metadata = ClientMetadata {
        client_name: "养老金查询".to_owned(),
        organisation: "人社局".to_owned(),
        redirect_uris: vec!["https://hrss.city.example/cb".to_owned()],
        token_endpoint_auth_method: method,
        ..ClientMetadata::default()
    };
    let id = Some("hrss".to_owned());
    add(db, &operator(), id, None, metadata, false).await.unwrap();
    show(db, "hrss").await.unwrap()
}

/// The client with `alter` done to it, its sector as it is.
fn amended(before: &Client, alter: impl Fn(&mut ClientMetadata)) -> Amendment {
    let mut metadata = before.metadata.clone();
    alter(&mut metadata);
    Amendment {
        metadata,
        sector: None,
        subjects: Subjects::Stay,
        wording: Wording::Differs,
    }
}

async fn change(db: &Db, before: &Client, amendment: Amendment) -> Result<Updated, ManageError> {
    update(db, &operator(), before, amendment, false).await
}

async fn audited(db: &Db) -> Vec<String> {
    let sql = "SELECT detail FROM audit WHERE action = 'client.changed' ORDER BY id";
    let rows = db.all(sql, args![]).await.unwrap();
    rows.iter().map(|row| row.text("detail").unwrap()).collect()
}

#[tokio::test]
async fn a_change_is_seen_within_seconds_and_its_audit_row_names_what_changed() {
    let records = Records::open().await;
    let (db, clock) = (&records.db, Clock::system());
    let before = hrss(db, AuthMethod::None).await;
    let departments = Departments::new(db.clone(), clock.clone());
    let seen = departments.client("hrss").await.unwrap().unwrap();
    assert!(!seen.metadata.has_scope("phone"));

    let wish = amended(&before, |metadata| {
        "openid phone".clone_into(&mut metadata.scope);
        metadata.policy_uri = Some("https://hrss.city.example/policy".to_owned());
    });
    let done = change(db, &before, wish).await.unwrap();
    let names: Vec<_> = done.changed.iter().map(|one| one.name).collect();
    assert_eq!(names, ["scope", "policy-uri"]);
    let asked = Consequence::Asked {
        scope: "phone".to_owned(),
    };
    assert_eq!(done.consequences, [asked]);
    assert_eq!(audited(db).await, [r#"{"changed":["scope","policy-uri"]}"#]);

    clock.advance(Duration::from_secs(5));
    let seen = departments.client("hrss").await.unwrap().unwrap();
    assert!(seen.metadata.has_scope("phone"));
    assert!(seen.still_asks("openid", 0) && !seen.still_asks("phone", 0) && seen.still_asks("phone", 1));
}

#[tokio::test]
async fn what_would_not_be_registered_anew_is_not_stored() {
    let records = Records::open().await;
    let db = &records.db;
    let before = hrss(db, AuthMethod::None).await;
    let wrongs: [fn(&mut ClientMetadata); 4] = [
        |metadata| metadata.redirect_uris.clear(),
        |metadata| "phone".clone_into(&mut metadata.scope),
        |metadata| metadata.client_name.clear(),
        |metadata| metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt,
    ];
    for wrong in wrongs {
        let refused = change(db, &before, amended(&before, wrong)).await.unwrap_err();
        assert!(matches!(refused, ManageError::Invalid(_)), "{refused}");
    }
    assert_eq!(show(db, "hrss").await.unwrap().metadata, before.metadata);
    let same = change(db, &before, amended(&before, |_| ())).await.unwrap();
    assert!(same.changed.is_empty());
    assert_eq!(audited(db).await.len(), 0, "what changes nothing leaves no row");
}

#[tokio::test]
async fn residents_get_other_identifiers_only_where_that_is_stated() {
    let records = Records::open().await;
    let db = &records.db;
    let before = hrss(db, AuthMethod::None).await;
    let moved = amended(&before, |metadata| {
        metadata.redirect_uris = vec!["https://new.city.example/cb".to_owned()];
    });
    change(db, &before, moved).await.unwrap();
    let before = show(db, "hrss").await.unwrap();
    assert_eq!(before.sector, "hrss.city.example", "a new host is no new sector");

    let mut wish = amended(&before, |_| ());
    wish.sector = Some("City.example".to_owned());
    let refused = change(db, &before, wish.clone()).await.unwrap_err();
    assert!(refused.to_string().contains("--new-subjects"), "{refused}");
    wish.subjects = Subjects::MayChange;
    let done = change(db, &before, wish).await.unwrap();
    assert_eq!(done.consequences, [Consequence::NewSubjects]);
    assert_eq!(show(db, "hrss").await.unwrap().sector, "city.example");
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method_that_needs_it() {
    let records = Records::open().await;
    let db = &records.db;
    let mut client = hrss(db, AuthMethod::None).await;
    let mut secrets = Vec::new();
    for method in [
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::None,
    ] {
        let wish = amended(&client, |metadata| metadata.token_endpoint_auth_method = method);
        secrets.push(change(db, &client, wish).await.unwrap().client_secret);
        client = show(db, "hrss").await.unwrap();
        let first = secrets[0].as_deref().unwrap();
        assert_eq!(client.has_secret(first), method.needs_secret());
    }
    assert_eq!((&secrets[1], &secrets[2]), (&None, &None), "it is shown once");
}

#[tokio::test]
async fn of_two_changes_at_once_the_second_is_told() {
    let records = Records::open().await;
    let db = &records.db;
    let before = hrss(db, AuthMethod::None).await;
    let named = |name: &'static str| {
        amended(&before, move |metadata| {
            name.clone_into(&mut metadata.client_name)
        })
    };
    change(db, &before, named("社保卡")).await.unwrap();
    let refused = change(db, &before, named("医保")).await.unwrap_err();
    assert!(matches!(refused, ManageError::Overtaken(_)), "{refused}");
    assert_eq!(show(db, "hrss").await.unwrap().metadata.client_name, "社保卡");

    remove(db, &operator(), "hrss").await.unwrap();
    let gone = show(db, "hrss").await.unwrap();
    let refused = change(
        db,
        &gone,
        amended(&gone, |metadata| metadata.client_name_en.push('x')),
    )
    .await;
    assert!(matches!(refused, Err(ManageError::Unknown(_))));
}
