//! Several nodes of a department, with one key and one store, and what that store gets to see.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use yimen_sdk::Builder;
use yimen_sdk::session_store::{self, Ending, MemoryStore, NewSession, SessionStore, StoreFault, Watermark};

use crate::browser::Browser;
use crate::keys::department_key;
use crate::provider::CLIENT;
use crate::sessions_in_sql::SqlSessions;
use crate::signing_out::deliver;
use crate::world::World;

/// A store that all nodes share, writes down what it is given, and can be away.
#[derive(Clone, Default)]
struct Shared(Arc<Inner>);

#[derive(Default)]
struct Inner {
    store: MemoryStore,
    seen: Mutex<String>,
    away: AtomicBool,
}

impl Shared {
    fn see(&self, what: &impl std::fmt::Debug) -> Result<&MemoryStore, StoreFault> {
        self.0.seen.lock().unwrap().push_str(&format!("{what:?}"));
        if self.0.away.load(Ordering::Relaxed) {
            return Err("connection refused".into());
        }
        Ok(&self.0.store)
    }

    fn be_away(&self, away: bool) {
        self.0.away.store(away, Ordering::Relaxed);
    }
}

impl SessionStore for Shared {
    async fn watermark(&self) -> Result<Watermark, StoreFault> {
        self.see(&"watermark")?.watermark().await
    }

    async fn begin(&self, session: NewSession<'_>, since: Watermark) -> Result<bool, StoreFault> {
        self.see(&session)?.begin(session, since).await
    }

    async fn find(&self, key: &str, now: SystemTime, idle: Duration) -> Result<Option<String>, StoreFault> {
        self.see(&key)?.find(key, now, idle).await
    }

    async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, StoreFault> {
        self.see(&(key, former, content))?
            .replace(key, former, content)
            .await
    }

    async fn end(&self, key: &str) -> Result<(), StoreFault> {
        self.see(&key)?.end(key).await
    }

    async fn end_all(&self, ending: Ending<'_>) -> Result<Option<u64>, StoreFault> {
        self.see(&ending)?.end_all(ending).await
    }
}

/// A world whose department has the shared store, and a second node of that department.
async fn two_nodes() -> (World, World, Shared) {
    let store = Shared::default();
    let key = department_key();
    let node = |settings: Builder| settings.key_pem(key.clone()).session_store(store.clone());
    let first = World::of(node).await;
    let second = World::joined(Arc::clone(&first.provider), first.time.clone(), node).await;
    (first, second, store)
}

/// The same browser, which the load balancer sends to the other node.
fn moved(browser: &Browser, to: &World) -> Browser {
    let mut moved = Browser::new(to.app.clone(), CLIENT);
    moved.cookies.clone_from(&browser.cookies);
    moved
}

#[tokio::test]
async fn a_session_is_known_to_every_node_and_ends_on_every_node() {
    let (first, second, _) = two_nodes().await;
    let browser = first.signed_in().await;
    assert_eq!(moved(&browser, &second).get("/").await.body, "welcome");
    let token = second.provider.logout_token(|_| {});
    assert_eq!(deliver(&second, &token).await.status, StatusCode::OK);
    assert_eq!(moved(&browser, &first).get("/").await.body, "nobody");
    assert_eq!(
        deliver(&first, &token).await.status,
        StatusCode::BAD_REQUEST,
        "a word that one node has heard counts on no other"
    );
}

#[cfg(feature = "redis")]
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn nodes_share_a_redis() {
    let url = std::env::var("YIMEN_TEST_REDIS").expect("YIMEN_TEST_REDIS: run the tests by tests/run");
    let key = department_key();
    let node = |settings: Builder| {
        let store = session_store::RedisStore::at(&url).unwrap();
        settings.key_pem(key.clone()).session_store(store)
    };
    let first = World::of(node).await;
    let second = World::joined(Arc::clone(&first.provider), first.time.clone(), node).await;
    let browser = first.signed_in().await;
    assert!(
        moved(&browser, &second)
            .get("/pension")
            .await
            .body
            .contains("林晓")
    );
    first.time.advance(301);
    assert_eq!(moved(&browser, &second).get("/token").await.body, "access-1");
    assert_eq!(moved(&browser, &first).get("/token").await.body, "access-1");
    let token = second.provider.logout_token(|_| {});
    assert_eq!(deliver(&second, &token).await.status, StatusCode::OK);
    assert_eq!(moved(&browser, &first).get("/").await.body, "nobody");
}

#[tokio::test]
async fn a_sign_in_begun_on_one_node_is_finished_by_another() {
    let (first, second, _) = two_nodes().await;
    let mut browser = first.browser();
    let to_provider = browser.get("/pension").await.follow(&mut browser).await;
    let mut browser = moved(&browser, &second);
    let back = first.provider.agree(&to_provider.location());
    assert_eq!(browser.get(&back).await.location(), "/pension");
    assert_eq!(moved(&browser, &first).get("/").await.body, "welcome");
}

