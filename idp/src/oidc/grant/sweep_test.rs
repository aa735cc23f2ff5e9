use std::time::Duration;

use uuid::Uuid;

use super::sweep::sweep;
use super::{Grant, find, find_by_redeemed_code, find_refresh, insert, insert_refresh, redeem_code};
use crate::account::{self, PhoneNumber};
use crate::args;
use crate::audit::{Actor, Change, Context};
use crate::clock::Timestamp;
use crate::config::{MasterKey, Token};
use crate::oidc::Scope;
use crate::rng::Rng;
use crate::store::sample::Records;
use crate::store::{Vault, hash};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const DAY: Duration = Duration::from_secs(24 * 3600);
const SESSION: &str = "INSERT INTO session \
    (id, token_hash, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device) \
    VALUES ($1, $2, $3, $4, $4, $4, $4, 'sms', '')";

/// A department that the same resident signs in to again and again.
struct Town {
    records: Records,
    rng: Rng,
    account: Uuid,
    session: Uuid,
}

impl Town {
    async fn open() -> Self {
        let (rng, records) = (Rng::system(), Records::open().await);
        let vault = Vault::new(&MasterKey::from_bytes([3; 32]), rng.clone());
        let mut town = Self {
            records,
            session: rng.uuid(NOW),
            account: Uuid::nil(),
            rng,
        };
        let mut change = town.change(NOW).await;
        let number = PhoneNumber::read("13812345678", &[86]).unwrap();
        town.account = account::enter(&mut change, &vault, &number).await.unwrap();
        let session = args![town.session, hash("session"), town.account, NOW];
        change.execute(SESSION, session).await.unwrap();
        change.commit_housekeeping().await.unwrap();
        town
    }

    fn context(&self, now: Timestamp) -> Context {
        Context::without_request(now, Actor::Client, &self.rng)
    }

    async fn change(&self, now: Timestamp) -> Change {
        Change::begin(&self.records.db, &self.context(now)).await.unwrap()
    }

    /// Redeems the code of this name; the refresh tokens, so many, bear it too.
    async fn grant(&self, change: &mut Change, name: &str, tokens: usize, lifetime: Duration) {
        let now = change.now();
        let (scope, authentication) = (Scope::parse("openid"), "{}".to_owned());
        let grant = Grant::new(
            name.to_owned(),
            (self.account, self.session),
            "hrss",
            "sub".to_owned(),
            (scope, Default::default()),
            authentication,
            now,
        );
        assert!(redeem_code(change, &hash(name), name).await.unwrap());
        insert(change, &grant).await.unwrap();
        for at in 0..tokens {
            insert_refresh(change, &token(name, at), name, now.plus(lifetime))
                .await
                .unwrap();
        }
    }

    async fn one_grant(&self, name: &str, lifetime: Duration) {
        let mut change = self.change(NOW).await;
        self.grant(&mut change, name, 1, lifetime).await;
        change.commit_housekeeping().await.unwrap();
    }

    async fn sweep(&self, now: Timestamp) -> u64 {
        let context = self.context(now);
        sweep(&self.records.db, &context, &Token::default())
            .await
            .unwrap()
    }

    /// Which of its rows a grant still has: itself, its code as used before, its first refresh token.
    async fn rows(&self, name: &str) -> [bool; 3] {
        let db = &self.records.db;
        [
            find(db, name).await.unwrap().is_some(),
            find_by_redeemed_code(db, &hash(name)).await.unwrap().is_some(),
            find_refresh(db, &token(name, 0)).await.unwrap().is_some(),
        ]
    }
}

fn token(name: &str, at: usize) -> [u8; 32] {
    hash(format!("{name} {at}"))
}

#[tokio::test]
async fn a_grant_goes_with_its_code_and_tokens_a_month_after_nothing_can_come_of_it() {
    let town = Town::open().await;
    town.one_grant("g", 90 * DAY).await;
    let last = NOW.plus(120 * DAY).minus(Duration::from_millis(1));
    assert_eq!(town.sweep(last).await, 0);
    assert_eq!(town.rows("g").await, [true; 3]);
    assert_eq!(town.sweep(NOW.plus(120 * DAY)).await, 3);
    assert_eq!(town.rows("g").await, [false; 3]);
    assert_eq!(town.sweep(NOW.plus(400 * DAY)).await, 0);
}

#[tokio::test]
async fn a_grant_whose_token_lives_on_stays_and_its_code_used_again_still_finds_it() {
    let town = Town::open().await;
    // Made when refresh tokens lived for a year.
    town.one_grant("old", 365 * DAY).await;
    town.one_grant("new", 90 * DAY).await;
    assert_eq!(town.sweep(NOW.plus(394 * DAY)).await, 3);
    assert_eq!(town.rows("old").await, [true; 3]);
    assert_eq!(town.rows("new").await, [false; 3]);
    assert_eq!(town.sweep(NOW.plus(395 * DAY)).await, 3);
    assert_eq!(town.rows("old").await, [false; 3]);
}

#[tokio::test]
async fn however_much_is_over_goes_a_thousand_rows_at_a_time() {
    let town = Town::open().await;
    let mut change = town.change(NOW).await;
    town.grant(&mut change, "app", 1100, 90 * DAY).await;
    for n in 0..1100 {
        town.grant(&mut change, &n.to_string(), 0, DAY).await;
    }
    change.commit_housekeeping().await.unwrap();
    let mut rounds = Vec::new();
    while rounds.last() != Some(&0) {
        rounds.push(town.sweep(NOW.plus(120 * DAY)).await);
    }
    assert!(rounds.iter().all(|rows| *rows <= 3000), "{rounds:?}");
    assert_eq!(rounds.iter().sum::<u64>(), 1100 + 2 * 1101, "{rounds:?}");
    assert_eq!(town.rows("app").await, [false; 3]);
}

/// Two nodes sweep when they like.
#[tokio::test]
async fn two_sweeps_at_once_remove_each_row_once() {
    let town = Town::open().await;
    let mut change = town.change(NOW).await;
    for n in 0..100 {
        town.grant(&mut change, &n.to_string(), 1, 90 * DAY).await;
    }
    change.commit_housekeeping().await.unwrap();
    let late = NOW.plus(120 * DAY);
    let (one, other) = tokio::join!(town.sweep(late), town.sweep(late));
    assert_eq!(one + other + town.sweep(late).await, 300);
}
