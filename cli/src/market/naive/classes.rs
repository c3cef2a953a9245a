//! Who shares a price, and what a unit more would displace. Both are properties of the residual graph (a swarm
//! leads to the sellers that serve it, a seller to the swarms that it lists), and both are the same for every way
//! in which the winners can be served.

use alloy_primitives::B256;

use super::Class;
use super::greedy::{Basis, Element, Owner};
use super::part::Part;

/// The residual graph: nodes are swarms and then sellers.
struct Residual {
    forward: Vec<Vec<usize>>,
    backward: Vec<Vec<usize>>,
}

impl Residual {
    fn of(part: &Part<'_>, basis: &Basis) -> Self {
        let swarms = part.swarms.len();
        let nodes = swarms + part.sellers.len();
        let mut residual =
            Self { forward: vec![Vec::new(); nodes], backward: vec![Vec::new(); nodes] };
        for (seller, served) in basis.routes.served.iter().enumerate() {
            for (swarm, units) in served {
                residual.arc(swarms + seller, *swarm);
                if *units > 0 {
                    residual.arc(*swarm, swarms + seller);
                }
            }
        }
        residual
    }

    fn arc(&mut self, from: usize, to: usize) {
        self.forward[from].push(to);
        self.backward[to].push(from);
    }
}

/// Classes in which something is won, and for each swarm in which something is won its marginal price.
pub(super) fn of(
    part: &Part<'_>,
    elements: &[Element],
    basis: &Basis,
) -> (Vec<Class>, Vec<(B256, u128)>) {
    let residual = Residual::of(part, basis);
    let mut won = vec![0; part.swarms.len()];
    for (bid, units) in part.bids.iter().zip(&basis.won) {
        won[bid.swarm] += units;
    }
    let number = strong_components(&residual);
    let mut classes = vec![Class::default(); number.len()];
    for (swarm, id) in part.swarms.iter().enumerate().filter(|(swarm, _)| won[*swarm] > 0) {
        classes[number[swarm]].swarms.push(*id);
    }
    for (bid, _) in part.bids.iter().zip(&basis.won).filter(|(_, won)| **won > 0) {
        classes[number[bid.swarm]].bids.push(bid.place);
    }
    for (seller, of) in part.sellers.iter().enumerate() {
        if of.capacity > basis.kept[seller] {
            classes[number[part.swarms.len() + seller]].offers.push(of.place);
        }
    }
    classes.retain(|class| !class.bids.is_empty());
    let prices = marginal_prices(part, elements, basis, &residual);
    let prices = part.swarms.iter().copied().zip(prices).zip(&won);
    (classes, prices.filter(|(_, won)| **won > 0).map(|(price, _)| price).collect())
}

/// The value of the best losing unit that each swarm leads to.
fn marginal_prices(
    part: &Part<'_>,
    elements: &[Element],
    basis: &Basis,
    residual: &Residual,
) -> Vec<u128> {
    let mut best: Vec<Option<u128>> = vec![None; residual.forward.len()];
    // From the best losing unit down: whatever leads to it and to no better one displaces it.
    for (element, taken) in elements.iter().zip(&basis.taken) {
        if element.units == *taken {
            continue;
        }
        let start = match element.of {
            Owner::Bid(bid) => part.bids[bid].swarm,
            Owner::Keep(seller) => part.swarms.len() + seller,
        };
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if best[node].is_none() {
                best[node] = Some(element.value);
                open.extend(residual.backward[node].iter().filter(|from| best[**from].is_none()));
            }
        }
    }
    best.truncate(part.swarms.len());
    best.into_iter().map(Option::unwrap_or_default).collect()
}

/// For each node the number of its strongly connected component (Kosaraju: by the end of a search forward, search
/// backward).
fn strong_components(residual: &Residual) -> Vec<usize> {
    let nodes = residual.forward.len();
    let mut is_seen = vec![false; nodes];
    let mut by_end = Vec::with_capacity(nodes);
    for start in 0..nodes {
        let mut path = vec![(start, 0usize)];
        if std::mem::replace(&mut is_seen[start], true) {
            continue;
        }
        while let Some((node, next)) = path.pop() {
            let Some(to) = residual.forward[node].get(next).copied() else {
                by_end.push(node);
                continue;
            };
            path.push((node, next + 1));
            if !std::mem::replace(&mut is_seen[to], true) {
                path.push((to, 0));
            }
        }
    }
    let mut number = vec![usize::MAX; nodes];
    for (component, start) in by_end.into_iter().rev().enumerate() {
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if number[node] == usize::MAX {
                number[node] = component;
                open.extend(&residual.backward[node]);
            }
        }
    }
    number
}
