use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::{Ending, NewSession, SessionStore, StoreFault, Watermark, Whom};

/// At this many sessions the oldest gives way, unless the department says otherwise.
const MOST_SESSIONS: usize = 50_000;

/// Sessions in the memory of this process, which end with it.
pub struct MemoryStore {
    most: usize,
    inner: Mutex<Inner>,
}

type Key = String;

#[derive(Default)]
struct Inner {
    live: HashMap<Key, Live>,
    by_age: BTreeSet<(SystemTime, Key)>,
    by_sign_in: Index,
    by_person: Index,
    watermark: Watermark,
    ended_sign_ins: Remembered<Watermark>,
    ended_persons: Remembered<Watermark>,
    words: Remembered<()>,
}

struct Live {
    person: String,
    sign_in: Option<String>,
    content: String,
    begun: SystemTime,
    idle_at: SystemTime,
    ends: SystemTime,
}

impl MemoryStore {
    /// A store of at most so many sessions: the oldest gives way.
    #[must_use]
    pub fn holding(most: usize) -> Self {
        Self {
            most,
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::holding(MOST_SESSIONS)
    }
}

impl SessionStore for MemoryStore {
    async fn watermark(&self) -> Result<Watermark, StoreFault> {
        Ok(self.lock().watermark)
    }

    async fn begin(&self, session: NewSession<'_>, since: Watermark) -> Result<bool, StoreFault> {
        let mut inner = self.lock();
        if since > inner.watermark || inner.was_ended_since(&session, since) {
            return Ok(false);
        }
        inner.make_room(self.most, &session);
        inner.insert(&session);
        Ok(true)
    }

    async fn find(&self, key: &str, now: SystemTime, idle: Duration) -> Result<Option<String>, StoreFault> {
        let mut inner = self.lock();
        let Some(live) = inner.live.get_mut(key) else {
            return Ok(None);
        };
        if live.is_over(now) {
            inner.remove(key);
            return Ok(None);
        }
        live.idle_at = live.idle_at.max(now + idle);
        Ok(Some(live.content.clone()))
    }

    async fn replace(&self, key: &str, former: &str, content: &str) -> Result<bool, StoreFault> {
        let mut inner = self.lock();
        let live = inner.live.get_mut(key).filter(|live| live.content == former);
        Ok(live.map(|live| content.clone_into(&mut live.content)).is_some())
    }

    async fn end(&self, key: &str) -> Result<(), StoreFault> {
        self.lock().remove(key);
        Ok(())
    }

