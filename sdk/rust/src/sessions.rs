//! The department's sessions as the SDK sees them, over whichever store keeps them: sealed, and under names that say
//! nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::record::Record;
use crate::seal::Sealer;
use crate::session::{Ended, Session, SessionKey};
use crate::session_store::{AnyStore, Ending, NewSession, SessionLimits, StoreFault, Watermark, Whom};
use crate::turns::Turns;

/// So long an end is remembered for the sign-ins that are just finishing.
const WHILE_A_SIGN_IN_TAKES: Duration = Duration::from_secs(300);
/// A session that is refreshed at the same moment is written once more; nobody does that time and again.
const TRIES: usize = 3;

pub(crate) struct Sessions {
    store: AnyStore,
    limits: SessionLimits,
    sealer: Arc<Sealer>,
    turns: Turns,
}

/// A session, and what the store has of it.
pub(crate) struct Kept {
    pub(crate) session: Session,
    pub(crate) sealed: String,
}

impl Sessions {
    pub(crate) fn new(store: AnyStore, limits: SessionLimits, sealer: Arc<Sealer>) -> Self {
        Self {
            store,
            limits,
            sealer,
            turns: Turns::default(),
        }
    }

    pub(crate) const fn turns(&self) -> &Turns {
        &self.turns
    }

    pub(crate) async fn watermark(&self) -> Result<Watermark, Error> {
        self.store.watermark().await.map_err(unasked)
    }

    /// `false` if the provider has ended this sign-in since `since`: then no session begins.
    pub(crate) async fn begin(
        &self,
        key: SessionKey,
        session: &Session,
        since: Watermark,
    ) -> Result<bool, Error> {
        let sign_in = session.sid.as_deref().map(|sid| self.sign_in(sid));
        let new = NewSession {
            key: &key.name(),
            person: &self.person(&session.sub),
            sign_in: sign_in.as_deref(),
            content: &self.seal(key, session)?,
            now: session.begun,
            idle: key.idle(self.limits.idle),
            ends: session.begun + self.limits.absolute,
            per_person: self.limits.per_person,
        };
        self.store.begin(new, since).await.map_err(unasked)
    }

    /// The session, if it lives; being asked for keeps it from going idle. What another key has sealed is nobody's.
    pub(crate) async fn find(&self, key: SessionKey, now: SystemTime) -> Result<Option<Kept>, Error> {
        let idle = key.idle(self.limits.idle);
        let found = self.store.find(&key.name(), now, idle).await;
        Ok(found.map_err(unasked)?.and_then(|sealed| {
            let session = self.open(key, &sealed)?;
            Some(Kept { session, sealed })
        }))
    }

    /// `false` where the store has something else by now, or nothing.
    pub(crate) async fn replace(
        &self,
        key: SessionKey,
        former: &str,
        session: &Session,
    ) -> Result<bool, Error> {
        let content = self.seal(key, session)?;
        let replaced = self.store.replace(&key.name(), former, &content).await;
        replaced.map_err(unasked)
    }

    /// Notes that the person has said no to these. Those given before came along with what was asked, and were not asked
    /// themselves, unless nothing else was there. `false` where there is no session to note it in.
    pub(crate) async fn decline(
        &self,
        key: SessionKey,
        records: &[Record],
        now: SystemTime,
    ) -> Result<bool, Error> {
        for _ in 0..TRIES {
            let Some(Kept { mut session, sealed }) = self.find(key, now).await? else {
                return Ok(false);
            };
            let is_new = |one: &&Record| !session.given.contains(one);
            let mut asked: Vec<Record> = records.iter().filter(is_new).cloned().collect();
            if asked.is_empty() {
                asked = records.to_vec();
            }
            session.declined.retain(|one| !asked.contains(one));
            session.declined.append(&mut asked);
            if self.replace(key, &sealed, &session).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) async fn end(&self, key: SessionKey) -> Result<(), Error> {
        self.store.end(&key.name()).await.map_err(unasked)
    }

    /// Ends every session of that sign-in or person, and any that is just beginning. Says how many there were; `None`
    /// if the word by this `jti`, which may come until `until`, has been heard before.
    pub(crate) async fn end_all(
        &self,
        ended: &Ended,
        jti: &str,
        until: SystemTime,
        now: SystemTime,
    ) -> Result<Option<u64>, Error> {
        let name = match ended {
            Ended::Sid(sid) => self.sign_in(sid),
            Ended::Sub(sub) => self.person(sub),
        };
        let ending = Ending {
            whom: match ended {
                Ended::Sid(_) => Whom::SignIn(&name),
                Ended::Sub(_) => Whom::Person(&name),
            },
            word: &self.sealer.name("jti", jti),
            now,
            until: until.max(now + WHILE_A_SIGN_IN_TAKES),
        };
        self.store.end_all(ending).await.map_err(unasked)
    }

    fn person(&self, sub: &str) -> String {
        self.sealer.name("sub", sub)
    }

    fn sign_in(&self, sid: &str) -> String {
        self.sealer.name("sid", sid)
    }

    fn seal(&self, key: SessionKey, session: &Session) -> Result<String, Error> {
        let plain = serde_json::to_vec(session).map_err(|fault| unasked(fault.into()))?;
        self.sealer.seal(&purpose(key), &plain)
    }

    fn open(&self, key: SessionKey, sealed: &str) -> Option<Session> {
        let plain = self.sealer.open(&purpose(key), sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

/// One session's content does not pass for another's.
fn purpose(key: SessionKey) -> String {
    format!("session {}", key.name())
}

#[expect(clippy::needless_pass_by_value, reason = "an error to map")]
fn unasked(fault: StoreFault) -> Error {
    Error::SessionStore {
        problem: fault.to_string(),
    }
}
