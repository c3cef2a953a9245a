//! Who wins: the greedy basis, found by guessing how far down the order capacity lasts.
//!
//! A guess takes all items before it and asks for a maximum flow. Where units cannot be routed the guess was too
//! deep (*short*), where capacity remains it was not deep enough (*ample*), and no flow passes between the
//! two; what is neither is final. Short and ample are problems of their own, on fewer nodes and items.

use super::{
    component::Component,
    flow::Flow,
    meter::{Exhausted, Meter},
};
use std::ops::Range;

/// Who wins: how many of its units each node takes, best first, and how they are routed.
#[derive(Debug)]
pub(super) struct Allocation {
    /// Units by node: won in a swarm, kept by a seller.
    pub(super) accepted: Vec<u64>,
    /// Units from swarm to seller, by edge.
    pub(super) flow: Vec<u32>,
}

/// From this depth on every second guess halves the items.
const GUESSES_BY_CAPACITY: u32 = 8;

#[derive(Clone, Copy)]
struct Undecided {
    node: u32,
    units: u32,
}

/// Nodes and undecided items that are a problem of their own; ranges of the lists in [`Search`].
struct Problem {
    nodes: Range<usize>,
    items: Range<usize>,
    depth: u32,
}

struct Search<'a> {
    flow: Flow<'a>,
    nodes: Vec<u32>,
    items: Vec<Undecided>,
    accepted: Vec<u64>,
    /// Units of the items before the guess, by node.
    pending: Vec<u64>,
    is_ample: Vec<bool>,
    parts: u32,
}

/// Finds the allocation.
pub(super) fn allocate(graph: &Component, meter: &mut Meter) -> Result<Allocation, Exhausted> {
    let count = graph.nodes();
    let mut search = Search {
        flow: Flow::new(graph),
        nodes: (0..count as u32).collect(),
        items: graph.items.iter().map(|i| Undecided { node: i.node, units: i.units }).collect(),
        accepted: vec![0; count],
        pending: vec![0; count],
        is_ample: vec![false; count],
        parts: 0,
    };
    let all = Problem { nodes: 0..count, items: 0..graph.items.len(), depth: 0 };
    let mut problems = vec![all];
    while let Some(problem) = problems.pop() {
        search.step(&problem, &mut problems, meter)?;
    }
    Ok(Allocation { accepted: search.accepted, flow: search.flow.units })
}

impl Search<'_> {
    fn step(
        &mut self,
        problem: &Problem,
        problems: &mut Vec<Problem>,
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        let guess = self.guess(problem, meter)?;
        self.demand(problem);
        let nodes = &self.nodes[problem.nodes.clone()];
        self.flow.maximise(nodes, meter)?;
        self.flow.reach_free(nodes, &mut self.is_ample, meter)?;
        for &node in nodes {
            if !self.flow.is_short(node) {
                self.accepted[node as usize] += self.pending[node as usize];
            }
            self.pending[node as usize] = 0;
        }
        self.split(problem, guess, problems);
        Ok(())
    }

    /// Where the guess cuts the items: so many whole ones, and so many units of the next. Fills `pending`.
    fn guess(&mut self, problem: &Problem, meter: &mut Meter) -> Result<(usize, u32), Exhausted> {
        let graph = self.flow.graph;
        let mut room = 0u64;
        for &node in &self.nodes[problem.nodes.clone()] {
            if !graph.is_swarm(node) {
                room += u64::from(graph.capacity[graph.seller_of(node)]);
            }
        }
        for &node in &self.nodes[problem.nodes.clone()] {
            room -= self.accepted[node as usize];
        }
        let items = &self.items[problem.items.clone()];
        let halves = problem.depth >= GUESSES_BY_CAPACITY && problem.depth % 2 == 1;
        let most = if halves && items.len() > 1 { items.len() / 2 } else { items.len() };
        if most < items.len() {
            room = u64::MAX;
        }
        let mut whole = 0;
        let mut part = 0;
        for item in &items[..most] {
            let taken = room.min(u64::from(item.units));
            self.pending[item.node as usize] += taken;
            room -= taken;
            if taken < u64::from(item.units) {
                part = taken as u32;
                break;
            }
            whole += 1;
        }
        meter.spend(problem.nodes.len() + whole + 1)?;
        Ok((problem.items.start + whole, part))
    }

    fn demand(&mut self, problem: &Problem) {
        self.parts += 1;
        let graph = self.flow.graph;
        for &node in &self.nodes[problem.nodes.clone()] {
            let wanted = self.accepted[node as usize] + self.pending[node as usize];
            self.flow.part[node as usize] = self.parts;
            if graph.is_swarm(node) {
                self.flow.demand[node as usize] = wanted;
            } else {
                let seller = graph.seller_of(node);
                self.flow.space[seller] = graph.capacity[seller] - wanted as u32;
            }
        }
    }

    /// Puts short and ample nodes, with the items that are open for them, on the list of problems.
    fn split(&mut self, problem: &Problem, (cut, part): (usize, u32), problems: &mut Vec<Problem>) {
        let is_short = |flow: &Flow<'_>, node: u32| flow.is_short(node);
        let nodes = &mut self.nodes[problem.nodes.clone()];
        let shorts = partition(nodes, |node| is_short(&self.flow, node));
        let amples = partition(&mut nodes[shorts..], |node| self.is_ample[node as usize]);
        let first = problem.nodes.start;

        let mut short_end = problem.items.start;
        for place in problem.items.start..cut {
            if is_short(&self.flow, self.items[place].node) {
                self.items[short_end] = self.items[place];
                short_end += 1;
            }
        }
        let mut ample_start = cut;
        if part > 0 {
            let item = self.items[cut];
            if is_short(&self.flow, item.node) {
                self.items[short_end] = Undecided { units: part, ..item };
                short_end += 1;
                ample_start += 1;
            } else {
                self.items[cut].units -= part;
            }
        }
        let mut ample_end = ample_start;
        for place in ample_start..problem.items.end {
            if self.is_ample[self.items[place].node as usize] {
                self.items[ample_end] = self.items[place];
                ample_end += 1;
            }
        }
        let depth = problem.depth + 1;
        let open = [
            (first..first + shorts, problem.items.start..short_end),
            (first + shorts..first + shorts + amples, ample_start..ample_end),
        ];
        problems.extend(
            open.into_iter()
                .filter(|(nodes, items)| !nodes.is_empty() && !items.is_empty())
                .map(|(nodes, items)| Problem { nodes, items, depth }),
        );
    }
}

/// Brings those that fulfil a condition to the front; how many they are.
fn partition(nodes: &mut [u32], is_first: impl Fn(u32) -> bool) -> usize {
    let mut count = 0;
    for place in 0..nodes.len() {
        if is_first(nodes[place]) {
            nodes.swap(count, place);
            count += 1;
        }
    }
    count
}
