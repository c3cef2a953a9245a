//! All nodes that lead to a root, and their losing units in order: for releases that need more than the labels
//! know.

use super::{
    component::{Component, NONE},
    labels::Losers,
    meter::{Exhausted, Meter},
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// What was found by the newest search, and the losers that wait there.
#[derive(Debug)]
pub(super) struct Reach {
    round: u32,
    found: Vec<u32>,
    /// The edge that leads on towards a root; [`NONE`] at a root.
    toward: Vec<u32>,
    queue: Vec<u32>,
    /// Rank of the next loser of a node, and its place among the node's.
    waiting: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Reach {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            round: 0,
            found: vec![0; nodes],
            toward: vec![NONE; nodes],
            queue: Vec::new(),
            waiting: BinaryHeap::new(),
        }
    }

    /// Whether a node leads to a root.
    pub(super) fn has(&self, node: u32) -> bool {
        self.found[node as usize] == self.round
    }

    /// The edge that leads on from a node.
    pub(super) fn edge(&self, node: u32) -> u32 {
        self.toward[node as usize]
    }

    /// Finds all nodes that lead to one of the roots.
    pub(super) fn search(
        &mut self,
        graph: &Component,
        flow: &[u32],
        roots: impl Iterator<Item = u32>,
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        self.round += 1;
        self.queue.clear();
        for root in roots {
            self.visit(root, NONE);
        }
        let mut head = 0;
        while let Some(&node) = self.queue.get(head) {
            head += 1;
            if graph.is_swarm(node) {
                let edges = graph.edges_of_swarm(node);
                meter.spend(edges.len())?;
                for edge in edges.filter(|edge| flow[*edge] > 0) {
                    self.visit(graph.seller_node(edge), edge as u32);
                }
            } else {
                let edges = graph.edges_of_seller(graph.seller_of(node));
                meter.spend(edges.len())?;
                for &edge in edges {
                    self.visit(graph.edge_swarm[edge as usize], edge);
                }
            }
        }
        Ok(())
    }

    /// Counts a node as one that leads to a root.
    pub(super) fn visit(&mut self, node: u32, edge: u32) {
        if self.found[node as usize] != self.round {
            self.found[node as usize] = self.round;
            self.toward[node as usize] = edge;
            self.queue.push(node);
        }
    }

    /// Lets all losers from `first` on wait, whose nodes were found.
    pub(super) fn gather(
        &mut self,
        losers: &Losers,
        first: u32,
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        self.waiting.clear();
        meter.spend(self.queue.len())?;
        for &node in &self.queue {
            let ranks = losers.at(node);
            let place = ranks.partition_point(|rank| *rank < first);
            if let Some(rank) = ranks.get(place) {
                self.waiting.push(Reverse((*rank, place as u32)));
            }
        }
        Ok(())
    }

    /// The best loser that waits.
    pub(super) fn best(&self) -> Option<u32> {
        self.waiting.peek().map(|Reverse((loser, _))| *loser)
    }

    /// The best one, of `node`, waits no longer; its node's next does, if the node still leads to a root.
    pub(super) fn pass(&mut self, losers: &Losers, node: u32) {
        let Some(Reverse((_, place))) = self.waiting.pop() else { return };
        if self.has(node)
            && let Some(rank) = losers.at(node).get(place as usize + 1)
        {
            self.waiting.push(Reverse((*rank, place + 1)));
        }
    }
}
