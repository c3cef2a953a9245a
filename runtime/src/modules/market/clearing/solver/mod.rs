//! Solves one connected component of the market: who wins (allocation), and what every winner's absence would
//! be worth to the others (payments). It knows nothing of ids, hashes or money flows: nodes, units and prices.
//!
//! ```text
//! component ◄ meter ◄ flow ◄ allocation ◄ labels ◄ {detour, reach} ◄ ground ◄ release ◄ pricing      classes
//! ```
//! A node is a swarm or a seller. A bid's unit enters at its swarm, and a seller's right to keep a unit, worth
//! its ask, at the seller; both must reach free capacity. The sets of units that can be routed at once are a
//! matroid (a gammoid), so the best set is what greedy takes in one strict order, whoever computes it, and
//! the harm that a winner does is what greedy refills after its units are gone.
//!
//! Sources: section 4 of the design; Groenevelt 1991 and Fujishige 1980 (threshold decomposition), Dinic 1970,
//! Tarjan 1972, Clarke 1971.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "nodes, edges and items are numbered here and stay in range; the book's limits keep every sum far \
              below its type's end, and release builds check overflow as well"
)]

mod allocation;
mod classes;
mod component;
mod detour;
mod flow;
mod ground;
mod labels;
mod meter;
mod pricing;
mod reach;
mod release;

pub(super) use classes::classes;
pub(super) use component::{Component, Item, NONE};
pub(super) use pricing::Earned;

use allocation::{Allocation, allocate};
use meter::Meter;
use pricing::{Prices, price};

/// What solving a component gives. Vectors are by the component's own numbers.
#[derive(Debug)]
pub(super) struct Solved {
    /// Units from a swarm to a seller, by edge.
    pub(super) flow: Vec<u32>,
    /// Units won, by bid.
    pub(super) won: Vec<u32>,
    /// What each agent pays.
    pub(super) prices: Prices,
    /// Operations it took.
    pub(super) ops: u64,
    /// The component that was solved in place of the given one, if that went over its budget (F1).
    pub(super) pinned: bool,
}

/// Operations that a component may take for each of its elements and edges (rule E.8): for its allocation, and again for
/// the payments.
const OPS_PER_ELEMENT: u64 = 256;

/// Solves a component; it is left pinned if its allocation went over the budget. `break_tie` puts items of one
/// price and kind in their strict order.
pub(super) fn solve(component: &mut Component, break_tie: impl Fn(&mut [Item])) -> Solved {
    let budget = OPS_PER_ELEMENT * (component.items.len() + component.edge_seller.len()) as u64;
    solve_within(component, break_tie, budget, budget)
}

/// The same with given budgets for allocation and payments.
///
/// The items come in the order of ids where prices are equal. How many of equal ones win does not depend on their
/// order, nor does anything else: so it is made strict only among those of which some win and some lose, and these
/// are allocated once more; and again if that pins the component, which decides other ties.
pub(super) fn solve_within(
    component: &mut Component,
    break_tie: impl Fn(&mut [Item]),
    allocation_budget: u64,
    payment_budget: u64,
) -> Solved {
    let mut meter = Meter::new(allocation_budget);
    let (mut allocation, mut pinned) = allocate_or_pin(component, &mut meter);
    while break_ties(component, &allocation, &break_tie) {
        let (again, is_pinned_now) = allocate_or_pin(component, &mut meter);
        allocation = again;
        pinned |= is_pinned_now;
        if !is_pinned_now {
            break;
        }
    }
    let mut payments = Meter::new(payment_budget);
    let won = component.won(&allocation.accepted);
    let prices = price(component, &allocation, &won, &mut payments);
    Solved { flow: allocation.flow, won, prices, ops: meter.used() + payments.used(), pinned }
}

/// Makes the order strict where it decides; whether that changed it.
fn break_ties(
    component: &mut Component,
    allocation: &Allocation,
    break_tie: impl Fn(&mut [Item]),
) -> bool {
    let mut is_changed = false;
    for range in component.undecided(&allocation.accepted) {
        let tied = &mut component.items[range];
        let before = tied.to_vec();
        break_tie(tied);
        is_changed |= before != *tied;
    }
    is_changed
}

/// Finds the allocation; over the budget (F1) every seller is pinned to one swarm, and then it is found. Whether that
/// happened now.
fn allocate_or_pin(component: &mut Component, meter: &mut Meter) -> (Allocation, bool) {
    if let Ok(allocation) = allocate(component, meter) {
        return (allocation, false);
    }
    component.pin();
    meter.lift();
    let allocation = allocate(component, meter);
    (allocation.unwrap_or_else(|_| unreachable!("a meter without a budget")), true)
}

/// Finds the allocation and forgets it; operations that it took.
pub(super) fn allocate_only(component: &Component) -> u64 {
    let mut meter = Meter::new(u64::MAX);
    let allocation = allocate(component, &mut meter);
    std::hint::black_box(&allocation);
    meter.used()
}
