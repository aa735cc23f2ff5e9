//! Where sessions live: in this process, found by cookie, by the provider's `sid` and by `sub`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock::elapsed;
use crate::session::{Session, SessionKey};

/// How long a session may live, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request from the person.
    pub idle: Duration,
    /// In all. Short, because it is the last net when the word of a sign-out cannot reach us.
    pub absolute: Duration,
    /// At this many the oldest gives way.
    pub count: usize,
    /// At this many of one person their own oldest gives way, so that nobody signs others out by signing in.
    pub per_person: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(8 * 3600),
            count: 50_000,
            per_person: 20,
        }
    }
}

/// The department's sessions, kept in the memory of this process.
#[derive(Default)]
pub struct SessionStore {
    limits: SessionLimits,
    inner: Mutex<Inner>,
}

/// Moves with each end of a session that the provider reports. A sign-in notes it before it redeems its code;
/// an end that arrives after that counts for the session about to begin as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Watermark(u64);

/// Whom the provider says is signed out (Back-Channel Logout §2.4: `sid`, `sub`, or both).
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Sid(String),
    Sub(String),
}

#[derive(Default)]
struct Inner {
    live: HashMap<SessionKey, Live>,
    by_age: BTreeSet<(SystemTime, SessionKey)>,
    by_sid: Index,
    by_sub: Index,
    watermark: Watermark,
    ended: Remembered<Ended, Watermark>,
    used: Remembered<String, ()>,
}

struct Live {
    session: Arc<Session>,
    last_seen: SystemTime,
}

impl SessionStore {
    #[must_use]
    pub fn memory(limits: SessionLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    pub(crate) async fn watermark(&self) -> Watermark {
        self.lock().watermark
    }

    /// `false` if the provider has ended this sign-in since `watermark`: then no session begins.
    pub(crate) async fn begin(&self, key: SessionKey, session: Session, watermark: Watermark) -> bool {
        let mut inner = self.lock();
        if inner.was_ended_since(&session, watermark) {
            return false;
        }
        inner.make_room(self.limits, &session);
        inner.insert(key, session);
        true
    }

    /// The session, if it lives; being asked for keeps it from going idle.
    pub(crate) async fn find(&self, key: SessionKey, now: SystemTime) -> Option<Arc<Session>> {
        let mut inner = self.lock();
        let live = inner.live.get_mut(&key)?;
        if live.is_over(self.limits, now) {
            inner.remove(key);
            return None;
        }
        live.last_seen = live.last_seen.max(now);
        Some(Arc::clone(&live.session))
    }

    pub(crate) async fn end(&self, key: SessionKey) {
        self.lock().remove(key);
    }

    /// Ends every session of that sign-in or person, and any that is just beginning. Says how many there were.
    pub(crate) async fn end_all(&self, ended: Ended, now: SystemTime) -> usize {
        const WHILE_A_SIGN_IN_TAKES: Duration = Duration::from_secs(300);
        let mut inner = self.lock();
        inner.watermark.0 += 1;
        let watermark = inner.watermark;
        let keys = match &ended {
            Ended::Sid(sid) => inner.by_sid.keys(sid),
            Ended::Sub(sub) => inner.by_sub.keys(sub),
        };
        inner
            .ended
            .note(ended, watermark, now + WHILE_A_SIGN_IN_TAKES, now);
        for key in &keys {
            inner.remove(*key);
        }
        keys.len()
    }

    /// Whether this value (a logout token's `jti`) is seen for the first time before `until`.
    pub(crate) async fn is_first_use(&self, value: &str, until: SystemTime, now: SystemTime) -> bool {
        let mut inner = self.lock();
        if inner.used.get(value).is_some() {
            return false;
        }
        inner.used.note(value.to_owned(), (), until, now)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionStore")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn was_ended_since(&self, session: &Session, watermark: Watermark) -> bool {
        let since = |ended: Ended| self.ended.get(&ended).is_some_and(|at| *at > watermark);
        session.sid.clone().is_some_and(|sid| since(Ended::Sid(sid)))
            || since(Ended::Sub(session.sub.clone()))
    }

    fn insert(&mut self, key: SessionKey, session: Session) {
        if let Some(sid) = &session.sid {
            self.by_sid.add(sid, key);
        }
        self.by_sub.add(&session.sub, key);
        self.by_age.insert((session.begun, key));
        let last_seen = session.begun;
        self.live.insert(
            key,
            Live {
                session: Arc::new(session),
                last_seen,
            },
        );
    }

    fn remove(&mut self, key: SessionKey) {
        let Some(Live { session, .. }) = self.live.remove(&key) else {
            return;
        };
        if let Some(sid) = &session.sid {
            self.by_sid.drop(sid, key);
        }
        self.by_sub.drop(&session.sub, key);
        self.by_age.remove(&(session.begun, key));
    }

    /// The person's own oldest goes where they have their share. From the oldest on, whatever is past its time goes,
    /// and one more where the store is full.
    fn make_room(&mut self, limits: SessionLimits, for_one: &Session) {
        let now = for_one.begun;
        let own = self.by_sub.keys(&for_one.sub);
        if own.len() >= limits.per_person {
            let begun = |key: &SessionKey| self.live.get(key).map(|live| live.session.begun);
            if let Some(oldest) = own.into_iter().min_by_key(begun) {
                self.remove(oldest);
            }
        }
        while let Some((begun, key)) = self.by_age.first().copied() {
            if self.live.len() < limits.count && elapsed(begun, now) < limits.absolute {
                break;
            }
            self.remove(key);
        }
    }
}

impl Live {
    fn is_over(&self, limits: SessionLimits, now: SystemTime) -> bool {
        elapsed(self.last_seen, now) >= limits.idle || elapsed(self.session.begun, now) >= limits.absolute
    }
}

#[derive(Default)]
struct Index(HashMap<String, HashSet<SessionKey>>);

impl Index {
    fn add(&mut self, name: &str, key: SessionKey) {
        self.0.entry(name.to_owned()).or_default().insert(key);
    }

