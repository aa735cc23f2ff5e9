use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Error};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::clock::moment;

/// How long a request waits for a connection before it is answered with 503, and how long PostgreSQL may work at one
/// statement of a node's.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
/// While a database that is starting refuses connections, it is asked again after this.
const RETRY: Duration = Duration::from_millis(50);

/// Connections of one database, lent one statement or transaction at a time.
///
/// sqlx has a pool too, which asks every connection that comes back whether it is alive: a round
/// trip and a task for each statement, a third of what a sign-in costs. Here a connection whose
/// work ended well goes straight back, and only one that was dropped in its midst is looked after.
#[derive(Debug)]
pub(super) struct Pool<C: Lent>(Arc<Inner<C>>);

#[derive(Debug)]
struct Inner<C: Lent> {
    options: C::Options,
    terms: Terms,
    size: u32,
    places: Arc<Semaphore>,
    /// The one that came back last is lent first, so that what is not needed grows old.
    idle: Mutex<Vec<Idle<C>>>,
}

/// When a connection is replaced by a new one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// Firewalls forget connections that nobody uses.
    pub(super) unused: Option<Duration>,
    /// After a failover, all come to the new server within this time.
    pub(super) whole: Option<Duration>,
    /// What is asked of a server that is gone without a word is never answered.
    pub(super) silent: Option<Duration>,
}

#[derive(Debug)]
struct Idle<C> {
    connection: C,
    opened: Instant,
    returned: Instant,
}

/// What the pool must be able to ask of a connection.
pub(super) trait Lent: Connection + 'static {
    /// Ends a transaction that nobody committed. A connection that cannot is not lent again.
    fn roll_back(&mut self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Tells the server of a new connection how long its work may take, where that is limited.
    fn agree(&mut self, terms: Terms) -> impl Future<Output = Result<(), Error>> + Send;
}

impl<C: Lent> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Lent> Pool<C> {
    /// Opens the first connection at once, so that a wrong address is found at start.
    pub(super) async fn open(options: C::Options, size: u32, terms: Terms) -> Result<Self, Error> {
        let pool = Self(Arc::new(Inner {
            options,
            terms,
            size,
            places: Arc::new(Semaphore::new(size as usize)),
            idle: Mutex::default(),
        }));
        pool.lend().await?.give_back();
        Ok(pool)
    }

    /// Lends a connection; waits for one while all are in use.
    pub(super) async fn lend(&self) -> Result<Lease<C>, Error> {
        let places = Arc::clone(&self.0.places);
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => timeout(PATIENCE, places.acquire_owned())
                .await
                .map_err(|_| Error::PoolTimedOut)?
                .map_err(|_| Error::PoolClosed)?,
        };
        let (connection, opened) = match self.0.take() {
            Some(idle) => (idle.connection, idle.opened),
            None => (self.0.connect_on_terms().await?, moment()),
        };
        Ok(Lease {
            connection: Some(connection),
            opened,
            place: Some(place),
            pool: Arc::clone(&self.0),
        })
    }

    /// A connection that is not one of those lent: for work that may take as long as it takes.
    pub(super) async fn apart(&self) -> Result<C, Error> {
        self.0.connect().await
    }

    /// Lends nothing any longer, waits for what is lent, and closes all.
    pub(super) async fn close(&self) {
        let everything = timeout(PATIENCE, self.0.places.acquire_many(self.0.size)).await;
        self.0.places.close();
        drop(everything);
        while let Some(idle) = self.0.take() {
            // It is closed on our side whatever the other says.
            idle.connection.close().await.ok();
        }
    }
}

impl<C: Lent> Inner<C> {
    fn take(&self) -> Option<Idle<C>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = moment();
        let limit = self.terms.unused.unwrap_or(Duration::MAX);
        // Those beneath the last one have waited even longer.
        if idle.last().is_some_and(|last| now - last.returned > limit) {
            idle.clear();
        }
        idle.pop()
    }

    fn keep(&self, connection: C, opened: Instant) {
        let now = moment();
        if self.places.is_closed() || self.terms.whole.is_some_and(|age| now - opened > age) {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle {
            connection,
            opened,
            returned: now,
        });
    }

    /// Where one connection is dead without a word, those that lie beside it are no better.
    fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn connect_on_terms(&self) -> Result<C, Error> {
        let mut connection = self.connect().await?;
        timeout(PATIENCE, connection.agree(self.terms))
            .await
            .unwrap_or_else(|_| Err(silence()))?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<C, Error> {
        let starting = async {
            loop {
                match self.options.connect().await {
                    Err(fault) if is_starting(&fault) => sleep(RETRY).await,
                    ended => return ended,
                }
            }
        };
        timeout(PATIENCE, starting)
            .await
            .unwrap_or(Err(Error::PoolTimedOut))
    }
}

/// Whether a database refuses only because it is starting or stopping (class 57 of PostgreSQL).
fn is_starting(fault: &Error) -> bool {
    match fault {
        Error::Io(fault) => fault.kind() == io::ErrorKind::ConnectionRefused,
        Error::Database(fault) => fault.code().is_some_and(|code| code.starts_with("57")),
        _ => false,
    }
}

fn silence() -> Error {
    Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "the server does not answer",
    ))
}

/// Waits for the answer to one statement; none where it does not come in time.
pub(super) async fn in_time<T>(limit: Option<Duration>, answer: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => timeout(limit, answer).await.ok(),
        None => Some(answer.await),
    }
}

/// A connection on loan. Dropped without [`Lease::give_back`], because a statement failed, its
/// request was given up, or its transaction was not committed, it is rolled back first.
#[derive(Debug)]
pub(super) struct Lease<C: Lent> {
    connection: Option<C>,
    opened: Instant,
    place: Option<OwnedSemaphorePermit>,
    pool: Arc<Inner<C>>,
}

impl<C: Lent> Lease<C> {
    /// The connection, until it is given back.
    pub(super) fn connection(&mut self) -> Result<&mut C, Error> {
        self.connection.as_mut().ok_or(Error::PoolClosed)
    }

    /// How long the answer to one statement is waited for.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.pool.terms.silent
    }

    /// What came of a statement. A connection that did not answer is closed: what it still has to say belongs to
    /// nobody.
    pub(super) fn heard<T>(&mut self, answer: Option<Result<T, Error>>) -> Result<T, Error> {
        answer.unwrap_or_else(|| {
            self.connection = None;
            self.pool.forget();
            Err(silence())
        })
    }

    /// Returns a connection that has ended its work.
    pub(super) fn give_back(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.keep(connection, self.opened);
        }
    }
}

impl<C: Lent> Drop for Lease<C> {
    fn drop(&mut self) {
        let (Some(mut connection), Some(place)) = (self.connection.take(), self.place.take()) else {
            return;
        };
        let (pool, opened) = (Arc::clone(&self.pool), self.opened);
        let mend = async move {
            if matches!(timeout(PATIENCE, connection.roll_back()).await, Ok(Ok(()))) {
                pool.keep(connection, opened);
            }
            drop(place);
        };
        // Without a runtime the process is ending, and the connection with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(mend);
        }
    }
}
