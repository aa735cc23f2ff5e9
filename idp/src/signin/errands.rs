use std::future::Future;

use tokio::sync::watch;
use tracing::Instrument as _;

use crate::web::PageError;

/// What runs to its end even if its browser hangs up: a message that was paid for, a question that was asked of the
/// authority, is written down. A node that is told to stop waits for it. Clones share it.
///
/// Each errand holds a receiver, to which nothing is ever sent: a channel tells when the last one is gone.
#[derive(Clone, Debug, Default)]
pub struct Errands(watch::Sender<()>);

impl Errands {
    /// # Errors
    /// Those of the work, and where it panics.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, PageError>> + Send + 'static,
    ) -> Result<T, PageError> {
        let held = self.0.subscribe();
        let errand = async move {
            let result = work.await;
            drop(held);
            result
        };
        tokio::spawn(errand.in_current_span())
            .await
            .map_err(PageError::internal)?
    }

    /// Waits until none is under way.
    pub async fn ended(&self) {
        self.0.closed().await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_ends_with_the_errand_and_not_with_whoever_asked_for_it() {
        let errands = Errands::default();
        errands.ended().await;
        let (answer, answered) = oneshot::channel::<()>();
        let asked = tokio::spawn({
            let errands = errands.clone();
            async move { errands.run(async { Ok(answered.await.is_ok()) }).await.is_ok() }
        });
        tokio::task::yield_now().await;
        asked.abort();
        assert!(asked.await.is_err());
        let mut ended = std::pin::pin!(errands.ended());
        let early = tokio::time::timeout(std::time::Duration::from_millis(20), ended.as_mut()).await;
        assert!(early.is_err(), "the errand is under way");
        answer.send(()).unwrap();
        ended.await;
    }
}
