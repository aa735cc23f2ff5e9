use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::federation::EntityId;

/// At once, and of these at one host: below a wildcard any stranger can make up names, and each would have us ask around.
const MOST: usize = 32;
const MOST_OF_A_HOST: usize = 2;

/// The looks at systems not known yet that are under way, by host.
#[derive(Clone, Debug, Default)]
pub(super) struct Looks(Arc<Mutex<HashMap<String, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    all: Looks,
    host: String,
}

impl Looks {
    /// Nothing where there are enough.
    pub(super) fn begin(&self, id: &EntityId) -> Option<Place> {
        let host = id.authority().to_owned();
        let mut hosts = self.hosts();
        let at_host = hosts.get(&host).copied().unwrap_or_default();
        if at_host >= MOST_OF_A_HOST || hosts.values().sum::<usize>() >= MOST {
            return None;
        }
        hosts.insert(host.clone(), at_host + 1);
        drop(hosts);
        Some(Place {
            all: self.clone(),
            host,
        })
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut hosts = self.all.hosts();
        if let Some(at_host) = hosts.get_mut(&self.host) {
            *at_host -= 1;
            if *at_host == 0 {
                hosts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::Relaxation;

    #[test]
    fn so_many_at_once_and_no_more() {
        let looks = Looks::default();
        let begin = |id: &str| looks.begin(&EntityId::parse(id, Relaxation::Nothing).unwrap());
        let mut first = [
            begin("https://a.city.example/1"),
            begin("https://a.city.example/2"),
        ];
        assert!(first.iter().all(Option::is_some));
        assert!(begin("https://a.city.example/3").is_none());
        let others: Vec<_> = (0..30)
            .map(|host| begin(&format!("https://b{host}.city.example")))
            .collect();
        assert!(others.iter().all(Option::is_some));
        assert!(begin("https://c.city.example").is_none());
        first[0] = None;
        assert!(
            begin("https://c.city.example").is_some(),
            "its place is free again"
        );
        drop((first, others));
        assert!(looks.hosts().is_empty());
    }
}
