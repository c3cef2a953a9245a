//! Token buckets: how much a peer may send in a class.

use super::limits::{BURST_SECONDS, Rate};
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Tokens are counted in thousandths, so that a millisecond of a rate is a whole number.
const MILLI: u64 = 1_000;

/// One bucket. It starts full.
#[derive(Debug, Clone)]
struct Bucket {
    per_second: u64,
    capacity_milli: u64,
    milli: u64,
}

impl Bucket {
    fn new(per_second: u64, capacity: u64) -> Self {
        let capacity_milli = capacity.saturating_mul(MILLI);
        Self { per_second, capacity_milli, milli: capacity_milli }
    }

    fn refill(&mut self, millis: u64) {
        let more = self.per_second.saturating_mul(millis);
        self.milli = self.milli.saturating_add(more).min(self.capacity_milli);
    }

    fn has(&self, amount: u64) -> bool {
        self.milli >= amount.saturating_mul(MILLI)
    }

    fn take(&mut self, amount: u64) {
        self.milli = self.milli.saturating_sub(amount.saturating_mul(MILLI));
    }

    /// Milliseconds until `amount` is there.
    fn wait_millis(&self, amount: u64) -> u64 {
        let missing =
            amount.saturating_mul(MILLI).min(self.capacity_milli).saturating_sub(self.milli);
        missing.div_ceil(self.per_second.max(1))
    }
}

/// Budget of one peer in one class, in messages and bytes.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    rate: Rate,
    messages: Bucket,
    bytes: Bucket,
    refilled: Instant,
}

impl Budget {
    /// Replaces the budget by a full one if the rate is another, as when a peer becomes a validator.
    pub(super) fn follow(&mut self, rate: Rate, frame_bytes: usize, now: Instant) {
        if self.rate != rate {
            *self = Self::new(rate, frame_bytes, now);
        }
    }

    /// Holds `BURST_SECONDS` of the rate and at least two of the longest frames.
    pub(super) fn new(rate: Rate, frame_bytes: usize, now: Instant) -> Self {
        let burst = rate.bytes.saturating_mul(BURST_SECONDS);
        let bytes = burst.max((frame_bytes as u64).saturating_mul(2));
        Self {
            rate,
            messages: Bucket::new(rate.messages, rate.messages.saturating_mul(BURST_SECONDS)),
            bytes: Bucket::new(rate.bytes, bytes),
            refilled: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let millis = now.saturating_duration_since(self.refilled).as_millis() as u64;
        if millis > 0 {
            self.messages.refill(millis);
            self.bytes.refill(millis);
            self.refilled += Duration::from_millis(millis);
        }
    }

    /// Takes one message of that length, or nothing if it is not there.
    pub(super) fn take(&mut self, bytes: usize, now: Instant) -> bool {
        self.refill(now);
        let enough = self.messages.has(1) && self.bytes.has(bytes as u64);
        if enough {
            self.messages.take(1);
            self.bytes.take(bytes as u64);
        }
        enough
    }

    /// How long until a message of that length may be sent.
    pub(super) fn wait(&mut self, bytes: usize, now: Instant) -> Duration {
        self.refill(now);
        let millis = self.messages.wait_millis(1).max(self.bytes.wait_millis(bytes as u64));
        Duration::from_millis(millis)
    }
}

/// Waits until a shared budget has a message of that length, and takes it.
pub(super) async fn pace(budget: &Mutex<Budget>, bytes: usize) {
    loop {
        let now = Instant::now();
        let wait = {
            let mut budget = budget.lock();
            if budget.take(bytes, now) {
                return;
            }
            budget.wait(bytes, now)
        };
        tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { messages: 10, bytes: 1_000 };

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let start = Instant::now();
        let mut budget = Budget::new(RATE, 10, start);
        let taken = (0..100).filter(|_| budget.take(10, start)).count();
        assert_eq!(taken, 20);
        assert_eq!(budget.wait(10, start), Duration::from_millis(100));
        let later = start + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| budget.take(10, later)).count(), 10);
    }

    #[test]
    fn bytes_run_out_as_messages_do() {
        let start = Instant::now();
        let mut budget = Budget::new(RATE, 10, start);
        assert!(budget.take(2_000, start));
        assert!(!budget.take(1, start));
        assert!(budget.take(1, start + Duration::from_millis(1)));
    }

    #[test]
    fn the_longest_frame_always_fits() {
        let start = Instant::now();
        let mut budget = Budget::new(Rate { messages: 1, bytes: 1 }, 5_000, start);
        assert!(budget.take(5_000, start));
    }

    #[test]
    fn many_short_waits_refill_as_one_long_one() {
        let start = Instant::now();
        let mut budget = Budget::new(RATE, 10, start);
        while budget.take(0, start) {}
        for micros in (0..1_000_000).step_by(300) {
            budget.refill(start + Duration::from_micros(micros));
        }
        let taken = (0..100).filter(|_| budget.take(0, start + Duration::from_secs(1))).count();
        assert_eq!(taken, 10);
    }
}
