use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::courier::Courier;
use super::records::Claimed;
use super::{Logout, enqueue_logout, enqueue_text, sweep};
use crate::args;
use crate::audit::{Action, Actor, Change, Context, Event};
use crate::clock::Clock;
use crate::config::{Config, Fetch, MasterKey, PublicUrl, Settings, Written};
use crate::fetch::Fetcher;
use crate::keys::jose::{Algorithm, Audience, ClaimRules, Expiry, Typ};
use crate::keys::{Keeper, KeyRing, Policy};
use crate::rng::Rng;
use crate::sms::Sms;
use crate::store::Vault;
use crate::store::sample::Records;

const ES256_ONLY: Policy = Policy {
    algorithms: &[Algorithm::Es256],
    ..Policy::for_tokens(Duration::from_secs(300))
};

/// A courier, with the records it stands on.
async fn courier() -> (Records, Courier) {
    let (clock, rng, records) = (Clock::system(), Rng::system(), Records::open().await);
    let db = records.db.clone();
    let master_key = MasterKey::from_bytes([5; 32]);
    let vault = Vault::new(&master_key, rng.clone());
    let keeper = Keeper::new(db.clone(), vault.clone(), rng.clone(), ES256_ONLY);
    let public_url = PublicUrl::parse("https://id.city.example").unwrap();
    let courier = Courier {
        sms: Sms::to_outbox(rng.clone()),
        vault,
        config: Arc::new(Config {
            public_url,
            master_key,
            settings: Settings::default(),
            written: Written::default(),
            private_files: Vec::new(),
        }),
        keys: KeyRing::open(keeper, clock.now()).await.unwrap(),
        fetcher: Fetcher::new(&Fetch::default(), true).unwrap(),
        clock,
        rng,
        db,
    };
    (records, courier)
}

fn context(courier: &Courier) -> Context {
    Context::without_request(courier.clock.now(), Actor::Resident, &courier.rng)
}

fn logout(uri: &str) -> Logout {
    Logout {
        is_polled: false,
        client_id: "hrss".to_owned(),
        uri: uri.to_owned(),
        within: Vec::new(),
        algorithm: "ES256".to_owned(),
        sub: "sub-1".to_owned(),
        sid: "sid-1".to_owned(),
        account: Some(Uuid::from_u128(7)),
    }
}

async fn enqueue(courier: &Courier, uri: &str) {
    let mut change = Change::begin(&courier.db, &context(courier)).await.unwrap();
    enqueue_logout(&mut change, &logout(uri)).await.unwrap();
    change.record(Event::new(Action::SessionEnded)).await.unwrap();
    change.commit().await.unwrap();
}

async fn claim(courier: &Courier) -> Vec<Claimed> {
    courier.claim(100).await.unwrap()
}

/// Delivers what is due; answers how much that was.
async fn round(courier: &Courier) -> usize {
    let claimed = claim(courier).await;
    let count = claimed.len();
    for message in claimed {
        courier.deliver(message).await;
    }
    count
}

async fn audited(courier: &Courier, action: &str) -> usize {
    courier
        .db
        .all("SELECT id FROM audit WHERE action = $1", args![action])
        .await
        .unwrap()
        .len()
}

/// A department's back-channel endpoint that answers as it is told.
#[derive(Clone)]
struct Department {
    uri: String,
    answer: Arc<Mutex<StatusCode>>,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Department {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/backchannel", listener.local_addr().unwrap());
        let department = Self {
            uri,
            answer: Arc::new(Mutex::new(StatusCode::OK)),
            tokens: Arc::default(),
        };
        let app = Router::new()
            .fallback(Self::receive)
            .with_state(department.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        department
    }

    async fn receive(State(department): State<Self>, body: String) -> StatusCode {
        let token = body.strip_prefix("logout_token=").unwrap();
        department.tokens.lock().unwrap().push(token.to_owned());
        *department.answer.lock().unwrap()
    }

    fn answers(&self, status: StatusCode) {
        *self.answer.lock().unwrap() = status;
    }
}

#[tokio::test]
async fn a_logout_token_arrives_signed_and_is_noted() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    enqueue(&courier, &department.uri).await;
    assert_eq!((round(&courier).await, round(&courier).await), (1, 0));