    fn drop(&mut self, name: &str, key: SessionKey) {
        if let Some(keys) = self.0.get_mut(name) {
            keys.remove(&key);
            if keys.is_empty() {
                self.0.remove(name);
            }
        }
    }

    fn keys(&self, name: &str) -> Vec<SessionKey> {
        self.0.get(name).into_iter().flatten().copied().collect()
    }
}

/// Facts that matter for minutes. Bounded: when full of unexpired ones it takes no more.
struct Remembered<K, V>(HashMap<K, (V, SystemTime)>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash, V> Remembered<K, V> {
    const MOST: usize = 50_000;

    fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.get(key).map(|(value, _)| value)
    }

    fn note(&mut self, key: K, value: V, until: SystemTime, now: SystemTime) -> bool {
        if self.0.len() >= Self::MOST {
            self.0.retain(|_, (_, until)| *until > now);
        }
        let room = self.0.len() < Self::MOST;
        if room {
            self.0.insert(key, (value, until));
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refresh::Tokens;
    use serde_json::Map;
    use std::time::UNIX_EPOCH;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn session(sub: &str, sid: &str, begun: u64) -> Session {
        Session {
            sub: sub.to_owned(),
            sid: Some(sid.to_owned()),
            claims: Map::new(),
            begun: at(begun),
            tokens: tokio::sync::Mutex::new(Tokens::for_test(at(begun))),
        }
    }

    fn key(name: &str) -> SessionKey {
        SessionKey::of(name)
    }

    fn store(idle: u64, absolute: u64, count: usize) -> SessionStore {
        let limits = SessionLimits {
            idle: Duration::from_secs(idle),
            absolute: Duration::from_secs(absolute),
            count,
            per_person: 3,
        };
        SessionStore::memory(limits)
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_in_any_case_in_time() {
        let store = store(10, 25, 9);
        let none = Watermark::default();
        assert!(store.begin(key("a"), session("s", "x", 0), none).await);
        for second in [9, 18, 24] {
            assert!(store.find(key("a"), at(second)).await.is_some(), "{second}");
        }
        assert!(store.find(key("a"), at(25)).await.is_none());
        store.begin(key("b"), session("s", "x", 30), none).await;
        assert!(store.find(key("b"), at(40)).await.is_none());
        assert!(store.lock().by_sid.0.is_empty() && store.lock().by_age.is_empty());
    }

    #[tokio::test]
    async fn the_oldest_gives_way() {
        let store = store(100, 100, 2);
        for (name, begun) in [("a", 1), ("b", 2), ("c", 3)] {
            store
                .begin(key(name), session("s", name, begun), Watermark::default())
                .await;
        }
        assert!(store.find(key("a"), at(4)).await.is_none());
        assert!(store.find(key("b"), at(4)).await.is_some());
        assert!(store.find(key("c"), at(4)).await.is_some());
    }

    #[tokio::test]
    async fn one_person_who_signs_in_again_and_again_pushes_out_nobody_else() {
        let store = store(100, 100, 5);
        let none = Watermark::default();
        store.begin(key("theirs"), session("other", "o", 1), none).await;
        for (begun, name) in (2..).zip(["a", "b", "c", "d", "e", "f", "g"]) {
            assert!(store.begin(key(name), session("s", name, begun), none).await);
        }
        assert!(store.find(key("theirs"), at(9)).await.is_some());
        assert!(store.find(key("d"), at(9)).await.is_none(), "their own oldest");
        for name in ["e", "f", "g"] {
            assert!(store.find(key(name), at(9)).await.is_some(), "{name}");
        }
    }

    #[tokio::test]
    async fn an_end_reaches_all_sessions_of_a_sign_in_or_of_a_person_and_no_other() {
        let store = store(100, 100, 9);
        for (name, sub, sid) in [("a", "s", "x"), ("b", "s", "x"), ("c", "s", "y"), ("d", "t", "z")] {
            store
                .begin(key(name), session(sub, sid, 1), Watermark::default())
                .await;
        }
        assert_eq!(store.end_all(Ended::Sid("x".to_owned()), at(2)).await, 2);
        assert!(store.find(key("c"), at(3)).await.is_some());
        assert_eq!(store.end_all(Ended::Sub("s".to_owned()), at(4)).await, 1);
        assert!(store.find(key("d"), at(5)).await.is_some());
    }

    #[tokio::test]
    async fn a_sign_in_that_was_ended_while_it_was_finishing_begins_no_session() {
        let store = store(100, 100, 9);
        let before = store.watermark().await;
        store.end_all(Ended::Sid("x".to_owned()), at(1)).await;
        assert!(!store.begin(key("a"), session("s", "x", 1), before).await);
        let after = store.watermark().await;
        assert!(store.begin(key("b"), session("s", "x", 2), after).await);
    }
}
