//! What would take the place of units that leave: the best losing units that can come there, one after the
//! other, each exact after those before it.
//!
//! While units have not been replaced yet they stay where they are and are moved like all others; a replacement
//! comes along a path to one of their swarms and displaces it there. The set of nodes that such a path can
//! start from only shrinks, so a unit that cannot come at its turn never can.

use super::{
    component::{Component, NONE},
    labels::{Labels, Losers},
    meter::{Exhausted, Meter},
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Which losing units do not count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Without {
    /// Those of this account.
    pub(super) account: Option<u32>,
    /// Those of bids by which sellers earn nothing.
    pub(super) defaulted: bool,
}

/// Units that come next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// Price of a unit.
    pub(super) price: u64,
    /// Units.
    pub(super) units: u32,
    /// Whose; [`NONE`] for a seller that keeps its unit.
    pub(super) bid: u32,
    /// Whether it enters at a swarm that units leave, which takes nothing from anybody else's way.
    pub(super) is_local: bool,
}

/// A swarm that units leave.
#[derive(Debug, Clone, Copy)]
struct Root {
    swarm: u32,
    /// Units that are still to be displaced.
    left: u64,
    /// The next of its labels.
    label: u32,
}

/// Scratch that all releases of a component share; the flow is as it was when none is under way.
pub(super) struct Ground<'a> {
    pub(super) graph: &'a Component,
    pub(super) losers: &'a Losers,
    pub(super) labels: Labels,
    flow: Vec<u32>,
    /// What the flow was, newest last.
    undo: Vec<(u32, u32)>,
    roots: Vec<Root>,
    /// Search round in which a node was found to reach a root, and the edge that leads there.
    round: u32,
    found: Vec<u32>,
    toward: Vec<u32>,
    queue: Vec<u32>,
    heap: BinaryHeap<Reverse<(u32, u32)>>,
}

/// How the next unit is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Along the labels of the roots.
    Labels,
    /// Among all nodes that reach a root.
    Search,
}

/// A release under way.
pub(super) struct Release<'g, 'a> {
    ground: &'g mut Ground<'a>,
    without: Without,
    /// Whether units that enter at the root leave its units for others (one root only).
    keeps_local: bool,
    mode: Mode,
    /// The loser under way and how many of its units have come.
    loser: u32,
    taken: u32,
}

