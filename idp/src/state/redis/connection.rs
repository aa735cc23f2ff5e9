use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::SentinelClient;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult,
    ServerErrorKind, Value,
};
use tokio::sync::Mutex;

use super::PATIENCE;
use super::address::Address;

/// The way to Redis, shared by its clones.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server, made anew when it is lost.
    Single(Arc<Mutex<Single>>),
    /// To a cluster, which knows its own way.
    Cluster(ClusterConnection),
}

pub(super) struct Single {
    finder: Finder,
    link: Option<Link>,
}

enum Finder {
    Fixed(Client),
    /// Asked again each time: after a fail-over they name another master.
    Sentinels(SentinelClient),
}

/// A connection to one server.
#[derive(Clone)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    is_lost: Arc<AtomicBool>,
}

/// A connection for one piece of work.
pub(super) enum Lent {
    Link(Link),
    Cluster(ClusterConnection),
}

impl Connection {
    pub(super) async fn open(address: Address) -> RedisResult<Self> {
        let finder = match address {
            Address::Server(client) => Finder::Fixed(client),
            Address::Sentinels(sentinels) => Finder::Sentinels(sentinels),
            Address::Cluster(client) => return client.get_async_connection().await.map(Self::Cluster),
        };
        let connection = Self::Single(Arc::new(Mutex::new(Single { finder, link: None })));
        connection.lend().await?;
        Ok(connection)
    }

    /// The connection that there is, or a new one; whoever comes while it is made waits for it.
    pub(super) async fn lend(&self) -> RedisResult<Lent> {
        match self {
            Self::Cluster(connection) => Ok(Lent::Cluster(connection.clone())),
            Self::Single(single) => single.lock().await.lend().await.map(Lent::Link),
        }
    }
}

impl Single {
    async fn lend(&mut self) -> RedisResult<Link> {
        if let Some(link) = self
            .link
            .as_ref()
            .filter(|link| !link.is_lost.load(Ordering::Relaxed))
        {
            return Ok(link.clone());
        }
        let client = match &mut self.finder {
            Finder::Fixed(client) => client.clone(),
            Finder::Sentinels(sentinels) => sentinels.async_get_client().await?,
        };
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(None);
        let link = Link {
            connection: client
                .get_multiplexed_async_connection_with_config(&config)
                .await?,
            is_lost: Arc::default(),
        };
        Ok(self.link.insert(link).clone())
    }
}

impl Lent {
    /// Lends it to nobody else.
    pub(super) fn lose(&self) {
        if let Self::Link(link) = self {
            link.is_lost.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether the connection is broken, or leads to a server that is the master no longer.
pub(super) fn loses_connection(fault: &RedisError) -> bool {
    let demoted = [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown].map(ErrorKind::Server);
    fault.is_io_error() || fault.is_unrecoverable_error() || demoted.contains(&fault.kind())
}

impl ConnectionLike for Lent {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Link(link) => link.connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Link(link) => link.connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Link(link) => link.connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
