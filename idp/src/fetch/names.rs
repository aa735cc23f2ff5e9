use std::fmt;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Guard;
use super::error::FetchError;

/// Looks a name up. Tests bring their own, to answer differently each time.
#[derive(Clone)]
pub(crate) struct Lookup(Arc<dyn Fn(String) -> Looking + Send + Sync>);
pub(crate) type Looking = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves names for the HTTP client and vets what they resolve to. The client connects to the
/// very addresses given here, so a name that changes its mind afterwards (DNS rebinding) changes
/// nothing.
#[derive(Clone, Debug)]
pub(super) struct VettedNames {
    pub(super) lookup: Lookup,
    pub(super) guard: Guard,
}

impl Lookup {
    pub(super) fn new(lookup: impl Fn(String) -> Looking + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

impl Resolve for VettedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.clone();
        Box::pin(async move {
            let found = all(&names.lookup, name.as_str()).await?;
            vet(&names.guard, &found)?;
            // Port 0 stands for the one in the address.
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

pub(super) async fn all(lookup: &Lookup, name: &str) -> Result<Vec<IpAddr>, FetchError> {
    let found = (lookup.0)(name.to_owned()).await.unwrap_or_default();
    if found.is_empty() {
        return Err(FetchError::UnknownHost);
    }
    Ok(found)
}

/// All or nothing: a name that leads inside by one of its addresses is up to something.
fn vet(guard: &Guard, found: &[IpAddr]) -> Result<(), FetchError> {
    found.iter().try_for_each(|address| guard.check(*address))
}

/// The operating system's resolver. Names below `localhost` are this machine, whatever a name server says (RFC 6761 §6.3).
pub(super) fn system() -> Lookup {
    Lookup::new(|name| {
        Box::pin(async move {
            let is_local = name.ends_with(".localhost");
            let name = if is_local { "localhost" } else { name.as_str() };
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}
