//! Who serves whom: in each swarm the winners in their order meet the sellers in theirs (north-west corner).
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "numbers of a component, which stay in range"
)]

use super::plan::{Part, Plan};

/// Units of one bid served by one offer, by the component's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Served {
    pub(super) bid: u32,
    pub(super) seller: u32,
    pub(super) units: u32,
}

/// The leases of a component, by bid and seller. Bids and sellers are numbered by id.
pub(super) fn leases(plan: &Plan<'_>, part: &Part, flow: &[u32], won: &[u32]) -> Vec<Served> {
    let graph = &part.component;
    let winners = winners_by_swarm(part, won);
    let mut leases = Vec::with_capacity(winners.len());
    let mut rest = &winners[..];
    for swarm in 0..graph.swarms as u32 {
        let count = rest.partition_point(|(other, _)| *other == swarm);
        let (here, others) = rest.split_at(count);
        rest = others;
        let mut bids: Vec<u32> = here.iter().map(|(_, bid)| *bid).collect();
        let edges = graph.edges_of_swarm(swarm).filter(|edge| flow[*edge] > 0);
        let mut sellers: Vec<(u32, u32)> =
            edges.map(|edge| (graph.edge_seller[edge], flow[edge])).collect();
        // With one of either kind there is nothing to order.
        if bids.len() > 1 && sellers.len() > 1 {
            plan.ties
                .sort(&mut bids, |bid| plan.ties.bid(plan.bids[part.bids[bid as usize] as usize]));
            plan.ties.sort(&mut sellers, |(seller, _)| {
                plan.ties.offer(plan.offers[part.offers[seller as usize] as usize])
            });
        }
        let mut sellers = sellers.into_iter();
        let mut open = sellers.next();
        for bid in bids {
            let mut wanted = won[bid as usize];
            while wanted > 0
                && let Some((seller, left)) = &mut open
            {
                let units = wanted.min(*left);
                leases.push(Served { bid, seller: *seller, units });
                wanted -= units;
                *left -= units;
                if *left == 0 {
                    open = sellers.next();
                }
            }
        }
    }
    leases.sort_unstable();
    leases
}

/// (swarm, bid) of all winning bids, by swarm and bid.
fn winners_by_swarm(part: &Part, won: &[u32]) -> Vec<(u32, u32)> {
    let bids = won.iter().enumerate().filter(|(_, units)| **units > 0);
    let mut winners: Vec<(u32, u32)> =
        bids.map(|(bid, _)| (part.component.bid_swarm[bid], bid as u32)).collect();
    winners.sort_unstable();
    winners
}

/// Splits an amount over parts by their units: each the floor, the last the rest.
pub(super) fn split(amount: u128, units: &[u32]) -> Vec<u128> {
    let all: u64 = units.iter().map(|units| u64::from(*units)).sum();
    let mut parts: Vec<u128> =
        units.iter().map(|units| share(amount, u64::from(*units), all)).collect();
    let rest = amount - parts.iter().sum::<u128>();
    if let Some(last) = parts.last_mut() {
        *last += rest;
    }
    parts
}

/// `amount` × `part` / `whole`, the floor; without a product that could overflow.
pub(super) fn share(amount: u128, part: u64, whole: u64) -> u128 {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    amount / whole * part + amount % whole * part / whole
}
