//! Keys are replaced in time, and nobody is locked out by it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use yimen_sdk::{KeyRotation, public_jwks};

use crate::browser::Browser;
use crate::joining::{Superior, with_files};
use crate::keys::{department_key, header};
use crate::provider::CLIENT;
use crate::world::{Time, World};

const WELL_KNOWN: &str = "/.well-known/openid-federation";
const DAY: u64 = 24 * 3600;

/// The provider reads what the department states, and goes by its keys from now on.
async fn read(world: &World, superior: &Superior) -> Value {
    let claims = superior
        .read(&mut world.browser(), WELL_KNOWN, world.time.seconds())
        .await;
    let protocol = &claims["metadata"]["openid_relying_party"]["jwks"];
    *world.provider.client_jwks.lock().unwrap() = protocol.clone();
    claims
}

fn first_kid(jwks: &Value) -> String {
    jwks["keys"][0]["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn both_keys_are_replaced_while_residents_come_and_the_provider_follows() {
    let folder = tempfile::tempdir().unwrap();
    let world = with_files(folder.path()).await;
    let superior = Superior::of(CLIENT);
    let (mut protocol, mut federation) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..(3 * 365 / 4) {
        // The provider reads it for who comes; tomorrow's residents sign in by what it has read today.
        world.time.advance(4 * DAY - 3600);
        let claims = read(&world, &superior).await;
        world.time.advance(3600);
        world.signed_in().await;
        protocol.insert(first_kid(&claims["metadata"]["openid_relying_party"]["jwks"]));
        federation.insert(first_kid(&claims["jwks"]));
        assert!(claims["jwks"]["keys"].as_array().unwrap().len() <= 2);
    }
    assert!(
        (12..=13).contains(&protocol.len()),
        "in three years: {}",
        protocol.len()
    );
    assert_eq!(federation.len(), 3);
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 4, "two files of keys, and their locks");
}

#[tokio::test]
async fn a_federation_key_waits_for_the_provider_to_have_seen_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let world = with_files(folder.path()).await;
    let superior = Superior::of(CLIENT);
    let first = first_kid(&read(&world, &superior).await["jwks"]);
    // For a year and a half nobody comes; somebody looks at the statement, who need not be the provider.
    for _ in 0..18 {
        world.time.advance(30 * DAY);
        let answer = world.browser().send("GET", WELL_KNOWN, &[], "").await;
        assert_eq!(header(&answer.body)["kid"], first.as_str());
    }
    let claims = read(&world, &superior).await;
    assert_eq!(claims["jwks"]["keys"].as_array().unwrap().len(), 2);
    world.signed_in().await;
    world.time.advance(61);
    assert_ne!(first_kid(&read(&world, &superior).await["jwks"]), first);
}

#[tokio::test]
async fn two_processes_with_one_file_make_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_files(folder.path()).await;
    let path = folder.path().join("yimen-key.pem");
    let second = World::joined(Arc::clone(&first.provider), first.time.clone(), |settings| {
        settings.key_file(&path)
    })
    .await;
    let keys = async |world: &World| -> Value {
        let answer = world.browser().send("GET", "/yimen/jwks", &[], "").await;
        serde_json::from_str(&answer.body).unwrap()
    };
    assert_eq!(keys(&first).await, keys(&second).await);
    for _ in 0..40 {
        first.time.advance(5 * DAY);
        let (one, two) = tokio::join!(keys(&first), keys(&second));
        // Who found the other at it knows in a minute.
        first.time.advance(60);
        let (one_later, two_later) = tokio::join!(keys(&first), keys(&second));
        assert_eq!(one_later, two_later);
        assert!([one, two].contains(&one_later), "the first to look has done it");
    }
    assert_eq!(public_jwks(&path).unwrap(), keys(&first).await);
}

#[tokio::test]
async fn what_was_sealed_before_opens_when_the_key_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yimen-key.pem");
    fs::write(&path, department_key()).unwrap();
    let world = World::of(|settings| settings.key_file(&path).rotate_keys(KeyRotation::EveryFile)).await;
    let sealed_then = world.browser().get("/yimen/sign-in?return_to=/pension").await;
    let cookie = sealed_then.headers["set-cookie"].to_str().unwrap().to_owned();
    let before = public_jwks(&path).unwrap();
    for _ in 0..3 {
        world.time.advance(90 * DAY);
        world.browser().send("GET", "/yimen/jwks", &[], "").await;
        world.time.advance(8 * DAY);
        world.browser().send("GET", "/yimen/jwks", &[], "").await;
    }
    assert_ne!(first_kid(&before), first_kid(&public_jwks(&path).unwrap()));
    // A node that starts with the new key, a minute after the attempt began as it sees it.
    let then = world.time.seconds() - 3 * 98 * DAY;
    let time = Time::at(then + 60);
    let later = World::joined(Arc::clone(&world.provider), time, |settings| {
        settings.key_file(&path)
    })
    .await;
    let mut browser = Browser::new(later.app.clone(), CLIENT);
    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    browser.cookies.insert(name.to_owned(), value.to_owned());
    let back = world.provider.refuse(&sealed_then.location(), "access_denied");
    let page = browser.get(&back).await;
    assert!(page.body.contains("没有登录"), "{}", page.body);
}

#[tokio::test]
async fn keys_that_nobody_has_dated_stay_and_so_do_all_where_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let older = folder.path().join("older.pem");
    fs::write(&older, department_key()).unwrap();
    let own = folder.path().join("own.pem");
    for (path, rotation) in [(&older, KeyRotation::OwnFiles), (&own, KeyRotation::Never)] {
        let world = World::of(|settings| settings.key_file(path).rotate_keys(rotation)).await;
        let before = fs::read_to_string(path).unwrap();
        for _ in 0..20 {
            world.time.advance(30 * DAY);
            world.browser().send("GET", "/yimen/jwks", &[], "").await;
        }
        assert_eq!(before, fs::read_to_string(path).unwrap());
    }
}

#[tokio::test]
async fn a_file_that_has_gone_or_is_broken_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let world = with_files(folder.path()).await;
    let path = folder.path().join("yimen-key.pem");
    let whole = fs::read_to_string(&path).unwrap();
    for broken in [
        None,
        Some("half a"),
        Some("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"),
    ] {
        match broken {
            None => fs::remove_file(&path).unwrap(),
            Some(text) => fs::write(&path, text).unwrap(),
        }
        world.time.advance(2 * 3600);
        world.signed_in().await;
    }
    fs::write(&path, whole).unwrap();
    world.time.advance(91 * DAY);
    world.signed_in().await;
    assert!(is_dated_twice(&path), "and it goes on");
}

fn is_dated_twice(path: &Path) -> bool {
    fs::read_to_string(path).unwrap().matches("published:").count() == 2
}
