//! The time that a proposer puts into blocks: the system's, which a dev chain may move forward.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Wall clock with an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicU64,
    /// Time of the next block, once; 0 for none.
    next_ms: AtomicU64,
}

impl Clock {
    /// Now, in ms since 1970.
    pub fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        now.saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// The time for a new block: what was set for it, else now.
    pub fn block_time_ms(&self) -> u64 {
        match self.next_ms.swap(0, Ordering::Relaxed) {
            0 => self.now_ms(),
            next_ms => {
                // Later blocks follow from there.
                let ahead = next_ms.saturating_sub(self.now_ms());
                self.offset_ms.fetch_add(ahead, Ordering::Relaxed);
                next_ms
            }
        }
    }

    /// Moves the clock forward; returns by how many seconds it is ahead now.
    pub fn advance(&self, seconds: u64) -> u64 {
        let ms = seconds.saturating_mul(1000);
        self.offset_ms.fetch_add(ms, Ordering::Relaxed).saturating_add(ms) / 1000
    }

    /// Gives the next block this time.
    pub fn set_next(&self, seconds: u64) {
        self.next_ms.store(seconds.saturating_mul(1000), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;

    #[test]
    fn a_set_time_holds_for_one_block_and_later_blocks_follow() {
        let clock = Clock::default();
        let far = clock.now_ms() / 1000 + 10_000;
        clock.set_next(far);
        assert_eq!(clock.block_time_ms(), far * 1000);
        assert!((far * 1000..far * 1000 + 5_000).contains(&clock.block_time_ms()));
    }
}
