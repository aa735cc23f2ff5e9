use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::act::Act;
use super::model::{Operator, Role};
use super::records::operator_of;
use crate::args;
use crate::audit::{Action, Change, Context, Event};
use crate::clock::Timestamp;
use crate::config::Operator as Settings;
use crate::rng::Rng;
use crate::store::{Db, Row, StoreError, hash};
use crate::web::Cookies;

/// Another than residents': neither opens the other's pages.
const COOKIE: &str = "operator";

const BEGIN: &str = "INSERT INTO operator_session (token_hash, id, operator_id, last_seen_at, expires_at) \
     VALUES ($1, $2, $3, $4, $5)";

const BY_TOKEN: &str = "SELECT s.id, s.last_seen_at, o.id AS operator_id, o.name, o.role \
     FROM operator_session s JOIN operator o ON o.id = s.operator_id \
     WHERE s.token_hash = $1 AND s.last_seen_at > $2 AND s.expires_at > $3 AND o.ended_at IS NULL";

/// Within the change that an operator makes: one who is removed at the same moment either is seen here, or sees it
/// made.
const STILL: &str = "UPDATE operator SET name = name WHERE id = $1 AND ended_at IS NULL";

/// The same of their session.
const STILL_SIGNED_IN: &str =
    "UPDATE operator_session SET last_seen_at = last_seen_at WHERE operator_id = $1 AND id = $2";

const SEEN: &str =
    "UPDATE operator_session SET last_seen_at = $2 WHERE token_hash = $1 AND last_seen_at < $2";

const END: &str = "DELETE FROM operator_session WHERE token_hash = $1 RETURNING operator_id";

/// A session seen within this time is not written to again.
const GRAIN: Duration = Duration::from_secs(30);

/// An operator who is signed in. Only a live session makes one, and what only staff may do to an account wants one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty {
    operator: Operator,
    session: Uuid,
}

impl OnDuty {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.operator.name
    }

    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.operator.id
    }

    #[must_use]
    pub const fn role(&self) -> Role {
        self.operator.role
    }

    /// What the forms of this session are bound to.
    #[must_use]
    pub fn form_binding(&self) -> String {
        format!("operator {}", self.session)
    }

    /// Whether they still are, within a transaction: they can neither be removed nor signed out before that commits.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn is_still(&self, change: &mut Change) -> Result<bool, StoreError> {
        let operator = self.operator.id;
        Ok(change.execute(STILL, args![operator]).await? == 1
            && change
                .execute(STILL_SIGNED_IN, args![operator, self.session])
                .await?
                == 1)
    }

    /// What the audit has of an act: who, why, and under which file.
    #[must_use]
    pub fn sign(&self, event: Event, act: &Act) -> Event {
        self.operator.sign(event, act)
    }
}

/// The sessions of operators.
#[derive(Clone, Debug)]
pub struct Operators {
    db: Db,
    cookies: Cookies,
    rng: Rng,
    idle: Duration,
    absolute: Duration,
}

impl Operators {
    #[must_use]
    pub const fn new(settings: &Settings, db: Db, cookies: Cookies, rng: Rng) -> Self {
        Self {
            db,
            cookies,
            rng,
            idle: settings.idle.get(),
            absolute: settings.absolute.get(),
        }
    }

    /// Begins a session, always under a new token; answers its cookie.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(&self, change: &mut Change, operator: &Operator) -> Result<HeaderValue, StoreError> {
        let (now, token) = (change.now(), self.rng.token());
        let id = change.rng().uuid(now);
        let args = args![hash(&token), id, operator.id, now, now.plus(self.absolute)];
        change.execute(BEGIN, args).await?;
        let event = Event::new(Action::OperatorSignedIn).with("operator", operator.id);
        change.record(event.with("session", id)).await?;
        Ok(self.cookies.set(COOKIE, &token, None))
    }

    /// Who is on duty in this browser.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn on_duty(&self, headers: &HeaderMap, now: Timestamp) -> Result<Option<OnDuty>, StoreError> {
        for token in self.cookies.read_all(headers, COOKIE).take(4) {
            let args = args![hash(token), now.minus(self.idle), now];
            if let Some(row) = self.db.maybe(BY_TOKEN, args).await? {
                self.note_use(&row, token, now).await?;
                return Ok(Some(OnDuty {
                    operator: operator_of(&row)?,
                    session: row.uuid("id")?,
                }));
            }
        }
        Ok(None)
    }

    async fn note_use(&self, row: &Row, token: &str, now: Timestamp) -> Result<(), StoreError> {
        if now.since(row.time("last_seen_at")?) < GRAIN {
            return Ok(());
        }
        let mut change = Change::begin(&self.db, &Context::of_node(now, &self.rng)).await?;
        change.execute(SEEN, args![hash(token), now]).await?;
        change.commit_housekeeping().await
    }

    /// Ends the session of this browser; answers the cookie's end.
    ///
    /// # Errors
    /// Where the database does not answer; then the cookie stays, and so does the session.
    pub async fn end(&self, context: &Context, headers: &HeaderMap) -> Result<HeaderValue, StoreError> {
        let mut change = Change::begin(&self.db, context).await?;
        let mut was_open = false;
        for token in self.cookies.read_all(headers, COOKIE).take(4) {
            if let Some(row) = change.maybe(END, args![hash(token)]).await? {
                let event = Event::new(Action::OperatorSignedOut);
                change
                    .record(event.with("operator", row.uuid("operator_id")?))
                    .await?;
                was_open = true;
            }
        }
        if was_open {
            change.commit().await?;
        }
        Ok(self.cookies.clear(COOKIE))
    }
}
