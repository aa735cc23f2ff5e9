use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::device::Device;
use super::model::{Lifetime, Session};
use crate::args;
use crate::audit::{Action, Change, Context, EndReason, Event};
use crate::clock::Timestamp;
use crate::config::Session as Settings;
use crate::department::Departments;
use crate::rng::Rng;
use crate::store::{Db, Row, StoreError, hash};
use crate::web::{Cookies, PageError};

/// The cookie that says which session a browser has; the records hold its hash.
const COOKIE: &str = "session";

const BY_TOKEN: &str = "SELECT id, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device FROM session \
     WHERE token_hash = $1 AND ended_at IS NULL";

const OF_ACCOUNT: &str = "SELECT id, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device FROM session \
     WHERE account_id = $1 AND ended_at IS NULL ORDER BY last_seen_at DESC, id DESC";

const SEEN: &str =
    "UPDATE session SET last_seen_at = $2 WHERE id = $1 AND ended_at IS NULL AND last_seen_at < $2";

const INSERT: &str = "INSERT INTO session \
     (id, token_hash, account_id, created_at, auth_time, last_seen_at, expires_at, amr, device) \
     VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7)";

const RENEW: &str = "UPDATE session SET token_hash = $2, auth_time = $3, last_seen_at = $3, \
     expires_at = $4, amr = $5, device = $6 WHERE id = $1 AND ended_at IS NULL";

/// The sessions of all residents. Other rooms come here to find, list and end them.
#[derive(Clone, Debug)]
pub struct Sessions {
    pub(super) db: Db,
    pub(super) departments: Departments,
    cookies: Cookies,
    rng: Rng,
    lifetime: Lifetime,
}

/// A session just begun or renewed, with the token that its browser gets.
pub struct Begun {
    pub session: Session,
    pub(in crate::signin) token: String,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun")
            .field("session", &self.session.id)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    #[must_use]
    pub fn new(settings: &Settings, db: Db, cookies: Cookies, rng: Rng, departments: Departments) -> Self {
        let lifetime = Lifetime {
            idle: settings.idle.get(),
            absolute: settings.absolute.get(),
        };
        Self {
            db,
            departments,
            cookies,
            rng,
            lifetime,
        }
    }

    /// The live session of a browser. Its use is written down at most once a minute.
    ///
    /// # Errors
    /// Where the database does not answer: that is no reason to think the resident signed out, and
    /// no cookie is cleared for it.
    pub async fn current(&self, headers: &HeaderMap, now: Timestamp) -> Result<Option<Session>, PageError> {
        let open = self.open(headers, now).await?;
        let Some(mut session) = open.filter(|session| session.is_live(self.lifetime, now)) else {
            return Ok(None);
        };
        self.note_use(&mut session, now).await?;
        Ok(Some(session))
    }

    /// The session of a browser that nobody has ended, though it may have gone idle or run out: departments may still
    /// be in use by it. This is the one to sign out of, and the one that another person's sign-in ends. A live one goes
    /// before others.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn open(&self, headers: &HeaderMap, now: Timestamp) -> Result<Option<Session>, PageError> {
        let mut over = None;
        // By plain http, another port of the host may have set a cookie of this name.
        for token in self.cookies.read_all(headers, COOKIE).take(4) {
            let Some(session) = self.by_token(token).await? else {
                continue;
            };
            if session.is_live(self.lifetime, now) {
                return Ok(Some(session));
            }
            over = over.or(Some(session));
        }
        Ok(over)
    }

    async fn by_token(&self, token: &str) -> Result<Option<Session>, StoreError> {
        let row = self.db.maybe(BY_TOKEN, args![hash(token)]).await?;
        row.as_ref().map(read).transpose()
    }

    async fn note_use(&self, session: &mut Session, now: Timestamp) -> Result<(), StoreError> {
        if session.is_stale(now) {
            let context = Context {
                now,
                request_id: String::new(),
                actor: "node",
                rng: self.rng.clone(),
            };
            let mut change = Change::begin(&self.db, &context).await?;
            change.execute(SEEN, args![session.id, now]).await?;
            change.commit_housekeeping().await?;
            session.last_seen_at = now;
        }
        Ok(())
    }

    /// The live sessions of an account, the one used last first.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list(&self, account: Uuid, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let mut sessions = self.list_open(account).await?;
        sessions.retain(|session| session.is_live(self.lifetime, now));
        Ok(sessions)
    }

    /// The sessions of an account that nobody has ended, live or not.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn list_open(&self, account: Uuid) -> Result<Vec<Session>, StoreError> {
        let rows = self.db.all(OF_ACCOUNT, args![account]).await?;
        rows.iter().map(read).collect()
    }

    /// Signs an account in on a browser, always under a new token.
    ///
    /// The browser's own session of the same account keeps its id, so that departments know it is
    /// the same one; a session of somebody else ends.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(
        &self,
        change: &mut Change,
        account: Uuid,
        previous: Option<&Session>,
        device: Device,
    ) -> Result<Begun, StoreError> {
        const AMR: &str = "sms";
        let now = change.now();
        let token = self.rng.token();
        let expires_at = now.plus(self.lifetime.absolute);
        let mut session = Session {
            id: change.rng().uuid(now),
            account,
            created_at: now,
            auth_time: now,
            last_seen_at: now,
            expires_at,
            amr: vec![AMR.to_owned()],
            device,
        };
        let device = session.device.to_string();
        if let Some(same) = previous.filter(|previous| previous.account == account) {
            let args = args![same.id, hash(&token), now, expires_at, AMR, &device];
            if change.execute(RENEW, args).await? == 1 {
                (session.id, session.created_at) = (same.id, same.created_at);
                change.record(event(Action::SignedInAgain, &session)).await?;
                return Ok(Begun { session, token });
            }
        } else if let Some(other) = previous {
            self.end(change, other.id, EndReason::AnotherAccount).await?;
        }
        change
            .execute(
                INSERT,
                args![session.id, hash(&token), account, now, expires_at, AMR, &device],
            )
            .await?;
        change.record(event(Action::SignedIn, &session)).await?;
        Ok(Begun { session, token })
    }

    /// The cookie that hands a browser its session. It goes when the browser is closed; on a
    /// phone that is seldom, and there the idle limit ends it.
    pub(in crate::signin) fn cookie(&self, token: &str) -> HeaderValue {
        self.cookies.set(COOKIE, token, None)
    }

    /// The cookie's end, for a sign-out that has committed.
    #[must_use]
    pub fn clear_cookie(&self) -> HeaderValue {
        self.cookies.clear(COOKIE)
    }
}

fn event(action: Action, session: &Session) -> Event {
    Event::new(action)
        .account(session.account)
        .with("session", session.id)
        .with("device", session.device.to_string())
}

fn read(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.uuid("id")?,
        account: row.uuid("account_id")?,
        created_at: row.time("created_at")?,
        auth_time: row.time("auth_time")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
        amr: row.text("amr")?.split(' ').map(str::to_owned).collect(),
        device: Device::from_record(&row.text("device")?),
    })
}