    let token = department.tokens.lock().unwrap().pop().unwrap();
    let rules = ClaimRules {
        issuer: "https://id.city.example",
        audience: Audience::Includes(&["hrss"]),
        expiry: Expiry::Ahead,
    };
    courier
        .keys
        .verify(&token, Typ::Is("logout+jwt"), &rules, courier.clock.now())
        .unwrap();
    let claims = claims_of(&token);
    // Back-Channel Logout 1.0 §2.4.
    assert_eq!(claims["iss"], "https://id.city.example");
    assert_eq!(
        (&claims["aud"], &claims["sub"], &claims["sid"]),
        (&"hrss".into(), &"sub-1".into(), &"sid-1".into())
    );
    assert_eq!(
        claims["events"]["http://schemas.openid.net/event/backchannel-logout"],
        serde_json::json!({})
    );
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!(life <= 120 && claims["jti"].is_string() && claims.get("nonce").is_none());
    assert_eq!(
        (
            audited(&courier, "event.delivered").await,
            audited(&courier, "event.failed").await
        ),
        (1, 0)
    );
}

fn claims_of(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_refusal_is_tried_again_later_with_a_new_token() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    department.answers(StatusCode::INTERNAL_SERVER_ERROR);
    enqueue(&courier, &department.uri).await;
    assert_eq!((round(&courier).await, round(&courier).await), (1, 0));
    department.answers(StatusCode::NO_CONTENT);
    courier.clock.advance(Duration::from_secs(10));
    assert_eq!((round(&courier).await, round(&courier).await), (1, 0));
    let tokens = department.tokens.lock().unwrap().clone();
    assert_eq!(tokens.len(), 2);
    assert_ne!(claims_of(&tokens[0])["jti"], claims_of(&tokens[1])["jti"]);
    assert_eq!(audited(&courier, "event.delivered").await, 1);
}

#[tokio::test]
async fn after_a_day_it_is_given_up_and_said_so() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    department.answers(StatusCode::BAD_REQUEST);
    enqueue(&courier, &department.uri).await;
    round(&courier).await;
    courier.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(round(&courier).await, 1);
    courier.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(round(&courier).await, 0);
    assert_eq!(
        (
            audited(&courier, "event.delivered").await,
            audited(&courier, "event.failed").await
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn an_address_inside_our_network_gets_nothing() {
    let (_records, courier) = courier().await;
    enqueue(&courier, "https://10.0.0.1/backchannel").await;
    assert_eq!(round(&courier).await, 1);
    let row = courier
        .db
        .one("SELECT last_error FROM outbox", args![])
        .await
        .unwrap();
    assert!(row.text("last_error").unwrap().contains("not a public address"));
}

#[tokio::test]
async fn of_many_nodes_one_takes_each_message() {
    let (_records, courier) = courier().await;
    for _ in 0..40 {
        enqueue(&courier, "https://hrss.example/").await;
    }
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let node = courier.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for _ in 0..4 {
                    mine.extend(node.claim(5).await.unwrap().into_iter().map(|message| message.id));
                }
                mine
            })
        })
        .collect();
    let mut taken = Vec::new();
    for node in nodes {
        taken.extend(node.await.unwrap());
    }
    taken.extend(claim(&courier).await.into_iter().map(|message| message.id));
    let distinct: std::collections::HashSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (40, 40));
}