impl<'a> Ground<'a> {
    pub(super) fn new(
        graph: &'a Component,
        losers: &'a Losers,
        labels: Labels,
        flow: Vec<u32>,
    ) -> Self {
        let nodes = graph.nodes();
        Self {
            graph,
            losers,
            labels,
            flow,
            undo: Vec::new(),
            roots: Vec::new(),
            round: 0,
            found: vec![0; nodes],
            toward: vec![NONE; nodes],
            queue: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Units leave one swarm, all that were won there. Units that enter there may come without end; of others at most
    /// as many as leave.
    pub(super) fn release_all(
        &mut self,
        swarm: u32,
        won: u64,
        without: Without,
    ) -> Release<'_, 'a> {
        self.start(&[(swarm, won)], without, true)
    }

    /// The given units leave several swarms.
    pub(super) fn release(&mut self, units: &[(u32, u64)], without: Without) -> Release<'_, 'a> {
        self.start(units, without, false)
    }

    fn start(
        &mut self,
        units: &[(u32, u64)],
        without: Without,
        keeps_local: bool,
    ) -> Release<'_, 'a> {
        self.end();
        let root = |(swarm, left): &(u32, u64)| Root { swarm: *swarm, left: *left, label: 0 };
        self.roots.extend(units.iter().map(root));
        Release { ground: self, without, keeps_local, mode: Mode::Labels, loser: 0, taken: 0 }
    }

    /// Puts the flow back.
    fn end(&mut self) {
        while let Some((edge, units)) = self.undo.pop() {
            self.flow[edge as usize] = units;
        }
        self.roots.clear();
    }

    fn set(&mut self, edge: u32, units: u32) {
        self.undo.push((edge, self.flow[edge as usize]));
        self.flow[edge as usize] = units;
    }

    /// One step back along the way of a label: the edge, whether it leads into a seller, and the label before.
    fn back(&self, (node, place): (u32, u32)) -> Option<(u32, bool, (u32, u32))> {
        let label = self.labels.at(node, place);
        if label.edge == NONE {
            return None;
        }
        let edge = label.edge as usize;
        let before = if self.graph.is_swarm(node) {
            self.graph.seller_node(edge)
        } else {
            self.graph.edge_swarm[edge]
        };
        Some((label.edge, !self.graph.is_swarm(node), (before, label.before)))
    }

    /// Sends units over an arc: into the seller of an edge, or out of it.
    fn send(&mut self, edge: u32, units: u32, into_seller: bool) {
        let now = self.flow[edge as usize];
        self.set(edge, if into_seller { now + units } else { now - units });
    }
}

impl Release<'_, '_> {
    /// The next units that come, or none: then nothing more can.
    pub(super) fn next(&mut self, meter: &mut Meter) -> Result<Option<Entry>, Exhausted> {
        if self.mode == Mode::Labels {
            match self.next_by_labels(meter)? {
                Step::Entry(entry) => return Ok(Some(entry)),
                Step::End => return Ok(None),
                Step::Unknown => self.search_from_here(meter)?,
            }
        }
        self.next_by_search(meter)
    }

    fn next_by_labels(&mut self, meter: &mut Meter) -> Result<Step, Exhausted> {
        loop {
            meter.spend(self.ground.roots.len())?;
            let Some((root, loser)) = self.best_label() else { return Ok(Step::Unknown) };
            if loser == NONE {
                return Ok(Step::End);
            }
            if loser != self.loser {
                (self.loser, self.taken) = (loser, 0);
            }
            let available = self.available(loser);
            if available == 0 {
                self.ground.roots[root].label += 1;
                continue;
            }
            let Root { swarm, left, label } = self.ground.roots[root];
            if self.ground.labels.at(swarm, label).edge == NONE {
                if self.keeps_local || left > 0 {
                    return Ok(Step::Entry(self.take_local(root, available)));
                }
                return Ok(Step::Unknown);
            }
            if left == 0 {
                return Ok(Step::Unknown);
            }
            let units = self.along_labels(root, u64::from(available).min(left) as u32, meter)?;
            if units == 0 {
                return Ok(Step::Unknown);
            }
            return Ok(Step::Entry(self.entry(loser, units, false)));
        }
    }

    /// The root whose next label is the best, one with units left before others; the loser is [`NONE`] if nothing
    /// more can come. Nothing is returned where the labels do not tell. A root whose units are all displaced
    /// still counts: what comes there may send on what came before it.
    fn best_label(&self) -> Option<(usize, u32)> {
        let ground = &*self.ground;
        let mut best = (NONE, true, 0);
        if !self.keeps_local && ground.roots.iter().all(|root| root.left == 0) {
            return Some((0, NONE));
        }
        for (place, root) in ground.roots.iter().enumerate() {
            if root.label == ground.labels.count(root.swarm) {
                if !ground.labels.is_complete(root.swarm) {
                    return None;
                }
                continue;
            }
            let loser = ground.labels.at(root.swarm, root.label).loser;
            best = best.min((loser, root.left == 0, place));
        }
        Some((best.2, best.0))
    }

    /// Units of a loser that count and have not come.
    fn available(&self, loser: u32) -> u32 {
        let ground = &*self.ground;
        let bid = ground.graph.items[ground.losers.item[loser as usize] as usize].bid;
        if bid != NONE {
            let account = ground.graph.bid_account[bid as usize];
            let defaulted = ground.graph.bid_defaulted[bid as usize];
            if self.without.account == Some(account) || (self.without.defaulted && defaulted) {
                return 0;
            }
        }
        let taken = if loser == self.loser { self.taken } else { 0 };
        ground.losers.units[loser as usize] - taken
    }

    fn entry(&mut self, loser: u32, units: u32, is_local: bool) -> Entry {
        self.taken += units;
        let item = self.ground.graph.items[self.ground.losers.item[loser as usize] as usize];
        Entry { price: item.price, units, bid: item.bid, is_local }
    }

    fn take_local(&mut self, root: usize, available: u32) -> Entry {
        let mut units = available;
        if !self.keeps_local {
            let left = &mut self.ground.roots[root].left;
            units = u64::from(units).min(*left) as u32;
            *left -= u64::from(units);
        }
        self.entry(self.loser, units, true)
    }

    /// Sends up to `most` units along a label's way; as many as it still carries.
    fn along_labels(
        &mut self,
        root: usize,
        most: u32,
        meter: &mut Meter,
    ) -> Result<u32, Exhausted> {
        let ground = &mut *self.ground;
        let Root { swarm, label, .. } = ground.roots[root];
        let mut units = most;
        let mut length = 0;
        let mut at = (swarm, label);
        while let Some((edge, into_seller, before)) = ground.back(at) {
            length += 1;
            if !into_seller {
                units = units.min(ground.flow[edge as usize]);
            }
            at = before;
        }
        meter.spend(2 * length)?;
        if units > 0 {
            at = (swarm, label);
            while let Some((edge, into_seller, before)) = ground.back(at) {
                ground.send(edge, units, into_seller);
                at = before;
            }
            ground.roots[root].left -= u64::from(units);
        }
        Ok(units)
    }

    /// Leaves the labels: from the loser under way on, all that reach a root are looked at.
    fn search_from_here(&mut self, meter: &mut Meter) -> Result<(), Exhausted> {
        self.mode = Mode::Search;
        self.reach(meter)?;
        let ground = &mut *self.ground;
        ground.heap.clear();
        for &node in &ground.queue {
            let ranks = ground.losers.at(node);
            let from = ranks.partition_point(|rank| *rank < self.loser);
            if let Some(rank) = ranks.get(from) {
                ground.heap.push(Reverse((*rank, from as u32)));
            }
        }
        meter.spend(ground.queue.len())
    }

    /// Finds all nodes that reach a root, and the way there.
    fn reach(&mut self, meter: &mut Meter) -> Result<(), Exhausted> {
        let ground = &mut *self.ground;
        ground.round += 1;
        ground.queue.clear();
        let round = ground.round;
        for root in ground.roots.iter().filter(|root| self.keeps_local || root.left > 0) {
            ground.found[root.swarm as usize] = round;
            ground.toward[root.swarm as usize] = NONE;
            ground.queue.push(root.swarm);
        }
        if self.keeps_local && ground.roots.iter().all(|root| root.left == 0) {
            return Ok(());
        }
        let graph = ground.graph;
        let mut head = 0;
        while let Some(&node) = ground.queue.get(head) {
            head += 1;
            let mut visit = |other: u32, edge: u32| {
                if ground.found[other as usize] != round {
                    ground.found[other as usize] = round;
                    ground.toward[other as usize] = edge;
                    ground.queue.push(other);
                }
            };
            if graph.is_swarm(node) {
                let edges = graph.edges_of_swarm(node);
                meter.spend(edges.len())?;
                for edge in edges.filter(|edge| ground.flow[*edge] > 0) {
                    visit(graph.seller_node(edge), edge as u32);
                }
            } else {
                let edges = graph.edges_of_seller(graph.seller_of(node));
                meter.spend(edges.len())?;
                for &edge in edges {
                    visit(graph.edge_swarm[edge as usize], edge);
                }
            }
        }
        Ok(())
    }

    fn next_by_search(&mut self, meter: &mut Meter) -> Result<Option<Entry>, Exhausted> {
        while let Some(&Reverse((loser, place))) = self.ground.heap.peek() {
            meter.spend(1)?;
            if loser != self.loser {
                (self.loser, self.taken) = (loser, 0);
            }
            let node = self.node_of(loser);
            let available = self.available(loser);
            if available > 0 && self.ground.found[node as usize] == self.ground.round {
                if let Some(entry) = self.bring(loser, node, available, meter)? {
                    return Ok(Some(entry));
                }
                // The way is used up: look again at what still reaches a root.
                self.reach(meter)?;
                if self.ground.found[node as usize] == self.ground.round {
                    continue;
                }
            }
            self.ground.heap.pop();
            if self.ground.found[node as usize] == self.ground.round
                && let Some(rank) = self.ground.losers.at(node).get(place as usize + 1)
            {
                self.ground.heap.push(Reverse((*rank, place + 1)));
            }
        }
        Ok(None)
    }

    fn node_of(&self, loser: u32) -> u32 {
        let ground = &*self.ground;
        ground.graph.items[ground.losers.item[loser as usize] as usize].node
    }

    /// Brings units of a loser along the way that was found, if it still leads to a root.
    fn bring(
        &mut self,
        loser: u32,
        entry: u32,
        available: u32,
        meter: &mut Meter,
    ) -> Result<Option<Entry>, Exhausted> {
        let ground = &mut *self.ground;
        let graph = ground.graph;
        let mut units = available;
        let (mut node, mut length) = (entry, 0);
        while ground.toward[node as usize] != NONE {
            let edge = ground.toward[node as usize] as usize;
            length += 1;
            node = if graph.is_swarm(node) {
                graph.seller_node(edge)
            } else {
                units = units.min(ground.flow[edge]);
                graph.edge_swarm[edge]
            };
        }
        meter.spend(2 * length + 1)?;
        let Some(root) = ground.roots.iter().position(|root| root.swarm == node) else {
            return Ok(None);
        };
        if length == 0 && self.keeps_local {
            return Ok(Some(self.take_local(root, available)));
        }
        units = u64::from(units).min(ground.roots[root].left) as u32;
        if units == 0 {
            return Ok(None);
        }
        node = entry;
        while ground.toward[node as usize] != NONE {
            let edge = ground.toward[node as usize];
            let into_seller = graph.is_swarm(node);
            ground.send(edge, units, into_seller);
            node = if into_seller {
                graph.seller_node(edge as usize)
            } else {
                graph.edge_swarm[edge as usize]
            };
        }
        ground.roots[root].left -= u64::from(units);
        Ok(Some(self.entry(loser, units, length == 0)))
    }
}

/// What the labels tell.
enum Step {
    /// These come next.
    Entry(Entry),
    /// Nothing more can come.
    End,
    /// The labels do not tell.
    Unknown,
}
