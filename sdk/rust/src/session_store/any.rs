use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Ending, MemoryStore, NewSession, SessionStore, StoreFault, Watermark};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreFault>> + Send + 'a>>;

/// [`SessionStore`] as one type, so that a store's type shows nowhere else.
pub(crate) trait Boxed: Send + Sync {
    fn watermark(&self) -> Answer<'_, Watermark>;
    fn begin<'a>(&'a self, session: NewSession<'a>, since: Watermark) -> Answer<'a, bool>;
    fn find<'a>(&'a self, key: &'a str, now: SystemTime, idle: Duration) -> Answer<'a, Option<String>>;
    fn replace<'a>(&'a self, key: &'a str, former: &'a str, content: &'a str) -> Answer<'a, bool>;
    fn end<'a>(&'a self, key: &'a str) -> Answer<'a, ()>;
    fn end_all<'a>(&'a self, ending: Ending<'a>) -> Answer<'a, Option<u64>>;
}

impl<S: SessionStore> Boxed for S {
    fn watermark(&self) -> Answer<'_, Watermark> {
        Box::pin(SessionStore::watermark(self))
    }

    fn begin<'a>(&'a self, session: NewSession<'a>, since: Watermark) -> Answer<'a, bool> {
        Box::pin(SessionStore::begin(self, session, since))
    }

    fn find<'a>(&'a self, key: &'a str, now: SystemTime, idle: Duration) -> Answer<'a, Option<String>> {
        Box::pin(SessionStore::find(self, key, now, idle))
    }

    fn replace<'a>(&'a self, key: &'a str, former: &'a str, content: &'a str) -> Answer<'a, bool> {
        Box::pin(SessionStore::replace(self, key, former, content))
    }

    fn end<'a>(&'a self, key: &'a str) -> Answer<'a, ()> {
        Box::pin(SessionStore::end(self, key))
    }

    fn end_all<'a>(&'a self, ending: Ending<'a>) -> Answer<'a, Option<u64>> {
        Box::pin(SessionStore::end_all(self, ending))
    }
}

/// Whichever store the department has chosen: this process unless it says.
#[derive(Clone)]
pub(crate) struct AnyStore(Arc<dyn Boxed>);

impl AnyStore {
    pub(crate) fn new(store: impl SessionStore) -> Self {
        Self(Arc::new(store))
    }
}

impl Deref for AnyStore {
    type Target = dyn Boxed;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl Default for AnyStore {
    fn default() -> Self {
        Self::new(MemoryStore::default())
    }
}

impl fmt::Debug for AnyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyStore")
    }
}
