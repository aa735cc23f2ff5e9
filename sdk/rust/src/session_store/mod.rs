//! Where sessions live. A department with one process needs nothing of this; several nodes share [`RedisStore`] (cargo
//! feature `redis`), or a table of the department's own by [`SessionStore`].
//!
//! # Your own SQL
//!
//! The whole of such a store, in SQLite by sqlx; on PostgreSQL `COUNT` and the blanks of `begin_with` are the same.
//! Hold yours to [`contract::check`] in a test, on the database that you run.
//!
#![doc = concat!("```no_run\n", include_str!("../../examples/sessions_in_sql.rs"), "```")]

mod any;
pub mod contract;
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::time::{Duration, SystemTime};

pub(crate) use any::AnyStore;
pub use memory::MemoryStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;

/// What a store says when it cannot be asked. The person is told to try again; it is never taken for "not signed in".
pub type StoreFault = Box<dyn std::error::Error + Send + Sync>;

/// How long a session may live, and how many there may be of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request from the person. At a registered kiosk the provider says a shorter one.
    pub idle: Duration,
    /// In all. Short, because it is the last net when the word of a sign-out cannot reach us.
    pub absolute: Duration,
    /// At this many of one person their own oldest gives way, so that nobody signs others out by signing in.
    pub per_person: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(8 * 3600),
            per_person: 20,
        }
    }
}

/// Keeps sessions, and the ends that the provider has told of, for all nodes of a department.
///
/// Everything that a store is given is of use to nobody else: keys are hashes of what the cookies hold, persons and
/// sign-ins are named by keyed hashes, and contents are sealed, each by a secret that lies with the department's key. So
/// all nodes need the same; with another, everybody signs in afresh. When the SDK replaces the key, it stays.
///
/// Times are the caller's: a store compares them with one another, never with a clock of its own. Each operation
/// happens wholly or not at all, whoever else calls meanwhile. What has expired may be thrown away at any time.
pub trait SessionStore: Send + Sync + 'static {
    /// How many ends there have been, or any other number that each [`end_all`](Self::end_all) makes larger. A store
    /// that may lose its memory begins with a number larger than before, such as the time.
    fn watermark(&self) -> impl Future<Output = Result<Watermark, StoreFault>> + Send;

    /// Keeps a new session. `false`, and nothing kept, if since `since` its person or its sign-in has been ended, or if
    /// `since` is larger than today's watermark, as after a loss of memory.
    ///
    /// Of one person's live sessions, `per_person` stay with the new one: their oldest give way.
    fn begin(
        &self,
        session: NewSession<'_>,
        since: Watermark,
    ) -> impl Future<Output = Result<bool, StoreFault>> + Send;

    /// The content of a session that lives at `now`, which from then on has `idle` before it ends of idleness.
    fn find(
        &self,
        key: &str,
        now: SystemTime,
        idle: Duration,
    ) -> impl Future<Output = Result<Option<String>, StoreFault>> + Send;

    /// Puts `content` in the place of `former`. `false`, and nothing changed, where `former` is not there (any more).
    fn replace(
        &self,
        key: &str,
        former: &str,
        content: &str,
    ) -> impl Future<Output = Result<bool, StoreFault>> + Send;

    /// Ends a session, if it is there.
    fn end(&self, key: &str) -> impl Future<Output = Result<(), StoreFault>> + Send;

    /// Ends every session of a person or a sign-in, raises the watermark, and remembers both until `until` for the
    /// sign-ins that are just finishing. Answers how many sessions ended.
    ///
    /// `None`, and nothing done, if a word of this name has been remembered and `now` is before its `until`.
    fn end_all(&self, ending: Ending<'_>) -> impl Future<Output = Result<Option<u64>, StoreFault>> + Send;
}

/// Moves with each end that the provider reports. A sign-in notes it before it redeems its code; an end that arrives
/// after that counts for the session about to begin as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Watermark(pub i64);

/// A session to keep.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// By which it is found: 43 characters.
    pub key: &'a str,
    /// Whose it is: 43 characters.
    pub person: &'a str,
    /// The provider's sign-in behind it, if the provider named one: 43 characters.
    pub sign_in: Option<&'a str>,
    /// A few thousand characters.
    pub content: &'a str,
    pub now: SystemTime,
    /// It ends when so long nobody has asked for it.
    pub idle: Duration,
    /// It ends then in any case.
    pub ends: SystemTime,
    /// How many sessions one person may have.
    pub per_person: usize,
}

/// The provider's word that somebody is signed out.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    pub whom: Whom<'a>,
    /// The name of this very word, which counts once.
    pub word: &'a str,
    pub now: SystemTime,
    pub until: SystemTime,
}

/// Whom an end is about (Back-Channel Logout §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom<'a> {
    Person(&'a str),
    SignIn(&'a str),
}
