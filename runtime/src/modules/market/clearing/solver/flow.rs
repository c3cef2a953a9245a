//! Maximum flow from swarms to sellers within a part of a component, warm: it starts from the flow that is
//! there, and ends with the sets that the decomposition needs.

use super::{
    component::{Component, NONE},
    meter::{Exhausted, Meter},
};

/// The flow of a component, and what its nodes may send and take.
pub(super) struct Flow<'a> {
    pub(super) graph: &'a Component,
    /// Units on each edge.
    pub(super) units: Vec<u32>,
    /// Units that each swarm sends.
    sent: Vec<u64>,
    /// Units that each seller takes.
    load: Vec<u32>,
    /// Units that each swarm wants to send.
    pub(super) demand: Vec<u64>,
    /// Units that each seller has for bids.
    pub(super) space: Vec<u32>,
    /// The part of the component that a node is in; edges between parts do not count.
    pub(super) part: Vec<u32>,
    level: Vec<u32>,
    cursor: Vec<u32>,
    queue: Vec<u32>,
    path: Vec<u32>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(graph: &'a Component) -> Self {
        let (nodes, sellers) = (graph.nodes(), graph.capacity.len());
        Self {
            graph,
            units: vec![0; graph.edge_seller.len()],
            sent: vec![0; graph.swarms],
            load: vec![0; sellers],
            demand: vec![0; graph.swarms],
            space: vec![0; sellers],
            part: vec![0; nodes],
            level: vec![NONE; nodes],
            cursor: vec![0; nodes],
            queue: Vec::new(),
            path: Vec::new(),
        }
    }

    /// Units that a swarm wants to send and cannot.
    pub(super) fn deficit(&self, swarm: u32) -> u64 {
        self.demand[swarm as usize] - self.sent[swarm as usize]
    }

    /// Units that a seller still has.
    pub(super) fn free(&self, seller: usize) -> u32 {
        self.space[seller] - self.load[seller]
    }

    /// Makes the flow of a part maximal. Afterwards [`Self::is_short`] tells what deficits reach.
    pub(super) fn maximise(&mut self, nodes: &[u32], meter: &mut Meter) -> Result<(), Exhausted> {
        self.cut(nodes, meter)?;
        self.fill(nodes, meter)?;
        while self.levels(nodes, meter)? {
            for &node in nodes.iter().filter(|node| self.graph.is_swarm(**node)) {
                while self.deficit(node) > 0 && self.augment(node, meter)? {}
            }
        }
        Ok(())
    }

    /// Takes back what demands and spaces no longer allow.
    fn cut(&mut self, nodes: &[u32], meter: &mut Meter) -> Result<(), Exhausted> {
        for &node in nodes {
            if self.graph.is_swarm(node) {
                let swarm = node as usize;
                let mut excess = self.sent[swarm].saturating_sub(self.demand[swarm]);
                for edge in self.graph.edges_of_swarm(node) {
                    if excess == 0 {
                        break;
                    }
                    meter.spend(1)?;
                    let back = excess.min(u64::from(self.units[edge])) as u32;
                    self.add(edge, back, false);
                    excess -= u64::from(back);
                }
            } else {
                let seller = self.graph.seller_of(node);
                let mut excess = self.load[seller].saturating_sub(self.space[seller]);
                for place in 0..self.graph.edges_of_seller(seller).len() {
                    if excess == 0 {
                        break;
                    }
                    meter.spend(1)?;
                    let edge = self.graph.edges_of_seller(seller)[place] as usize;
                    let back = excess.min(self.units[edge]);
                    self.add(edge, back, false);
                    excess -= back;
                }
            }
        }
        Ok(())
    }

    /// Sends directly what can be sent directly.
    fn fill(&mut self, nodes: &[u32], meter: &mut Meter) -> Result<(), Exhausted> {
        for &swarm in nodes.iter().filter(|node| self.graph.is_swarm(**node)) {
            let mut deficit = self.deficit(swarm);
            for edge in self.graph.edges_of_swarm(swarm) {
                if deficit == 0 {
                    break;
                }
                meter.spend(1)?;
                if self.part[self.graph.seller_node(edge) as usize] != self.part[swarm as usize] {
                    continue;
                }
                let more = deficit.min(u64::from(self.free(self.graph.edge_seller[edge] as usize)));
                self.add(edge, more as u32, true);
                deficit -= more;
            }
        }
        Ok(())
    }

    /// Breadth-first from the deficits. Whether it meets free capacity.
    fn levels(&mut self, nodes: &[u32], meter: &mut Meter) -> Result<bool, Exhausted> {
        meter.spend(nodes.len())?;
        self.queue.clear();
        for &node in nodes {
            self.level[node as usize] = NONE;
            self.cursor[node as usize] = 0;
            if self.graph.is_swarm(node) && self.deficit(node) > 0 {
                self.level[node as usize] = 0;
                self.queue.push(node);
            }
        }
        let mut last = NONE;
        let mut head = 0;
        while let Some(&node) = self.queue.get(head) {
            head += 1;
            let next = self.level[node as usize] + 1;
            if next > last {
                break;
            }
            if self.graph.is_swarm(node) {
                let edges = self.graph.edges_of_swarm(node);
                meter.spend(edges.len())?;
                for edge in edges {
                    let seller = self.graph.seller_node(edge);
                    if self.reach(seller, node, next) && self.free(self.graph.seller_of(seller)) > 0
                    {
                        last = next;
                    }
                }
            } else {
                let seller = self.graph.seller_of(node);
                let count = self.graph.edges_of_seller(seller).len();
                meter.spend(count)?;
                for place in 0..count {
                    let edge = self.graph.edges_of_seller(seller)[place] as usize;
                    if self.units[edge] > 0 {
                        self.reach(self.graph.edge_swarm[edge], node, next);
                    }
                }
            }
        }
        Ok(last != NONE)
    }

    /// Gives a node its level if it has none and is in the same part.
    fn reach(&mut self, node: u32, from: u32, level: u32) -> bool {
        let is_new = self.level[node as usize] == NONE
            && self.part[node as usize] == self.part[from as usize];
        if is_new {
            self.level[node as usize] = level;
            self.queue.push(node);
        }
        is_new
    }

    /// One path from a swarm with a deficit along rising levels, depth-first; dead ends are left for good.
    fn augment(&mut self, root: u32, meter: &mut Meter) -> Result<bool, Exhausted> {
        self.path.clear();
        let mut node = root;
        loop {
            if !self.graph.is_swarm(node) && self.free(self.graph.seller_of(node)) > 0 {
                self.push(root, node);
                return Ok(true);
            }
            if let Some((edge, next)) = self.advance(node, meter)? {
                self.path.push(edge);
                node = next;
                continue;
            }
            let Some(edge) = self.path.pop() else { return Ok(false) };
            node = if self.graph.is_swarm(node) {
                self.graph.seller_node(edge as usize)
            } else {
                self.graph.edge_swarm[edge as usize]
            };
            self.cursor[node as usize] += 1;
        }
    }

    /// The next arc out of a node that leads one level on.
    fn advance(&mut self, node: u32, meter: &mut Meter) -> Result<Option<(u32, u32)>, Exhausted> {
        let deeper = self.level[node as usize] + 1;
        let (first, count) = if self.graph.is_swarm(node) {
            let edges = self.graph.edges_of_swarm(node);
            (edges.start, edges.len())
        } else {
            (0, self.graph.edges_of_seller(self.graph.seller_of(node)).len())
        };
        while (self.cursor[node as usize] as usize) < count {
            meter.spend(1)?;
            let place = self.cursor[node as usize] as usize;
            let (edge, next, is_open) = if self.graph.is_swarm(node) {
                (first + place, self.graph.seller_node(first + place), true)
            } else {
                let edge = self.graph.edges_of_seller(self.graph.seller_of(node))[place] as usize;
                (edge, self.graph.edge_swarm[edge], self.units[edge] > 0)
            };
            let same_part = self.part[next as usize] == self.part[node as usize];
            if is_open && same_part && self.level[next as usize] == deeper {
                return Ok(Some((edge as u32, next)));
            }
            self.cursor[node as usize] += 1;
        }
        Ok(None)
    }

    /// Sends along the path as much as it carries. Edges at odd places are taken back from.
    fn push(&mut self, root: u32, end: u32) {
        let mut units = self.deficit(root);
        units = units.min(u64::from(self.free(self.graph.seller_of(end))));
        for edge in self.path.iter().skip(1).step_by(2) {
            units = units.min(u64::from(self.units[*edge as usize]));
        }
        for place in 0..self.path.len() {
            let edge = self.path[place] as usize;
            self.add(edge, units as u32, place % 2 == 0);
        }
    }

    fn add(&mut self, edge: usize, units: u32, is_more: bool) {
        let (swarm, seller) =
            (self.graph.edge_swarm[edge] as usize, self.graph.edge_seller[edge] as usize);
        if is_more {
            self.units[edge] += units;
            self.sent[swarm] += u64::from(units);
            self.load[seller] += units;
        } else {
            self.units[edge] -= units;
            self.sent[swarm] -= u64::from(units);
            self.load[seller] -= units;
        }
    }

    /// Whether deficits reach a node, after [`Self::maximise`].
    pub(super) fn is_short(&self, node: u32) -> bool {
        self.level[node as usize] != NONE
    }

    /// Marks, in `reaches`, the nodes of the part from which free capacity can be reached.
    pub(super) fn reach_free(
        &mut self,
        nodes: &[u32],
        reaches: &mut [bool],
        meter: &mut Meter,
    ) -> Result<(), Exhausted> {
        self.queue.clear();
        for &node in nodes {
            let is_free = !self.graph.is_swarm(node) && self.free(self.graph.seller_of(node)) > 0;
            reaches[node as usize] = is_free;
            if is_free {
                self.queue.push(node);
            }
        }
        let mut head = 0;
        while let Some(&node) = self.queue.get(head) {
            head += 1;
            let part = self.part[node as usize];
            let mut visit = |queue: &mut Vec<u32>, other: u32| {
                if self.part[other as usize] == part && !reaches[other as usize] {
                    reaches[other as usize] = true;
                    queue.push(other);
                }
            };
            if self.graph.is_swarm(node) {
                let edges = self.graph.edges_of_swarm(node);
                meter.spend(edges.len())?;
                for edge in edges.filter(|edge| self.units[*edge] > 0) {
                    visit(&mut self.queue, self.graph.seller_node(edge));
                }
            } else {
                let edges = self.graph.edges_of_seller(self.graph.seller_of(node));
                meter.spend(edges.len())?;
                for edge in edges {
                    visit(&mut self.queue, self.graph.edge_swarm[*edge as usize]);
                }
            }
        }
        Ok(())
    }
}
