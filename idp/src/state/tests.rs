//! One contract for both kinds. `tests/run` starts the Redis that `YIMEN_TEST_REDIS` names.

use std::time::Duration;

use super::State;
use crate::clock::{Clock, Timestamp};
use crate::config::{self, Secret};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

async fn keeps_the_contract(state: &State) {
    state.put("a", b"1:\0\xff", NOW, MINUTE).await.unwrap();
    assert_eq!(
        state.get("a", later(59)).await.unwrap().as_deref(),
        Some(&b"1:\0\xff"[..])
    );
    assert_eq!(
        state.get("a", later(60)).await.unwrap(),
        None,
        "expired by the caller's clock"
    );

    assert!(!state.put_new("a", b"2", later(59), MINUTE).await.unwrap());
    assert!(
        state.put_new("a", b"2", later(60), MINUTE).await.unwrap(),
        "an expired value is no value"
    );
    assert!(!state.swap("a", b"1", b"3", later(61), MINUTE).await.unwrap());
    assert!(state.swap("a", b"2", b"3", later(61), MINUTE).await.unwrap());

    assert_eq!(
        state.take("a", later(62)).await.unwrap().as_deref(),
        Some(&b"3"[..])
    );
    assert_eq!(state.take("a", later(62)).await.unwrap(), None, "taken once");
    assert!(!state.swap("a", b"3", b"4", later(62), MINUTE).await.unwrap());

    assert_eq!(state.count("n", NOW, MINUTE).await.unwrap(), 1);
    assert_eq!(
        state.count("n", later(59), MINUTE).await.unwrap(),
        2,
        "counting does not prolong"
    );
    assert_eq!(state.count("n", later(60), MINUTE).await.unwrap(), 1);

    state.put("b", b"x", NOW, MINUTE).await.unwrap();
    state.remove("b").await.unwrap();
    assert_eq!(state.get("b", NOW).await.unwrap(), None);
    state.ping().await.unwrap();
}

async fn takes_once_among_many(state: &State) {
    state.put("race", b"x", NOW, MINUTE).await.unwrap();
    let takers: Vec<_> = (0..20)
        .map(|_| {
            let state = state.clone();
            tokio::spawn(async move { state.take("race", NOW).await.unwrap().is_some() })
        })
        .collect();
    let mut winners = 0;
    for taker in takers {
        winners += usize::from(taker.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    let state = State::memory();
    keeps_the_contract(&state).await;
    takes_once_among_many(&state).await;
    assert_eq!(state.clock().await.unwrap(), None);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Redis"]
async fn redis_keeps_the_contract() {
    let url = std::env::var("YIMEN_TEST_REDIS").expect("YIMEN_TEST_REDIS names a server");
    let prefix = format!("contract-{}", std::process::id());
    let state = State::open(&config::State {
        url: Secret::new(url),
        prefix,
    })
    .await
    .unwrap();
    keeps_the_contract(&state).await;
    takes_once_among_many(&state).await;
    let (theirs, now) = (state.clock().await.unwrap().unwrap(), Clock::system().now());
    assert!(now.since(theirs).max(theirs.since(now)) < MINUTE);
}

#[tokio::test]
async fn memory_forgets_what_has_expired() {
    let state = State::memory();
    for n in 0..5_000_u64 {
        state
            .put(
                &format!("k{n}"),
                b"x",
                NOW.plus(Duration::from_secs(n)),
                Duration::from_secs(1),
            )
            .await
            .unwrap();
    }
    let super::Kind::Memory(memory) = &state.0 else {
        unreachable!()
    };
    assert!(memory.len() < 3_000);
}