#[tokio::test]
async fn nodes_that_refresh_at_once_leave_one_token() {
    let (first, second, _) = two_nodes().await;
    let browser = first.signed_in().await;
    first.time.advance(301);
    let waiters: Vec<_> = (0..10)
        .map(|turn| {
            let mut browser = moved(&browser, if turn % 2 == 0 { &first } else { &second });
            tokio::spawn(async move { browser.get("/token").await.body })
        })
        .collect();
    for waiter in waiters {
        assert!(waiter.await.unwrap().starts_with("access-"));
    }
    let asked = first.provider.refreshed.load(Ordering::Relaxed);
    assert!((1..=2).contains(&asked), "once for each node, at most: {asked}");
    let (here, there) = (
        moved(&browser, &first).get("/token").await.body,
        moved(&browser, &second).get("/token").await.body,
    );
    assert_eq!(here, there, "both nodes go on with the same one");
    assert_eq!(first.provider.refreshed.load(Ordering::Relaxed), asked);
}

#[tokio::test]
async fn a_sign_out_during_a_refresh_stays_a_sign_out() {
    let (first, second, _) = two_nodes().await;
    let browser = first.signed_in().await;
    first.time.advance(301);
    let held = first.provider.hold_refreshes.write().await;
    let mut refreshing = browser.clone();
    let refresh = tokio::spawn(async move { refreshing.get("/token").await.status });
    while first.provider.refreshing.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    deliver(&second, &second.provider.logout_token(|_| {})).await;
    drop(held);
    assert_eq!(refresh.await.unwrap(), StatusCode::SEE_OTHER, "sent to sign in");
    assert_eq!(moved(&browser, &first).get("/").await.body, "nobody");
}

#[tokio::test]
async fn a_store_sees_no_person_no_token_and_no_cookie() {
    let (first, second, store) = two_nodes().await;
    let mut browser = first.signed_in().await;
    first.time.advance(301);
    browser.get("/token").await;
    deliver(&second, &second.provider.logout_token(|_| {})).await;
    let seen = store.0.seen.lock().unwrap();
    assert!(seen.contains("NewSession") && seen.contains("Ending"));
    let cookie = browser.cookies.values().next().unwrap();
    for secret in [
        "sub-1", "sid-1", "林晓", "138000", "access-", "refresh-", "jti-", "eyJ", cookie,
    ] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_one_session_keeps_does_not_pass_for_anothers() {
    let (first, _, store) = two_nodes().await;
    let (mut one, mut two) = (first.signed_in().await, first.signed_in().await);
    let (contents, keys) = {
        let seen = store.0.seen.lock().unwrap();
        let after = |what: &str| -> Vec<String> {
            let found = seen.split("NewSession").skip(1);
            let found = found.map(|session| session.split(&format!(" {what}: \"")).nth(1).unwrap());
            found
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .collect()
        };
        (after("content"), after("key"))
    };
    // Whoever may write into the store puts one person's session into another's place.
    let swapped = store.0.store.replace(&keys[0], &contents[0], &contents[1]).await;
    assert!(swapped.unwrap());
    assert_eq!(one.get("/").await.body, "nobody");
    assert_eq!(two.get("/").await.body, "welcome");
}

#[tokio::test]
async fn a_store_that_is_away_signs_nobody_out_and_nobody_in() {
    let (first, _, store) = two_nodes().await;
    let mut browser = first.signed_in().await;
    let form_token = browser.get("/form-token").await.body;
    store.be_away(true);
    for path in ["/", "/pension", "/filing/1"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.body.contains("本网站暂时忙不过来") && !page.body.contains("connection refused"));
    }
    assert_eq!(
        first.browser().get("/").await.body,
        "nobody",
        "who brings no session is not held up"
    );
    let sign_out = browser
        .submit("/yimen/sign-out", &format!("form_token={form_token}"))
        .await;
    assert_eq!(sign_out.status, StatusCode::SERVICE_UNAVAILABLE);
    let word = first.provider.logout_token(|_| {});
    assert_eq!(
        deliver(&first, &word).await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "the provider sends it again"
    );
    store.be_away(false);
    assert_eq!(browser.get("/").await.body, "welcome");
    assert_eq!(
        deliver(&first, &word).await.status,
        StatusCode::OK,
        "and then it counts"
    );
    assert_eq!(browser.get("/").await.body, "nobody");
}

#[tokio::test]
async fn the_example_in_sql_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("sessions.db").display());
    let store = SqlSessions::open(&url).await.unwrap();
    for _ in 0..2 {
        session_store::contract::check(&store).await.unwrap();
    }
}

#[tokio::test]
async fn the_contract_finds_a_store_that_forgets_an_end() {
    /// Ends sessions, and lets those begin that were just finishing.
    #[derive(Default)]
    struct Forgetful(MemoryStore);

    impl SessionStore for Forgetful {
        async fn watermark(&self) -> Result<Watermark, StoreFault> {
            self.0.watermark().await
        }

        async fn begin(&self, session: NewSession<'_>, since: Watermark) -> Result<bool, StoreFault> {
            self.0.begin(session, since.max(self.0.watermark().await?)).await
        }

        async fn find(
            &self,
            key: &str,
            now: SystemTime,
            idle: Duration,
        ) -> Result<Option<String>, StoreFault> {
            self.0.find(key, now, idle).await
        }

        async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, StoreFault> {
            self.0.replace(key, former, content).await
        }

        async fn end(&self, key: &str) -> Result<(), StoreFault> {
            self.0.end(key).await
        }

        async fn end_all(&self, ending: Ending<'_>) -> Result<Option<u64>, StoreFault> {
            self.0.end_all(ending).await
        }
    }

    let broken = session_store::contract::check(&Forgetful::default())
        .await
        .unwrap_err();
    assert!(broken.contains("while it was finishing"), "{broken}");
}
