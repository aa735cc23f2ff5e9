use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::error::FetchError;
use crate::clock::Timestamp;

/// How long a failure is remembered: a key set that is down is not asked for at every request.
const REMEMBERED: Duration = Duration::from_secs(5);
const MOST: usize = 1024;

/// Requests for one address that are under way, joined into one; and those that failed just now.
/// Successes are the caller's to keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared<T>(Arc<Mutex<Inner<T>>>);

#[derive(Debug, Default)]
struct Inner<T> {
    under_way: HashMap<String, Arc<OnceCell<Result<T, FetchError>>>>,
    failed: HashMap<String, (Timestamp, FetchError)>,
}

impl<T: Clone> Shared<T> {
    /// Runs `fetch` unless one for `key` is under way, or has failed within [`REMEMBERED`]. If the
    /// caller that runs it goes away, the next in line takes over.
    pub(super) async fn join<F>(&self, key: &str, now: Timestamp, fetch: F) -> Result<T, FetchError>
    where
        F: Future<Output = Result<T, FetchError>>,
    {
        let cell = {
            let mut inner = self.lock();
            if let Some((at, fault)) = inner.failed.get(key)
                && *at <= now
                && now.since(*at) < REMEMBERED
            {
                return Err(fault.clone());
            }
            inner.enter(key)
        };
        let answer = cell.get_or_init(|| fetch).await.clone();
        self.lock().leave(key, &cell, now, &answer);
        answer
    }

    /// Nothing below panics, and each step leaves the maps whole.
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inner<T> {
    fn enter(&mut self, key: &str) -> Arc<OnceCell<Result<T, FetchError>>> {
        // What everybody has walked away from would stay for ever otherwise.
        self.under_way.retain(|_, cell| Arc::strong_count(cell) > 1);
        Arc::clone(self.under_way.entry(key.to_owned()).or_default())
    }

    fn leave(
        &mut self,
        key: &str,
        cell: &Arc<OnceCell<Result<T, FetchError>>>,
        now: Timestamp,
        answer: &Result<T, FetchError>,
    ) {
        if self
            .under_way
            .get(key)
            .is_some_and(|current| Arc::ptr_eq(current, cell))
        {
            self.under_way.remove(key);
            if let Err(fault) = answer {
                self.failed
                    .retain(|_, (at, _)| *at <= now && now.since(*at) < REMEMBERED);
                if self.failed.len() < MOST {
                    self.failed.insert(key.to_owned(), (now, fault.clone()));
                }
            } else {
                self.failed.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    type Answer = Result<Vec<u8>, FetchError>;

    const NOW: Timestamp = Timestamp::from_seconds(1_000);

    async fn counted(count: &AtomicUsize, answer: Answer) -> Answer {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer
    }

    #[tokio::test]
    async fn requests_at_once_are_one_and_later_ones_are_new() {
        let (shared, count) = (Shared::default(), AtomicUsize::new(0));
        let one = || shared.join("a", NOW, counted(&count, Ok(vec![1])));
        let (first, second, third) = tokio::join!(one(), one(), one());
        assert_eq!([first, second, third], [Ok(vec![1]), Ok(vec![1]), Ok(vec![1])]);
        assert_eq!(count.load(Ordering::SeqCst), 1);
        one().await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert!(shared.lock().under_way.is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_remembered_for_seconds() {
        let (shared, count) = (Shared::default(), AtomicUsize::new(0));
        let at = |now| shared.join("a", now, counted(&count, Err(FetchError::Encoding)));
        for now in [NOW, NOW.plus(Duration::from_secs(4)), NOW.plus(REMEMBERED)] {
            assert_eq!(at(now).await, Err(FetchError::Encoding));
        }
        assert_eq!(count.load(Ordering::SeqCst), 2);
        shared.join("b", NOW, counted(&count, Ok(vec![]))).await.unwrap();
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_leaves_the_work_to_the_next() {
        let (shared, count) = (Shared::default(), AtomicUsize::new(0));
        let gone = shared.join("a", NOW, std::future::pending());
        assert!(
            tokio::time::timeout(Duration::from_millis(5), gone)
                .await
                .is_err()
        );
        assert_eq!(
            shared.join("a", NOW, counted(&count, Ok(vec![2]))).await,
            Ok(vec![2])
        );
        let gone = shared.join("c", NOW, std::future::pending());
        assert!(
            tokio::time::timeout(Duration::from_millis(5), gone)
                .await
                .is_err()
        );
        shared.join("a", NOW, counted(&count, Ok(vec![2]))).await.unwrap();
        assert!(shared.lock().under_way.is_empty());
    }
}
