//! For every node, the best losing units that could take the place of a unit that leaves there.
//!
//! A losing unit can replace one of swarm `k` if a path leads from where it enters to `k`: from a swarm to any
//! seller that lists it, from a seller to a swarm that it serves. Units are followed from the best on; a node
//! that knows enough of them needs no more, and neither does anything behind it.

use super::{
    allocation::Allocation,
    component::{Component, NONE},
    meter::Meter,
};

/// Most losers that a node is told of; who needs more searches for itself.
const MOST_LOSERS: u32 = 32;

/// Items that did not win everything, best first.
#[derive(Debug)]
pub(super) struct Losers {
    /// Place of each among the items.
    pub(super) item: Vec<u32>,
    /// Units that did not win.
    pub(super) units: Vec<u32>,
    /// First place of each node in `by_node`, and its length.
    start: Vec<u32>,
    /// Losers by node, best first.
    by_node: Vec<u32>,
}

impl Losers {
    pub(super) fn of(graph: &Component, allocation: &Allocation) -> Self {
        let mut left = allocation.accepted.clone();
        let (mut item, mut units) = (Vec::new(), Vec::new());
        let mut start = vec![0u32; graph.nodes() + 1];
        for (place, wanted) in graph.items.iter().enumerate() {
            let left = &mut left[wanted.node as usize];
            let taken = u64::from(wanted.units).min(*left) as u32;
            *left -= u64::from(taken);
            if taken < wanted.units {
                item.push(place as u32);
                units.push(wanted.units - taken);
                start[wanted.node as usize + 1] += 1;
            }
        }
        for node in 0..graph.nodes() {
            start[node + 1] += start[node];
        }
        let mut next = start.clone();
        let mut by_node = vec![0; item.len()];
        for (rank, place) in item.iter().enumerate() {
            let next = &mut next[graph.items[*place as usize].node as usize];
            by_node[*next as usize] = rank as u32;
            *next += 1;
        }
        Self { item, units, start, by_node }
    }

    /// Ranks of a node's losers, best first.
    pub(super) fn at(&self, node: u32) -> &[u32] {
        let range = self.start[node as usize] as usize..self.start[node as usize + 1] as usize;
        &self.by_node[range]
    }
}

/// A loser that can come to a node, and the last step of its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    /// Its rank among the losers.
    pub(super) loser: u32,
    /// The edge by which it comes; [`NONE`] where it enters.
    pub(super) edge: u32,
    /// Its place among the labels of the node that it comes from.
    pub(super) before: u32,
}

/// Labels of every node, best first.
#[derive(Debug)]
pub(super) struct Labels {
    /// Losers that a node is told of: each brings one unit at least.
    enough: u32,
    labels: Vec<Label>,
    count: Vec<u32>,
}

impl Labels {
    /// Tells every node of `wanted` losers, or of [`MOST_LOSERS`]. Costs at most [`MOST_LOSERS`] looks at every edge from
    /// both sides, which is below every component's budget, and fall-back F2 needs them: so it is never stopped.
    pub(super) fn new(
        graph: &Component,
        losers: &Losers,
        flow: &[u32],
        wanted: u32,
        meter: &mut Meter,
    ) -> Self {
        let enough = wanted.clamp(1, MOST_LOSERS);
        let (nodes, stride) = (graph.nodes(), enough as usize);
        let none = Label { loser: NONE, edge: NONE, before: NONE };
        let mut labels = Self { enough, labels: vec![none; nodes * stride], count: vec![0; nodes] };
        let mut queue = Vec::new();
        // Swarms whose labels may still be wanted: when all know enough, nothing is left to tell.
        let mut unsaturated = nodes;
        meter.count(losers.item.len());
        for (loser, place) in losers.item.iter().enumerate() {
            if unsaturated == 0 {
                break;
            }
            let loser = loser as u32;
            let entry = graph.items[*place as usize].node;
            queue.clear();
            labels.tell(entry, Label { loser, ..none }, &mut queue, &mut unsaturated);
            let mut head = 0;
            while let Some(&node) = queue.get(head) {
                head += 1;
                let before = labels.count[node as usize] - 1;
                if graph.is_swarm(node) {
                    let edges = graph.edges_of_swarm(node);
                    meter.count(edges.len());
                    for edge in edges {
                        let label = Label { loser, edge: edge as u32, before };
                        let next = graph.seller_node(edge);
                        labels.tell(next, label, &mut queue, &mut unsaturated);
                    }
                } else {
                    let edges = graph.edges_of_seller(graph.seller_of(node));
                    meter.count(edges.len());
                    for &edge in edges.iter().filter(|edge| flow[**edge as usize] > 0) {
                        let label = Label { loser, edge, before };
                        let next = graph.edge_swarm[edge as usize];
                        labels.tell(next, label, &mut queue, &mut unsaturated);
                    }
                }
            }
        }
        labels
    }

    fn tell(&mut self, node: u32, label: Label, queue: &mut Vec<u32>, unsaturated: &mut usize) {
        let place = node as usize;
        let count = self.count[place];
        if count >= self.enough || (count > 0 && self.at(node, count - 1).loser == label.loser) {
            return;
        }
        self.labels[place * self.enough as usize + count as usize] = label;
        self.count[place] += 1;
        *unsaturated -= usize::from(self.count[place] >= self.enough);
        queue.push(node);
    }

    /// A label of a node.
    #[inline]
    pub(super) fn at(&self, node: u32, place: u32) -> Label {
        self.labels[node as usize * self.enough as usize + place as usize]
    }

    /// How many a node has.
    #[inline]
    pub(super) fn count(&self, node: u32) -> u32 {
        self.count[node as usize]
    }

    /// Whether a node has all that can come to it, or only the best.
    pub(super) fn is_complete(&self, node: u32) -> bool {
        self.count[node as usize] < self.enough
    }
}