    async fn end_all(&self, ending: Ending<'_>) -> Result<Option<u64>, StoreFault> {
        let Ending { now, until, .. } = ending;
        let mut inner = self.lock();
        let Inner {
            words,
            ended_sign_ins,
            ended_persons,
            ..
        } = &mut *inner;
        if words.get(ending.word, now).is_some() {
            return Ok(None);
        }
        let ended = match ending.whom {
            Whom::SignIn(_) => ended_sign_ins,
            Whom::Person(_) => ended_persons,
        };
        if !words.has_room(now) || !ended.has_room(now) {
            return Err("the memory for ended sign-ins is full".into());
        }
        inner.watermark.0 += 1;
        let watermark = inner.watermark;
        inner.words.note(ending.word, (), until);
        let keys = match ending.whom {
            Whom::SignIn(name) => {
                inner.ended_sign_ins.note(name, watermark, until);
                inner.by_sign_in.keys(name)
            }
            Whom::Person(name) => {
                inner.ended_persons.note(name, watermark, until);
                inner.by_person.keys(name)
            }
        };
        let gone = keys.iter().filter(|key| inner.remove(key)).count();
        Ok(Some(u64::try_from(gone).unwrap_or(u64::MAX)))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

impl Inner {
    fn was_ended_since(&self, session: &NewSession<'_>, since: Watermark) -> bool {
        let after = |ended: Option<&Remembrance<Watermark>>| ended.is_some_and(|ended| ended.value > since);
        after(self.ended_persons.0.get(session.person))
            || session
                .sign_in
                .is_some_and(|name| after(self.ended_sign_ins.0.get(name)))
    }

    fn insert(&mut self, session: &NewSession<'_>) {
        let key = session.key.to_owned();
        if let Some(name) = session.sign_in {
            self.by_sign_in.add(name, &key);
        }
        self.by_person.add(session.person, &key);
        self.by_age.insert((session.now, key.clone()));
        let live = Live {
            person: session.person.to_owned(),
            sign_in: session.sign_in.map(str::to_owned),
            content: session.content.to_owned(),
            begun: session.now,
            idle_at: session.now + session.idle,
            ends: session.ends,
        };
        self.live.insert(key, live);
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some(live) = self.live.remove(key) else {
            return false;
        };
        if let Some(name) = &live.sign_in {
            self.by_sign_in.drop(name, key);
        }
        self.by_person.drop(&live.person, key);
        self.by_age.remove(&(live.begun, key.to_owned()));
        true
    }

    /// The person's own oldest go where they have their share. From the oldest on, whatever is past its time goes, and
    /// one more where the store is full.
    fn make_room(&mut self, most: usize, session: &NewSession<'_>) {
        let mut own = self.by_person.keys(session.person);
        own.sort_unstable_by_key(|key| self.live.get(key).map(|live| live.begun));
        let too_many = (own.len() + 1).saturating_sub(session.per_person);
        for key in own.iter().take(too_many) {
            self.remove(key);
        }
        while let Some((_, key)) = self.by_age.first().cloned() {
            let over = self.live.get(&key).is_none_or(|live| live.is_over(session.now));
            if self.live.len() < most && !over {
                break;
            }
            self.remove(&key);
        }
    }
}

impl Live {
    fn is_over(&self, now: SystemTime) -> bool {
        self.idle_at.min(self.ends) <= now
    }
}

#[derive(Default)]
struct Index(HashMap<String, HashSet<Key>>);

impl Index {
    fn add(&mut self, name: &str, key: &str) {
        self.0.entry(name.to_owned()).or_default().insert(key.to_owned());
    }

    fn drop(&mut self, name: &str, key: &str) {
        if let Some(keys) = self.0.get_mut(name) {
            keys.remove(key);
            if keys.is_empty() {
                self.0.remove(name);
            }
        }
    }

    fn keys(&self, name: &str) -> Vec<Key> {
        self.0.get(name).into_iter().flatten().cloned().collect()
    }
}

/// Facts that matter for minutes. Bounded: when full of unexpired ones it takes no more.
struct Remembered<V>(HashMap<String, Remembrance<V>>);

struct Remembrance<V> {
    value: V,
    until: SystemTime,
}

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<V> Remembered<V> {
    const MOST: usize = 50_000;

    fn get(&self, name: &str, now: SystemTime) -> Option<&V> {
        self.0
            .get(name)
            .filter(|noted| noted.until > now)
            .map(|noted| &noted.value)
    }

    fn has_room(&mut self, now: SystemTime) -> bool {
        if self.0.len() >= Self::MOST {
            self.0.retain(|_, noted| noted.until > now);
        }
        self.0.len() < Self::MOST
    }

    fn note(&mut self, name: &str, value: V, until: SystemTime) {
        self.0.insert(name.to_owned(), Remembrance { value, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session_store::contract::{self, At};

    #[tokio::test]
    async fn it_keeps_the_contract() {
        contract::check(&MemoryStore::default()).await.unwrap();
    }

    #[tokio::test]
    async fn the_oldest_gives_way_and_leaves_nothing_behind() {
        let store = MemoryStore::holding(2);
        for (second, key) in [(1, "a"), (2, "b"), (3, "c")] {
            let at = At(second);
            assert!(
                store
                    .begin(at.session(key, key, key), Watermark::default())
                    .await
                    .unwrap()
            );
        }
        let find = async |key| {
            store
                .find(key, At(4).time(), Duration::from_secs(9))
                .await
                .unwrap()
        };
        assert_eq!(find("a").await, None);
        assert!(find("b").await.is_some() && find("c").await.is_some());
        for key in ["b", "c"] {
            store.end(key).await.unwrap();
        }
        let inner = store.lock();
        assert!(inner.by_age.is_empty() && inner.by_person.0.is_empty() && inner.by_sign_in.0.is_empty());
    }
}
