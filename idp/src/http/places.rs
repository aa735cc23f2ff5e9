use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;

use crate::signin::Senders;

/// What part of all places one sender may hold.
const SHARE: usize = 8;

/// So many of something at once in the node, and so many of them for one sender.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    senders: Senders,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_sender: HashMap<IpNet, usize>,
}

/// One place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    sender: Option<IpNet>,
}

impl Places {
    pub(super) fn new(most: usize, senders: Senders) -> Arc<Self> {
        Arc::new(Self {
            most,
            senders,
            taken: Mutex::default(),
        })
    }

    /// A place for one more, if there is room for it; without an address only the node's own bound counts.
    pub(super) fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Option<Place> {
        let sender = address.and_then(|address| self.senders.sender_of(address));
        let mut taken = self.taken();
        if taken.all >= self.most {
            return None;
        }
        if let Some(sender) = sender {
            let held = taken.by_sender.entry(sender).or_default();
            if *held >= (self.most / SHARE).max(1) {
                return None;
            }
            *held += 1;
        }
        taken.all += 1;
        drop(taken);
        Some(Place {
            places: Arc::clone(self),
            sender,
        })
    }

    /// Nothing panics while it holds the lock, so a poisoned lock still guards sound counts.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        if let Some(sender) = self.sender
            && let Some(held) = taken.by_sender.get_mut(&sender)
        {
            *held -= 1;
            if *held == 0 {
                taken.by_sender.remove(&sender);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn one_sender_holds_an_eighth_and_leaves_the_rest_to_others() {
        let places = Places::new(16, Senders::new(false));
        let (greedy, other) = (address("203.0.113.7"), address("203.0.113.8"));
        let held: Vec<_> = (0..2).map(|_| places.take(greedy).unwrap()).collect();
        assert!(places.take(greedy).is_none());
        assert!(places.take(other).is_some() && places.take(None).is_some());
        drop(held);
        assert!(places.take(greedy).is_some());
        let taken = places.taken();
        assert!(taken.all == 0 && taken.by_sender.is_empty(), "{taken:?}");
    }

    #[test]
    fn all_together_hold_no_more_than_there_are() {
        let places = Places::new(3, Senders::new(false));
        let held: Vec<_> = (1..=3)
            .map(|host| places.take(address(&format!("198.51.100.{host}"))))
            .collect();
        assert!(held.iter().all(Option::is_some));
        assert!(places.take(address("198.51.100.4")).is_none() && places.take(None).is_none());
    }
}