#[tokio::test]
async fn who_has_lost_the_lease_notes_nothing() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    enqueue(&courier, &department.uri).await;
    let stale = claim(&courier).await.remove(0);
    courier.clock.advance(Duration::from_secs(31));
    let fresh = claim(&courier).await.remove(0);
    courier.deliver(fresh).await;
    department.answers(StatusCode::INTERNAL_SERVER_ERROR);
    courier.deliver(stale).await;
    courier.clock.advance(Duration::from_secs(3600));
    assert_eq!(round(&courier).await, 0);
    assert_eq!(audited(&courier, "event.delivered").await, 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_stands_in_nobodys_way() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    enqueue(&courier, "https://hrss.example/").await;
    let mut change = Change::begin(&courier.db, &context(&courier)).await.unwrap();
    change
        .execute("UPDATE outbox SET payload = 'not JSON'", args![])
        .await
        .unwrap();
    change.commit_housekeeping().await.unwrap();
    enqueue(&courier, &department.uri).await;
    assert_eq!((round(&courier).await, round(&courier).await), (1, 0));
    assert_eq!(department.tokens.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_change_that_is_not_committed_sends_nothing() {
    let (_records, courier) = courier().await;
    let mut change = Change::begin(&courier.db, &context(&courier)).await.unwrap();
    enqueue_logout(&mut change, &logout("https://hrss.example/"))
        .await
        .unwrap();
    drop(change);
    assert_eq!(claim(&courier).await.len(), 0);
}

#[tokio::test]
async fn what_was_delivered_or_given_up_is_swept_after_a_month_and_nothing_else() {
    let ((_records, courier), department) = (courier().await, Department::start().await);
    let (hour, month) = (Duration::from_secs(3600), Duration::from_secs(30 * 24 * 3600));
    let sweep = async || sweep(&courier.db, &context(&courier)).await.unwrap();
    enqueue(&courier, &department.uri).await;
    round(&courier).await;
    enqueue(&courier, "https://10.0.0.1/backchannel").await;
    round(&courier).await;
    courier.clock.advance(24 * hour);
    assert_eq!(round(&courier).await, 1, "for the last time");

    courier.clock.advance(month - 25 * hour);
    enqueue(&courier, &department.uri).await;
    assert_eq!(sweep().await, 0);
    courier.clock.advance(hour);
    assert_eq!(sweep().await, 2);
    // However late: a message that waits is no message that is done with.
    courier.clock.advance(2 * month);
    assert_eq!(sweep().await, 0);
    assert_eq!(round(&courier).await, 1);
    assert_eq!(sweep().await, 1);
}

#[tokio::test]
async fn a_notice_reaches_its_telephone_and_the_records_hold_neither_number_nor_link() {
    let (_records, courier) = courier().await;
    let mut change = Change::begin(&courier.db, &context(&courier)).await.unwrap();
    enqueue_text(
        &mut change,
        &courier.vault,
        Uuid::from_u128(7),
        "+8613912345678",
        "您的账户刚在新设备上登录",
        None,
        "/n/the-token",
    )
    .await
    .unwrap();
    change.commit_housekeeping().await.unwrap();
    let rows = courier
        .db
        .all("SELECT payload FROM outbox", args![])
        .await
        .unwrap();
    let payload = rows[0].text("payload").unwrap();
    assert!(
        !payload.contains("13912345678") && !payload.contains("the-token"),
        "{payload}"
    );

    let mut claimed = courier.claim(10).await.unwrap();
    courier.deliver(claimed.remove(0)).await;
    let sent = courier.sms.outbox().unwrap().to("+8613912345678");
    let text = "您的账户刚在新设备上登录。不是您本人，请打开 https://id.city.example/n/the-token";
    assert!(sent[0].text.ends_with(text), "{}", sent[0].text);
    assert_eq!(sent[0].code, None);
    assert!(courier.claim(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_reads_english_is_told_in_english_and_older_messages_are_still_read() {
    let (_records, courier) = courier().await;
    let mut change = Change::begin(&courier.db, &context(&courier)).await.unwrap();
    for number in ["+8613912345678", "+8613912345679"] {
        let (account, vault) = (Uuid::from_u128(7), &courier.vault);
        let (chinese, english) = ("您的账户刚在新设备上登录", Some("Signed in on a new device"));
        enqueue_text(&mut change, vault, account, number, chinese, english, "/n/t")
            .await
            .unwrap();
    }
    // As a version wrote it that knew of no languages.
    let older = "UPDATE outbox SET payload = replace(payload, ',\"english\":\"Signed in on a new device\"', '') \
        WHERE id = (SELECT MAX(id) FROM outbox)";
    assert_eq!(change.execute(older, args![]).await.unwrap(), 1);
    change.commit_housekeeping().await.unwrap();
    assert_eq!(round(&courier).await, 2);
    let sent = |number| courier.sms.outbox().unwrap().to(number)[0].text.clone();
    let english = "】Signed in on a new device. If it was not you, open https://id.city.example/n/t";
    assert!(sent("+8613912345678").ends_with(english));
    let chinese = "】您的账户刚在新设备上登录。不是您本人，请打开 https://id.city.example/n/t";
    assert!(sent("+8613912345679").ends_with(chinese));
}
