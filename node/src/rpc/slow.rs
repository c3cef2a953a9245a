//! Slow requests: on their own threads, few at once, and refused rather than left waiting.

use super::{RpcError, RpcLimits, limits::WAITING_PER_SLOT};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// The gate of slow requests.
pub(super) struct Slow {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    time_ms: u64,
}

/// Counts a request as waiting until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slow {
    pub(super) fn new(limits: &RpcLimits) -> Self {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let slots = if limits.calls_at_once == 0 { processors() } else { limits.calls_at_once };
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            waiting: AtomicUsize::new(0),
            max_waiting: slots.saturating_mul(WAITING_PER_SLOT),
            time_ms: limits.call_time_ms,
        }
    }

    /// When a request that starts now must have ended.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.time_ms)
    }

    /// Runs `work` on a blocking thread. The slot is held until it ends, even where the asker is gone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let slot = match self.slots.clone().try_acquire_owned() {
            Ok(slot) => slot,
            Err(_) => self.wait().await?,
        };
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .unwrap_or_else(|error| Err(RpcError::Internal(format!("the request died: {error}"))))
    }

    async fn wait(&self) -> Result<tokio::sync::OwnedSemaphorePermit, RpcError> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        let busy =
            || RpcError::Limit("server is busy: too many slow requests wait; try again".into());
        if before >= self.max_waiting {
            return Err(busy());
        }
        let patience = Duration::from_millis(self.time_ms);
        match tokio::time::timeout(patience, self.slots.clone().acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => Err(busy()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_request_that_waits_too_long_is_refused_and_the_slot_comes_back() {
        let limits = RpcLimits { calls_at_once: 1, call_time_ms: 50, ..RpcLimits::default() };
        let slow = Arc::new(Slow::new(&limits));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let slow = slow.clone();
            async move { slow.run(move || Ok(held.recv().is_ok())).await }
        });
        while slow.slots.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = slow.run(|| Ok(())).await;
        assert!(matches!(second, Err(RpcError::Limit(_))), "{second:?}");
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(true));
        assert_eq!(slow.run(|| Ok(7)).await, Ok(7));
        assert_eq!(slow.waiting.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error() {
        let slow = Slow::new(&RpcLimits::default());
        let result: Result<(), _> = slow.run(|| panic!("boom")).await;
        assert!(matches!(result, Err(RpcError::Internal(_))));
    }
}
