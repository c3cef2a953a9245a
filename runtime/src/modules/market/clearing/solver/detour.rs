//! A way for a losing unit whose label's way is used up: searched from both ends at once, so that it costs twice
//! the smaller of the two sides at most.

use super::{
    component::{Component, NONE},
    meter::{Exhausted, Meter},
};

/// One side: the nodes it reached in this round, and the edge that leads to each.
#[derive(Debug)]
struct Side {
    seen: Vec<u32>,
    edge: Vec<u32>,
    queue: Vec<u32>,
    head: usize,
    looks: usize,
}

impl Side {
    fn new(nodes: usize) -> Self {
        Self { seen: vec![0; nodes], edge: vec![NONE; nodes], queue: Vec::new(), head: 0, looks: 0 }
    }

    fn start(&mut self, round: u32, from: impl Iterator<Item = u32>) {
        self.queue.clear();
        (self.head, self.looks) = (0, 0);
        for node in from {
            self.reach(node, NONE, round);
        }
    }

    /// Whether the node is new to this side.
    fn reach(&mut self, node: u32, edge: u32, round: u32) -> bool {
        let is_new = self.seen[node as usize] != round;
        if is_new {
            self.seen[node as usize] = round;
            self.edge[node as usize] = edge;
            self.queue.push(node);
        }
        is_new
    }
}

/// Scratch of searches; and what failed searches say of the release under way.
#[derive(Debug)]
pub(super) struct Detour {
    ahead: Side,
    back: Side,
    round: u32,
    /// Stamp of the release in which nothing comes out of a node.
    closed: Vec<u32>,
    /// Stamp of the newest search that knew all nodes that lead to a root.
    alive: Vec<u32>,
    release: u32,
    newest: u32,
}

impl Detour {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            ahead: Side::new(nodes),
            back: Side::new(nodes),
            round: 0,
            closed: vec![0; nodes],
            alive: vec![0; nodes],
            release: 0,
            newest: 0,
        }
    }

    /// A new release: nothing is known of it.
    pub(super) fn start(&mut self) {
        self.release += 1;
        self.newest = 0;
    }

    /// Whether it is known that no unit comes from here to a root; then it never does in this release.
    pub(super) fn is_dead(&self, node: u32) -> bool {
        self.closed[node as usize] == self.release
            || (self.newest != 0 && self.alive[node as usize] != self.newest)
    }

    /// Searches a way from `entry` to one of the roots: the node where the two sides met.
    pub(super) fn search(
        &mut self,
        graph: &Component,
        flow: &[u32],
        entry: u32,
        roots: impl Iterator<Item = u32>,
        meter: &mut Meter,
    ) -> Result<Option<u32>, Exhausted> {
        self.round += 1;
        let round = self.round;
        self.ahead.start(round, std::iter::once(entry));
        self.back.start(round, roots);
        if self.back.seen[entry as usize] == round {
            return Ok(Some(entry));
        }
        loop {
            let forward = self.ahead.looks <= self.back.looks;
            let (side, other) =
                if forward { (&mut self.ahead, &self.back) } else { (&mut self.back, &self.ahead) };
            let Some(&node) = side.queue.get(side.head) else { break };
            side.head += 1;
            // Ahead, an arc into a swarm needs flow; back, one out of a seller, which is the same edge.
            let is_swarm = graph.is_swarm(node);
            let needs_flow = is_swarm != forward;
            let looks = if is_swarm {
                graph.edges_of_swarm(node).len()
            } else {
                graph.edges_of_seller(graph.seller_of(node)).len()
            };
            side.looks += looks + 1;
            meter.spend(looks + 1)?;
            for place in 0..looks {
                let (edge, next) = if is_swarm {
                    let edge = graph.edges_of_swarm(node).start + place;
                    (edge, graph.seller_node(edge))
                } else {
                    let edge = graph.edges_of_seller(graph.seller_of(node))[place] as usize;
                    (edge, graph.edge_swarm[edge])
                };
                if needs_flow && flow[edge] == 0 {
                    continue;
                }
                let is_new = side.reach(next, edge as u32, round);
                if is_new && other.seen[next as usize] == round {
                    return Ok(Some(next));
                }
            }
        }
        self.give_up(meter);
        Ok(None)
    }

    /// Remembers what the end of one side says: nothing comes out of what was reached from the entry, or nothing but
    /// what was reached from the roots leads to them.
    fn give_up(&mut self, meter: &mut Meter) {
        if self.ahead.head == self.ahead.queue.len() {
            meter.count(self.ahead.queue.len());
            for node in &self.ahead.queue {
                self.closed[*node as usize] = self.release;
            }
        } else {
            meter.count(self.back.queue.len());
            self.newest = self.round;
            for node in &self.back.queue {
                self.alive[*node as usize] = self.round;
            }
        }
    }

    /// The edge by which the search came to a node from the entry.
    pub(super) fn edge_ahead(&self, node: u32) -> u32 {
        self.ahead.edge[node as usize]
    }

    /// The edge that leads on from a node towards a root.
    pub(super) fn edge_back(&self, node: u32) -> u32 {
        self.back.edge[node as usize]
    }
}
