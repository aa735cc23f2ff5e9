//! One contract for all kinds; those of Redis keep it in `redis/tests.rs`.

use std::time::Duration;

use super::memory::Memory;
use super::{State, Used};
use crate::clock::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const MINUTE: Duration = Duration::from_secs(60);

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub(super) async fn keeps_the_contract(state: &State) {
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

    state.remove("n").await.unwrap();
    assert_eq!(state.count("n", NOW, MINUTE).await.unwrap(), 1);
    assert_eq!(
        state.count("n", later(59), MINUTE).await.unwrap(),
        2,
        "counting does not prolong"
    );
    assert_eq!(state.count("n", later(60), MINUTE).await.unwrap(), 1);

    state.remove("used:{used}:u").await.unwrap();
    let first = state.use_once("u", NOW, MINUTE).await.unwrap();
    assert!(matches!(first, Used::Now { .. }));
    assert_eq!(
        state.use_once("u", later(59), MINUTE).await.unwrap(),
        Used::Before
    );
    assert_eq!(
        state.use_once("u", later(60), MINUTE).await.unwrap(),
        first,
        "the memory is the same"
    );

    state.put("b", b"x", NOW, MINUTE).await.unwrap();
    state.remove("b").await.unwrap();
    assert_eq!(state.get("b", NOW).await.unwrap(), None);
    state.ping().await.unwrap();
    takes_once_among_many(state).await;
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
    assert_eq!(state.clock().await.unwrap(), None);
}

#[test]
fn memory_forgets_what_has_expired() {
    let memory = Memory::new(usize::MAX, NOW);
    for n in 0..5_000 {
        let second = Duration::from_secs(1);
        memory.put(&format!("k{n}"), b"x", later(n), second).unwrap();
    }
    assert!(memory.len() < 3_000);
}

/// A memory of which new things have taken their share, and how many there are.
fn without_room() -> (Memory, u64) {
    let memory = Memory::new(64 * 1024, NOW);
    let mut begun = 0;
    while memory.has_room(NOW) {
        memory
            .put(&format!("begun-{begun}"), &[b'x'; 1024], NOW, MINUTE)
            .unwrap();
        begun += 1;
    }
    (memory, begun)
}

#[test]
fn memory_without_room_for_more_keeps_room_for_what_has_begun() {
    let (memory, begun) = without_room();
    assert!(begun > 30 && begun < 48, "three quarters of the limit: {begun}");
    for n in 0..begun {
        let key = format!("begun-{n}");
        assert!(
            memory
                .swap(&key, &[b'x'; 1024], &[b'y'; 1024], NOW, MINUTE)
                .unwrap()
        );
        memory.put(&format!("code-{n}"), b"123456", NOW, MINUTE).unwrap();
    }
    assert!(memory.put_new("used", b"1", NOW, MINUTE).unwrap());
    assert_eq!(memory.count("counted", NOW, MINUTE).unwrap(), 1);
    assert!(!memory.has_room(NOW));
}

#[test]
fn full_memory_refuses_and_forgets_nothing() {
    let (memory, begun) = without_room();
    assert!(memory.put_new("used", b"1", NOW, MINUTE).unwrap());
    assert_eq!(memory.count("counted", NOW, MINUTE).unwrap(), 1);
    let mut more = 0;
    while memory.put(&format!("more-{more}"), b"x", NOW, MINUTE).is_ok() {
        more += 1;
    }
    let held = memory.len();
    assert!(memory.put_new("used too", &[b'x'; 1024], NOW, MINUTE).is_err());
    assert!(memory.count(&"counted too".repeat(100), NOW, MINUTE).is_err());
    assert!(
        !memory.put_new("used", b"1", later(59), MINUTE).unwrap(),
        "no replay passes"
    );
    assert_eq!(memory.count("counted", later(59), MINUTE).unwrap(), 2);
    memory.put("begun-0", &[b'y'; 2048], NOW, MINUTE).unwrap();
    assert_eq!(memory.len(), held);

    assert!(memory.take("begun-1", NOW).unwrap().is_some());
    memory.remove("begun-2").unwrap();
    memory.put("more", b"x", NOW, MINUTE).unwrap();
    assert!(begun > 3 && !memory.has_room(NOW));
}

#[test]
fn what_has_expired_makes_room() {
    let (memory, _) = without_room();
    assert!(!memory.has_room(later(59)));
    assert!(memory.has_room(later(60)));
    assert_eq!(memory.len(), 0);
}
