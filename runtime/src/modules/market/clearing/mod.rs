//! Clearing: from a book to who wins what, who pays and who earns how much. Pure, in integers, and the same on
//! every machine.
//!
//! ```text
//! book ◄ outcome ◄ tie ◄ solver (one component: nodes, units, prices) ◄ plan ◄ leases ◄ settle
//! ```
//! 1. **Plan**: the book is cut into components that share no seller, and everything that wants capacity is put in
//!    one strict order.
//! 2. **Solve**: the allocation of greatest value, and what each winner's absence would be worth to the others.
//!    Components do not see each other: they may be solved in any order, on any number of threads.
//! 3. **Settle**: payments by bid, a uniform price by class for sellers, who are never paid less than they ask,
//!    and leases.
//!
//! What is computed is unique by definition (sections 2.4 to 2.6 of the design), whatever the way there, with one
//! exception: several best flows may exist. The flow decides only who serves whom, and how a payment is split
//! over the bids of one account; it is the same here because the algorithm is.

mod book;
mod leases;
mod outcome;
mod plan;
mod settle;
mod solver;
#[cfg(test)]
mod tests;
mod tie;

pub use book::{
    BPS, Bid, Book, BookError, MAX_BID_UNITS, MAX_CAPACITY_UNITS, MAX_ENTRIES, MAX_PRICE_TICKS,
    Offer, TieRule, Tier,
};
pub use outcome::{BidResult, LeaseResult, OfferResult, Outcome, SwarmResult};

use plan::{Part, Plan};
use settle::settle;
use solver::{Solved, allocate_only, solve};

/// Clears a book.
///
/// # Errors
/// [`BookError`] if it breaks a rule; a book that passes [`Book::check`] is always cleared.
pub fn clear(book: &Book) -> Result<Outcome, BookError> {
    clear_with(book, |tasks| tasks.iter_mut().for_each(Task::run))
}

/// Clears a book whose components the caller solves: it runs every task, in any order, on as many threads as it
/// likes.
///
/// # Errors
/// As [`clear`].
pub fn clear_with(book: &Book, run: impl FnOnce(&mut [Task<'_>])) -> Result<Outcome, BookError> {
    book.check()?;
    let mut plan = Plan::new(book);
    let parts = std::mem::take(&mut plan.parts);
    let plan = plan;
    let mut tasks: Vec<Task<'_>> =
        parts.into_iter().map(|part| Task { plan: &plan, part, solved: None }).collect();
    run(&mut tasks);
    Ok(finish(&plan, tasks))
}

/// The outcome of all components together.
fn finish(plan: &Plan<'_>, tasks: Vec<Task<'_>>) -> Outcome {
    let bids = Vec::with_capacity(plan.bids.len());
    let mut outcome = Outcome { bids, ..Outcome::default() };
    for mut task in tasks {
        task.run();
        if let Some(solved) = &task.solved {
            settle(plan, &task.part, solved, &mut outcome);
        }
    }
    for (swarm, bids) in &plan.unseeded {
        let (swarm, bids) = (*swarm, *bids);
        outcome.swarms.push(SwarmResult { swarm, bids, ..SwarmResult::default() });
    }
    let lost = plan.bids.iter().filter(|bid| plan.is_unseeded(bid));
    outcome.bids.extend(lost.map(|bid| BidResult { id: bid.id, won: 0, payment: 0 }));
    outcome.bids.sort_unstable_by_key(|bid| bid.id);
    outcome.offers.sort_unstable_by_key(|offer| offer.id);
    outcome.leases.sort_unstable_by_key(|lease| (lease.bid, lease.offer));
    outcome.swarms.sort_unstable_by_key(|swarm| swarm.swarm);
    outcome
}

/// A component to solve.
#[derive(Debug)]
pub struct Task<'p> {
    plan: &'p Plan<'p>,
    part: Part,
    solved: Option<Solved>,
}

impl Task<'_> {
    /// Finds who wins, and nothing else; what that takes in operations. It changes nothing: for measuring what
    /// payments cost beside it.
    pub fn allocate(&self) -> u64 {
        allocate_only(&self.part.component)
    }

    /// Solves it, once.
    pub fn run(&mut self) {
        if self.solved.is_none() {
            let Part { component, offers, bids, .. } = &mut self.part;
            let (plan, swarms) = (self.plan, component.swarms);
            let break_tie = |tied: &mut [_]| plan.break_tie(swarms, (offers, bids), tied);
            self.solved = Some(solve(component, break_tie));
        }
    }
}
