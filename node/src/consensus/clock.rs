//! The time that a proposer puts into blocks: the system's, which a dev chain may move forward.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Latest time that a user may set, in seconds since 1970: the end of the year 9999. A block takes its
/// parent's time at least, so a chain whose clock stands at the end of all numbers could never go on.
pub const MAX_TIME_S: u64 = 253_402_300_799;

/// A time that the clock does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Beyond [`MAX_TIME_S`].
    #[error("time {0} s is after the year 9999, the last that a dev chain takes ({MAX_TIME_S} s)")]
    TooFar(u64),
    /// Not after the newest block.
    #[error("time {wanted} s is not after the newest block's, {newest} s")]
    Past {
        /// The time asked for.
        wanted: u64,
        /// The newest block's.
        newest: u64,
    },
}

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
    ///
    /// # Errors
    /// [`ClockError::TooFar`]; the clock stays as it is.
    pub fn advance(&self, seconds: u64) -> Result<u64, ClockError> {
        let time_s = (self.now_ms() / 1000).saturating_add(seconds);
        if time_s > MAX_TIME_S {
            return Err(ClockError::TooFar(time_s));
        }
        let ms = seconds.saturating_mul(1000);
        Ok(self.offset_ms.fetch_add(ms, Ordering::Relaxed).saturating_add(ms) / 1000)
    }

    /// Gives the next block this time; `newest_s` is the newest block's, in seconds since 1970.
    ///
    /// # Errors
    /// [`ClockError`]; the clock stays as it is.
    pub fn set_next(&self, seconds: u64, newest_s: u64) -> Result<(), ClockError> {
        if seconds > MAX_TIME_S {
            return Err(ClockError::TooFar(seconds));
        }
        if seconds <= newest_s {
            return Err(ClockError::Past { wanted: seconds, newest: newest_s });
        }
        self.next_ms.store(seconds.saturating_mul(1000), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, ClockError, MAX_TIME_S};

    #[test]
    fn a_set_time_holds_for_one_block_and_later_blocks_follow() {
        let clock = Clock::default();
        let far = clock.now_ms() / 1000 + 10_000;
        clock.set_next(far, 0).unwrap();
        assert_eq!(clock.block_time_ms(), far * 1000);
        assert!((far * 1000..far * 1000 + 5_000).contains(&clock.block_time_ms()));
    }

    #[test]
    fn a_time_that_no_block_could_follow_is_refused_and_changes_nothing() {
        let clock = Clock::default();
        for seconds in [MAX_TIME_S, u64::MAX] {
            assert!(matches!(clock.advance(seconds), Err(ClockError::TooFar(_))));
        }
        assert_eq!(clock.advance(3), Ok(3));
        let late = MAX_TIME_S + 1;
        assert_eq!(clock.set_next(late, 0), Err(ClockError::TooFar(late)));
        assert_eq!(clock.set_next(7, 7), Err(ClockError::Past { wanted: 7, newest: 7 }));
        assert!(clock.block_time_ms() / 1000 < MAX_TIME_S);
    }
}
