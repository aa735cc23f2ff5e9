use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, RedisResult, TlsMode};

use super::PATIENCE;
use crate::state::StateError;

/// Where `state.url` leads.
pub(super) enum Address {
    /// `redis://[user:password@]host[:port]`, or `rediss://` for TLS.
    Server(Client),
    /// `redis+sentinel://[user:password@]sentinel[:port],…/master[?sentinel=user:password]`.
    Sentinels(SentinelClient),
    /// `redis+cluster://[user:password@]host[:port],…`.
    Cluster(ClusterClient),
}

impl Address {
    pub(super) fn read(url: &str) -> Result<Self, StateError> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        Ok(match scheme.split_once('+') {
            Some((scheme, "cluster")) => Self::Cluster(cluster(scheme, rest)?),
            Some((scheme, "sentinel")) => Self::Sentinels(Sentinels::read(scheme, rest)?.client()?),
            _ => Self::Server(Client::open(url).map_err(|fault| {
                StateError(format!(
                    "{}; state.url is memory:, or begins with redis://, rediss://, redis+sentinel:// or redis+cluster://",
                    StateError::from(fault).0
                ))
            })?),
        })
    }
}

fn cluster(scheme: &str, rest: &str) -> RedisResult<ClusterClient> {
    let (login, hosts) = split_login(rest);
    ClusterClientBuilder::new(hosts.split(',').map(|host| format!("{scheme}://{login}{host}")))
        .connection_timeout(PATIENCE)
        .response_timeout(PATIENCE)
        .build()
}

/// `user:password@` as written, and what follows it.
fn split_login(rest: &str) -> (&str, &str) {
    rest.split_at(rest.rfind('@').map_or(0, |at| at + 1))
}

#[derive(Debug, PartialEq)]
struct Sentinels {
    /// Each sentinel's own URL.
    sentinels: Vec<String>,
    master: String,
    /// A URL of any server that they watch, for how to speak to it.
    server: String,
}

impl Sentinels {
    fn read(scheme: &str, rest: &str) -> Result<Self, StateError> {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, "sentinel="));
        let (hosts, master) = rest.rsplit_once('/').unwrap_or_default();
        let (Some(sentinel_login), false) = (query.strip_prefix("sentinel="), master.is_empty()) else {
            return Err(StateError(
                "state.url must be redis+sentinel://[USER:PASSWORD@]HOST:26379,…/MASTER[?sentinel=USER:PASSWORD]"
                    .to_owned(),
            ));
        };
        let (login, hosts) = split_login(hosts);
        let at = if sentinel_login.is_empty() { "" } else { "@" };
        Ok(Self {
            sentinels: hosts
                .split(',')
                .map(|host| format!("{scheme}://{sentinel_login}{at}{}", with_port(host)))
                .collect(),
            master: master.to_owned(),
            server: format!("{scheme}://{login}any"),
        })
    }

    fn client(self) -> RedisResult<SentinelClient> {
        let server: ConnectionInfo = self.server.into_connection_info()?;
        let info =
            SentinelNodeConnectionInfo::default().set_redis_connection_info(server.redis_settings().clone());
        let info = match server.addr() {
            redis::ConnectionAddr::TcpTls { .. } => info.set_tls_mode(TlsMode::Secure),
            _ => info,
        };
        SentinelClient::build(
            self.sentinels,
            self.master,
            Some(info),
            SentinelServerType::Master,
        )
    }
}

/// Sentinels listen elsewhere than servers.
fn with_port(host: &str) -> String {
    let after_address = host.rsplit(']').next().unwrap_or(host);
    if after_address.contains(':') {
        host.to_owned()
    } else {
        format!("{host}:26379")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Address::read(url).err().unwrap().0
    }

    #[test]
    fn each_sentinel_is_asked_by_itself_and_by_its_own_password() {
        let read = |rest| Sentinels::read("rediss", rest).unwrap();
        let plain = read("a.city.example,[fd00::1],[fd00::2]:5000/city");
        assert_eq!(
            plain.sentinels,
            [
                "rediss://a.city.example:26379",
                "rediss://[fd00::1]:26379",
                "rediss://[fd00::2]:5000"
            ]
        );
        assert_eq!(
            (plain.master.as_str(), plain.server.as_str()),
            ("city", "rediss://any")
        );
        let guarded = read("yimen:p%40ss@a:1,b:2/city?sentinel=watch:word");
        assert_eq!(
            guarded.sentinels,
            ["rediss://watch:word@a:1", "rediss://watch:word@b:2"]
        );
        assert_eq!(guarded.server, "rediss://yimen:p%40ss@any");
    }

    #[test]
    fn every_form_is_read_with_and_without_tls_and_a_password() {
        for url in [
            "redis://redis.internal",
            "rediss://:secret@redis.internal:6380/1",
            "redis+cluster://a,b:7001",
            "rediss+cluster://yimen:secret@a,b:7001",
            "redis+sentinel://a,b:26380/city",
            "rediss+sentinel://yimen:secret@a,b/city?sentinel=:secret",
        ] {
            assert!(Address::read(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused_without_its_password() {
        for url in [
            "",
            "redis",
            "memory",
            "http://:secret@redis.internal",
            "redis+sentinel://yimen:secret@a:26379",
            "redis+sentinel://city@a:26379/?secret",
            "redis+sentinel://a:26379/city?password=secret",
            "redis+cluster://",
            "redis+cluster://:secret@a:port",
            "http+cluster://:secret@a:7000",
            "redis+other://:secret@a",
        ] {
            let said = refusal(url);
            assert!(!said.is_empty() && !said.contains("secret"), "{url}: {said}");
        }
    }
}
