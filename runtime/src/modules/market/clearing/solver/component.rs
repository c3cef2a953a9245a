//! One connected component: swarms, sellers, who lists what, and everything that wants capacity in the strict
//! order of the auction.

/// No bid, no edge, no node.
pub(in super::super) const NONE: u32 = u32::MAX;

/// Units of one price that enter at one node: a tier of a bid, or what a seller may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Item {
    /// Price of a unit in ticks; for a seller its ask.
    pub(in super::super) price: u64,
    /// The bid, or [`NONE`] for what a seller may keep.
    pub(in super::super) bid: u32,
    /// Where it enters.
    pub(in super::super) node: u32,
    /// Units.
    pub(in super::super) units: u32,
}

/// A component. Nodes: swarms first, then sellers. Edges: by swarm, then as listed.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Component {
    /// Number of swarms.
    pub(in super::super) swarms: usize,
    /// First edge of each swarm, and the number of edges.
    pub(in super::super) swarm_start: Vec<u32>,
    /// The seller of each edge, counted from 0.
    pub(in super::super) edge_seller: Vec<u32>,
    /// The swarm of each edge.
    pub(in super::super) edge_swarm: Vec<u32>,
    /// First place of each seller in `seller_edge`, and its length.
    pub(in super::super) seller_start: Vec<u32>,
    /// Edges by seller.
    pub(in super::super) seller_edge: Vec<u32>,
    /// Units that each seller has.
    pub(in super::super) capacity: Vec<u32>,
    /// Effective ask of each seller.
    pub(in super::super) ask: Vec<u64>,
    /// Everything that wants capacity, best first.
    pub(in super::super) items: Vec<Item>,
    /// The account of each bid; one number an account.
    pub(in super::super) bid_account: Vec<u32>,
    /// The swarm of each bid.
    pub(in super::super) bid_swarm: Vec<u32>,
    /// Whether sellers must earn nothing by the bid's losing units.
    pub(in super::super) bid_defaulted: Vec<bool>,
}

impl Component {
    /// Sets the edges from (swarm, seller) pairs, which rise.
    pub(in super::super) fn set_edges(&mut self, pairs: &[(u32, u32)]) {
        let sellers = self.capacity.len();
        self.edge_swarm = pairs.iter().map(|(swarm, _)| *swarm).collect();
        self.edge_seller = pairs.iter().map(|(_, seller)| *seller).collect();
        self.swarm_start = starts(self.swarms, &self.edge_swarm);
        self.seller_start = starts(sellers, &self.edge_seller);
        let mut next = self.seller_start.clone();
        self.seller_edge = vec![0; pairs.len()];
        for (edge, seller) in self.edge_seller.iter().enumerate() {
            let place = &mut next[*seller as usize];
            self.seller_edge[*place as usize] = edge as u32;
            *place += 1;
        }
    }

    /// Number of nodes.
    pub(in super::super) fn nodes(&self) -> usize {
        self.swarms + self.capacity.len()
    }

    /// Whether a node is a swarm.
    #[inline]
    pub(super) fn is_swarm(&self, node: u32) -> bool {
        (node as usize) < self.swarms
    }

    /// Edges of a swarm.
    #[inline]
    pub(in super::super) fn edges_of_swarm(&self, swarm: u32) -> std::ops::Range<usize> {
        self.swarm_start[swarm as usize] as usize..self.swarm_start[swarm as usize + 1] as usize
    }

    /// Edges of a seller, counted from 0.
    #[inline]
    pub(in super::super) fn edges_of_seller(&self, seller: usize) -> &[u32] {
        &self.seller_edge
            [self.seller_start[seller] as usize..self.seller_start[seller + 1] as usize]
    }

    /// The seller of a node.
    #[inline]
    pub(super) fn seller_of(&self, node: u32) -> usize {
        node as usize - self.swarms
    }

    /// The node of an edge's seller.
    #[inline]
    pub(super) fn seller_node(&self, edge: usize) -> u32 {
        self.edge_seller[edge] + self.swarms as u32
    }

    /// Units won by each bid, when each node takes so many of its units.
    pub(super) fn won(&self, accepted: &[u64]) -> Vec<u32> {
        let mut left = accepted.to_vec();
        let mut won = vec![0; self.bid_account.len()];
        for item in self.items.iter().filter(|item| item.bid != NONE) {
            let left = &mut left[item.node as usize];
            let taken = u64::from(item.units).min(*left);
            *left -= taken;
            won[item.bid as usize] += taken as u32;
        }
        won
    }

    /// Runs of items of one price and kind of which some units are taken and some are not, when each node takes so
    /// many of its units: in these the order decides. Runs of one bid or seller have none.
    pub(super) fn undecided(&self, accepted: &[u64]) -> Vec<std::ops::Range<usize>> {
        let mut left = accepted.to_vec();
        let mut runs = Vec::new();
        let mut start = 0;
        let is_tied = |a: &Item, b: &Item| a.price == b.price && (a.bid == NONE) == (b.bid == NONE);
        for run in self.items.chunk_by(is_tied) {
            let (mut taken, mut wanted, mut is_one) = (0, 0, true);
            for item in run {
                let left = &mut left[item.node as usize];
                let units = u64::from(item.units).min(*left);
                *left -= units;
                taken += units;
                wanted += u64::from(item.units);
                is_one &= (item.bid, item.node) == (run[0].bid, run[0].node);
            }
            let end = start + run.len();
            if taken > 0 && taken < wanted && !is_one {
                runs.push(start..end);
            }
            start = end;
        }
        runs
    }

    /// F1: leaves each seller only the first of its swarms that somebody bids for, which leaves stars.
    pub(super) fn pin(&mut self) {
        let mut has_demand = vec![false; self.swarms];
        for item in self.items.iter().filter(|item| item.bid != NONE) {
            has_demand[item.node as usize] = true;
        }
        let kept = |seller: usize| {
            let edges = self.edges_of_seller(seller).iter();
            let mut swarms = edges.map(|edge| self.edge_swarm[*edge as usize]);
            let first = swarms.clone().next();
            swarms.find(|swarm| has_demand[*swarm as usize]).or(first)
        };
        let mut pairs: Vec<(u32, u32)> = (0..self.capacity.len())
            .filter_map(|seller| kept(seller).map(|swarm| (swarm, seller as u32)))
            .collect();
        pairs.sort_unstable();
        self.set_edges(&pairs);
    }
}

/// Where each of `count` groups starts among sorted-by-count members.
fn starts(count: usize, group_of: &[u32]) -> Vec<u32> {
    let mut starts = vec![0; count + 1];
    for group in group_of {
        starts[*group as usize + 1] += 1;
    }
    for place in 0..count {
        starts[place + 1] += starts[place];
    }
    starts
}
