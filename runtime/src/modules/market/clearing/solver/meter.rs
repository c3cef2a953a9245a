//! Counts operations, so that work is bounded alike on every machine.

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// Operations used, and how many there may be.
#[derive(Debug)]
pub(super) struct Meter {
    used: u64,
    budget: u64,
}

impl Meter {
    pub(super) fn new(budget: u64) -> Self {
        Self { used: 0, budget }
    }

    /// No budget from here on.
    pub(super) fn lift(&mut self) {
        self.budget = u64::MAX;
    }

    pub(super) fn used(&self) -> u64 {
        self.used
    }

    /// Operations that may still be spent.
    pub(super) fn left(&self) -> u64 {
        self.budget.saturating_sub(self.used)
    }

    /// Lets `work` spend at most so many operations of the budget.
    pub(super) fn within<T>(&mut self, most: u64, work: impl FnOnce(&mut Self) -> T) -> T {
        let budget = self.budget;
        self.budget = budget.min(self.used.saturating_add(most));
        let done = work(self);
        self.budget = budget;
        done
    }

    /// Books operations that are done whatever the budget is.
    pub(super) fn count(&mut self, operations: usize) {
        self.used += operations as u64;
    }

    /// Books operations that were done, or are about to be.
    #[inline]
    pub(super) fn spend(&mut self, operations: usize) -> Result<(), Exhausted> {
        self.count(operations);
        if self.used > self.budget { Err(Exhausted) } else { Ok(()) }
    }
}
