//! Whether a set of units can be served: a flow from swarms to sellers, kept as units are added.

use std::collections::VecDeque;

use super::part::Part;

/// Where a unit has to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// With any seller of this swarm.
    Swarm(usize),
    /// With this seller.
    Seller(usize),
}

/// Units placed so far. What is placed can move among the sellers of its swarm, and never has to leave.
pub(super) struct Routes {
    /// For each seller: its swarms, each with the units that it serves there.
    pub(super) served: Vec<Vec<(usize, u64)>>,
    free: Vec<u64>,
    /// For each swarm: its sellers, each with the place of the swarm in the seller's list.
    sellers_of: Vec<Vec<(usize, usize)>>,
    /// Sellers from which no free capacity can be reached; it stays so, because units are only added.
    is_closed: Vec<bool>,
    visits: u64,
    seen_swarm: Vec<u64>,
    seen_seller: Vec<u64>,
    /// How the search came to a seller: from the seller before, by taking over its swarm at this place.
    came_from: Vec<Option<(usize, usize)>>,
    /// The place in its own list of the swarm by which a seller was reached.
    entry: Vec<usize>,
}

impl Routes {
    pub(super) fn new(part: &Part<'_>) -> Self {
        let mut sellers_of = vec![Vec::new(); part.swarms.len()];
        for (seller, of) in part.sellers.iter().enumerate() {
            for (place, swarm) in of.swarms.iter().enumerate() {
                sellers_of[*swarm].push((seller, place));
            }
        }
        let (swarms, sellers) = (part.swarms.len(), part.sellers.len());
        let served =
            |of: &super::part::Seller<'_>| of.swarms.iter().map(|swarm| (*swarm, 0)).collect();
        Self {
            served: part.sellers.iter().map(served).collect(),
            free: part.sellers.iter().map(|of| of.capacity).collect(),
            sellers_of,
            is_closed: vec![false; sellers],
            visits: 0,
            seen_swarm: vec![0; swarms],
            seen_seller: vec![0; sellers],
            came_from: vec![None; sellers],
            entry: vec![0; sellers],
        }
    }

    /// Places as many of `units` as can be served beside all that is placed; says how many.
    pub(super) fn place(&mut self, place: Place, units: u64) -> u64 {
        let mut placed = 0;
        while placed < units {
            let Some(end) = self.search(place) else { break };
            placed += self.shift(place, end, units - placed);
        }
        placed
    }

    /// A seller with free capacity that a chain of moves leads to.
    fn search(&mut self, place: Place) -> Option<usize> {
        self.visits += 1;
        let mut queue = VecDeque::new();
        let found = match place {
            Place::Seller(seller) => self.reach(seller, None, 0, &mut queue),
            Place::Swarm(swarm) => self.spread(swarm, None, &mut queue),
        };
        if found.is_some() {
            return found;
        }
        let mut reached = Vec::new();
        while let Some(seller) = queue.pop_front() {
            reached.push(seller);
            for place in 0..self.served[seller].len() {
                let (swarm, units) = self.served[seller][place];
                if units == 0 {
                    continue;
                }
                let found = self.spread(swarm, Some((seller, place)), &mut queue);
                if found.is_some() {
                    return found;
                }
            }
        }
        reached.into_iter().for_each(|seller| self.is_closed[seller] = true);
        None
    }

    /// To all sellers of a swarm; the first with free capacity ends the search.
    fn spread(
        &mut self,
        swarm: usize,
        from: Option<(usize, usize)>,
        queue: &mut VecDeque<usize>,
    ) -> Option<usize> {
        if self.seen_swarm[swarm] == self.visits {
            return None;
        }
        self.seen_swarm[swarm] = self.visits;
        (0..self.sellers_of[swarm].len()).find_map(|number| {
            let (seller, place) = self.sellers_of[swarm][number];
            self.reach(seller, from, place, queue)
        })
    }

    fn reach(
        &mut self,
        seller: usize,
        from: Option<(usize, usize)>,
        entry: usize,
        queue: &mut VecDeque<usize>,
    ) -> Option<usize> {
        if self.seen_seller[seller] == self.visits || self.is_closed[seller] {
            return None;
        }
        self.seen_seller[seller] = self.visits;
        self.came_from[seller] = from;
        self.entry[seller] = entry;
        queue.push_back(seller);
        (self.free[seller] > 0).then_some(seller)
    }

    /// Moves units along the chain that ends at a seller with free capacity.
    fn shift(&mut self, place: Place, end: usize, most: u64) -> u64 {
        let mut units = most.min(self.free[end]);
        let mut at = end;
        while let Some((before, taken)) = self.came_from[at] {
            units = units.min(self.served[before][taken].1);
            at = before;
        }
        self.free[end] -= units;
        at = end;
        while let Some((before, taken)) = self.came_from[at] {
            self.served[at][self.entry[at]].1 += units;
            self.served[before][taken].1 -= units;
            at = before;
        }
        if let Place::Swarm(_) = place {
            self.served[at][self.entry[at]].1 += units;
        }
        units
    }
}
