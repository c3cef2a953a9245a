//! What all releases of a component share: the flow, which each finds as the allocation left it, and the ways that
//! units take through it.

use super::{
    component::{Component, NONE},
    detour::Detour,
    labels::{Labels, Losers},
    meter::{Exhausted, Meter},
    reach::Reach,
};

/// A swarm that units leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Root {
    pub(super) swarm: u32,
    /// Units that are still to be displaced.
    pub(super) left: u64,
    /// The next of its labels.
    pub(super) label: u32,
}

/// An edge of a way, and whether units go over it into the seller, or leave the seller to the swarm.
pub(super) type Step = (u32, bool);

pub(super) struct Ground<'a> {
    pub(super) graph: &'a Component,
    pub(super) losers: &'a Losers,
    pub(super) labels: Labels,
    pub(super) flow: Vec<u32>,
    /// What the flow was, newest last.
    undo: Vec<(u32, u32)>,
    pub(super) roots: Vec<Root>,
    pub(super) detour: Detour,
    pub(super) reach: Reach,
    /// The way under way.
    way: Vec<Step>,
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
            detour: Detour::new(nodes),
            reach: Reach::new(nodes),
            way: Vec::new(),
        }
    }

    /// Ends the release under way, and starts one of the given units.
    pub(super) fn start(&mut self, units: &[(u32, u64)]) {
        while let Some((edge, units)) = self.undo.pop() {
            self.flow[edge as usize] = units;
        }
        self.detour.start();
        self.roots.clear();
        let root = |(swarm, left): &(u32, u64)| Root { swarm: *swarm, left: *left, label: 0 };
        self.roots.extend(units.iter().map(root));
    }

    /// The item behind a loser: its price, bid and node.
    pub(super) fn item(&self, loser: u32) -> super::component::Item {
        self.graph.items[self.losers.item[loser as usize] as usize]
    }

    /// Swarms from which units are still to be displaced.
    pub(super) fn live(&self) -> impl Iterator<Item = u32> {
        self.roots.iter().filter(|root| root.left > 0).map(|root| root.swarm)
    }

    /// Brings up to `most` units along the way of a root's next label; as many as it still carries.
    pub(super) fn by_label(
        &mut self,
        root: usize,
        most: u32,
        meter: &mut Meter,
    ) -> Result<u32, Exhausted> {
        self.way.clear();
        let Root { swarm, label, .. } = self.roots[root];
        let (mut node, mut place) = (swarm, label);
        loop {
            let label = self.labels.at(node, place);
            if label.edge == NONE {
                break;
            }
            let is_swarm = self.graph.is_swarm(node);
            self.way.push((label.edge, !is_swarm));
            node = self.other_end(label.edge, is_swarm);
            place = label.before;
        }
        self.send(root, most, meter)
    }

    /// Brings up to `most` units of a loser along any way to a root that there is; none if there is none.
    pub(super) fn by_detour(
        &mut self,
        entry: u32,
        most: u32,
        meter: &mut Meter,
    ) -> Result<u32, Exhausted> {
        if self.detour.is_dead(entry) {
            return Ok(0);
        }
        let live = self.roots.iter().filter(|root| root.left > 0).map(|root| root.swarm);
        let Some(middle) = self.detour.search(self.graph, &self.flow, entry, live, meter)? else {
            return Ok(0);
        };
        self.way.clear();
        let mut node = middle;
        while self.detour.edge_ahead(node) != NONE {
            let edge = self.detour.edge_ahead(node);
            let is_swarm = self.graph.is_swarm(node);
            self.way.push((edge, !is_swarm));
            node = self.other_end(edge, is_swarm);
        }
        node = middle;
        while self.detour.edge_back(node) != NONE {
            let edge = self.detour.edge_back(node);
            let is_swarm = self.graph.is_swarm(node);
            self.way.push((edge, is_swarm));
            node = self.other_end(edge, is_swarm);
        }
        let Some(root) = self.roots.iter().position(|root| root.swarm == node) else {
            return Ok(0);
        };
        self.send(root, most, meter)
    }

    /// Brings up to `most` units of a loser along the way that was found when all nodes were looked at, if it
    /// still leads to a root.
    pub(super) fn by_reach(
        &mut self,
        entry: u32,
        most: u32,
        meter: &mut Meter,
    ) -> Result<u32, Exhausted> {
        self.way.clear();
        let mut node = entry;
        while self.reach.edge(node) != NONE {
            let edge = self.reach.edge(node);
            let is_swarm = self.graph.is_swarm(node);
            self.way.push((edge, is_swarm));
            node = self.other_end(edge, is_swarm);
        }
        let Some(root) = self.roots.iter().position(|root| root.swarm == node) else {
            return Ok(0);
        };
        self.send(root, most, meter)
    }

    /// The node at the other end of an edge.
    fn other_end(&self, edge: u32, from_swarm: bool) -> u32 {
        if from_swarm {
            self.graph.seller_node(edge as usize)
        } else {
            self.graph.edge_swarm[edge as usize]
        }
    }

    /// Sends as much as the way carries, at most what the root has left.
    fn send(&mut self, root: usize, most: u32, meter: &mut Meter) -> Result<u32, Exhausted> {
        meter.spend(2 * self.way.len() + 1)?;
        let mut units = u64::from(most).min(self.roots[root].left) as u32;
        for (edge, into_seller) in &self.way {
            if !into_seller {
                units = units.min(self.flow[*edge as usize]);
            }
        }
        if units == 0 {
            return Ok(0);
        }
        for (edge, into_seller) in &self.way {
            let flow = &mut self.flow[*edge as usize];
            self.undo.push((*edge, *flow));
            *flow = if *into_seller { *flow + units } else { *flow - units };
        }
        self.roots[root].left -= u64::from(units);
        Ok(units)
    }
}
