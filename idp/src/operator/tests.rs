use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use super::*;
use crate::audit::{Actor, Change, Context};
use crate::clock::Clock;
use crate::config::Operator as Settings;
use crate::rng::Rng;
use crate::store::sample::Records;
use crate::web::Cookies;

fn context() -> Context {
    Context::without_request(Clock::system().now(), Actor::Operator, &Rng::system())
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_day() {
    let (records, context) = (Records::open().await, context());
    let db = &records.db;
    let first = invite(db, &context, "窗口三号", None).await.unwrap();
    let second = invite(db, &context, "窗口三号", None).await.unwrap();
    let (old, link) = (first.invitation.expose(), second.invitation.expose());
    assert_eq!(
        invited(db, old, context.now).await.unwrap(),
        None,
        "a newer one took its place"
    );
    assert_eq!(invited(db, link, second.until).await.unwrap(), None);
    let operator = invited(db, link, context.now).await.unwrap().unwrap();
    for (credential, made) in [(b"a", true), (b"b", false)] {
        let mut change = Change::begin(db, &context).await.unwrap();
        let added = add_passkey(&mut change, operator.id, link, credential, "{}", "city.example");
        assert_eq!(added.await.unwrap(), made);
        if made {
            change.commit().await.unwrap();
        }
    }
    assert_eq!(list(db, context.now).await.unwrap()[0].passkeys, 1);
}

#[tokio::test]
async fn who_is_removed_is_on_duty_no_more() {
    let (records, context) = (Records::open().await, context());
    let db = &records.db;
    let link = invite(db, &context, "w", None).await.unwrap().invitation;
    let operator = invited(db, link.expose(), context.now).await.unwrap().unwrap();
    let cookies = Cookies::for_url(&"http://localhost".parse().unwrap());
    let operators = Operators::new(&Settings::default(), db.clone(), cookies, context.rng.clone());
    let mut change = Change::begin(db, &context).await.unwrap();
    let cookie = operators.begin(&mut change, &operator).await.unwrap();
    change.commit().await.unwrap();
    let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
    let headers = HeaderMap::from_iter([(COOKIE, pair.try_into().unwrap())]);
    let on_duty = operators.on_duty(&headers, context.now).await.unwrap().unwrap();
    let late = context.now.plus(Settings::default().idle.get());
    assert_eq!(operators.on_duty(&headers, late).await.unwrap(), None);
    remove(db, &context, "w").await.unwrap();
    assert_eq!(operators.on_duty(&headers, context.now).await.unwrap(), None);
    let mut change = Change::begin(db, &context).await.unwrap();
    assert!(!on_duty.is_still(&mut change).await.unwrap());
    assert!(remove(db, &context, "w").await.is_err());
}
