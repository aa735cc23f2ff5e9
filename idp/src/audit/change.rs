use std::time::Duration;

use super::event::{Action, Actor, Event};
use super::records::INSERT;
use crate::args;
use crate::clock::Timestamp;
use crate::rng::Rng;
use crate::store::{Args, Db, Row, StoreError, Tx};

/// How long what is over stays, for whoever asks what happened and why. Ours.
pub const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// On whose behalf a change is made: what every audit row repeats.
#[derive(Clone, Debug)]
pub struct Context {
    pub now: Timestamp,
    /// The request's id, the same as in the log and on error pages; empty where nobody asked over HTTP.
    pub request_id: String,
    pub actor: Actor,
    /// Who that is, where several may do the same: an operator's id, or the client id of an operator's program.
    pub by: Option<String>,
    pub rng: Rng,
}

impl Context {
    /// What nobody asks for over HTTP: a command, or the provider's own work.
    #[must_use]
    pub fn without_request(now: Timestamp, actor: Actor, rng: &Rng) -> Self {
        Self {
            now,
            request_id: String::new(),
            actor,
            by: None,
            rng: rng.clone(),
        }
    }

    /// Names who acts, in the detail of all that is recorded.
    #[must_use]
    pub fn by(mut self, who: &str) -> Self {
        self.by = Some(who.to_owned());
        self
    }

    /// What a node does by itself, at nobody's request.
    #[must_use]
    pub fn of_node(now: Timestamp, rng: &Rng) -> Self {
        Self::without_request(now, Actor::Node, rng)
    }

    /// Writes down what happened where the audit row is the whole change: one statement, and no
    /// transaction around it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn record(&self, db: &Db, event: Event) -> Result<(), StoreError> {
        db.execute(INSERT, self.row(event)).await.map(drop)
    }

    /// Runs a statement by itself that removes what means nothing to anyone any more; answers how many rows it touched,
    /// which the audit then has under the name of `what`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn sweep(
        &self,
        db: &Db,
        what: &'static str,
        sql: &'static str,
        args: Args,
    ) -> Result<u64, StoreError> {
        let mut change = Change::begin(db, self).await?;
        let rows = change.execute(sql, args).await?;
        if rows > 0 {
            let event = Event::new(Action::RecordsSwept).with("what", what);
            change.record(event.with("rows", rows)).await?;
            change.commit().await?;
        }
        Ok(rows)
    }

    /// The columns of [`INSERT`].
    fn row(&self, mut event: Event) -> Args {
        if let Some(by) = &self.by {
            event = event.with("by", by);
        }
        let detail = (!event.detail.is_null()).then(|| event.detail.to_string());
        args![
            self.rng.uuid(self.now),
            self.now,
            &self.request_id,
            self.actor.as_str(),
            event.account,
            event.client,
            event.action.as_str(),
            detail
        ]
    }
}

/// A writing transaction that cannot be committed without saying what it did.
#[derive(Debug)]
pub struct Change {
    tx: Tx,
    context: Context,
    recorded: bool,
}

impl Change {
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(db: &Db, context: &Context) -> Result<Self, StoreError> {
        Ok(Self {
            tx: db.begin().await?,
            context: context.clone(),
            recorded: false,
        })
    }

    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.context.now
    }

    #[must_use]
    pub const fn rng(&self) -> &Rng {
        &self.context.rng
    }

    /// Runs a statement; answers how many rows it touched.
    ///
    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn execute(&mut self, sql: &'static str, args: Args) -> Result<u64, StoreError> {
        self.tx.execute(sql, args).await
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn all(&mut self, sql: &'static str, args: Args) -> Result<Vec<Row>, StoreError> {
        self.tx.all(sql, args).await
    }

    /// # Errors
    /// Where the database does not answer or refuses the statement.
    pub async fn maybe(&mut self, sql: &'static str, args: Args) -> Result<Option<Row>, StoreError> {
        self.tx.maybe(sql, args).await
    }

    /// Writes the audit row of what this transaction does.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn record(&mut self, event: Event) -> Result<(), StoreError> {
        let args = self.context.row(event);
        self.tx.execute(INSERT, args).await?;
        self.recorded = true;
        Ok(())
    }

    /// Commits what means nothing to anyone: a lease on work, a mark of last use.
    ///
    /// # Errors
    /// Where the database did not take the change.
    pub async fn commit_housekeeping(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    /// # Errors
    /// Where nothing was recorded, or the database did not take the change.
    pub async fn commit(self) -> Result<(), StoreError> {
        if !self.recorded {
            return Err(StoreError::Unaudited);
        }
        self.tx.commit().await
    }
}
