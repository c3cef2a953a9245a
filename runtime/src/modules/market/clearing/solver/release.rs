//! What would take the place of units that leave: the best losing units that can come there, one after the
//! other, each exact after those before it.
//!
//! While units have not been replaced yet they stay where they are and are moved like all others; a replacement
//! comes along a way to one of their swarms and displaces it there. The set of nodes that such a way can
//! start from only shrinks, so a unit that cannot come at its turn never can, and the labels, made before
//! anything left, name all that ever could.

use super::{
    component::{Component, NONE},
    ground::{Ground, Root},
    meter::{Exhausted, Meter},
};

/// Which losing units do not count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Without {
    /// Those of this account.
    pub(super) account: Option<u32>,
    /// Those of bids by which sellers earn nothing.
    pub(super) defaulted: bool,
}

impl Without {
    /// Whether a bid's losing units count; those that a seller keeps always do.
    fn counts(self, graph: &Component, bid: u32) -> bool {
        bid == NONE
            || !(self.account == Some(graph.bid_account[bid as usize])
                || (self.defaulted && graph.bid_defaulted[bid as usize]))
    }
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

/// A release under way.
pub(super) struct Release<'g, 'a> {
    ground: &'g mut Ground<'a>,
    without: Without,
    /// Whether units that enter at the root leave its units for others (one root only).
    keeps_local: bool,
    /// Whether the labels still tell what comes.
    by_labels: bool,
    /// The loser under way and how many of its units have come.
    loser: u32,
    taken: u32,
}

impl<'g, 'a> Release<'g, 'a> {
    /// All units that were won in one swarm leave it. Units that enter there may come without end; of others at
    /// most as many as leave.
    pub(super) fn of_swarm(
        ground: &'g mut Ground<'a>,
        swarm: u32,
        won: u64,
        without: Without,
    ) -> Self {
        ground.start(&[(swarm, won)]);
        Self { ground, without, keeps_local: true, by_labels: true, loser: 0, taken: 0 }
    }

    /// The given units leave several swarms, and no more come.
    pub(super) fn of_units(
        ground: &'g mut Ground<'a>,
        units: &[(u32, u64)],
        without: Without,
    ) -> Self {
        ground.start(units);
        Self { ground, without, keeps_local: false, by_labels: true, loser: 0, taken: 0 }
    }

    /// The next units that come, or none: then nothing more can.
    pub(super) fn next(&mut self, meter: &mut Meter) -> Result<Option<Entry>, Exhausted> {
        if !self.keeps_local && self.ground.live().next().is_none() {
            return Ok(None);
        }
        if self.by_labels {
            while let Some((root, loser)) = self.best_label() {
                meter.spend(self.ground.roots.len())?;
                if loser == NONE {
                    return Ok(None);
                }
                if let Some(entry) = self.try_label(root, loser, meter)? {
                    return Ok(Some(entry));
                }
                self.ground.roots[root].label += 1;
            }
            self.leave_labels(meter)?;
        }
        self.next_by_reach(meter)
    }

    /// The root whose next label is the best, one with units left before others; the loser is [`NONE`] if nothing
    /// more can come. Nothing is returned where the labels do not tell. A root whose units are all displaced
    /// still counts: what comes there may send on what came before it.
    fn best_label(&self) -> Option<(usize, u32)> {
        let ground = &*self.ground;
        let mut best = (NONE, true, 0);
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

    /// Units of the loser of a root's next label, if any can come.
    fn try_label(
        &mut self,
        root: usize,
        loser: u32,
        meter: &mut Meter,
    ) -> Result<Option<Entry>, Exhausted> {
        let available = self.turn_to(loser);
        if available == 0 {
            return Ok(None);
        }
        let Root { swarm, left, label } = self.ground.roots[root];
        let is_local = self.ground.labels.at(swarm, label).edge == NONE;
        if is_local && self.keeps_local {
            return Ok(Some(self.come(available, true)));
        }
        let mut units = 0;
        if left > 0 {
            units = self.ground.by_label(root, available, meter)?;
        }
        if units == 0 {
            let entry = self.ground.item(loser).node;
            units = self.ground.by_detour(entry, available, meter)?;
        }
        Ok((units > 0).then(|| self.come(units, is_local)))
    }

    /// Makes a loser the one under way. How many of its units count and have not come.
    fn turn_to(&mut self, loser: u32) -> u32 {
        if loser != self.loser {
            (self.loser, self.taken) = (loser, 0);
        }
        let bid = self.ground.item(loser).bid;
        let counts = self.without.counts(self.ground.graph, bid);
        if counts { self.ground.losers.units[loser as usize] - self.taken } else { 0 }
    }

    fn come(&mut self, units: u32, is_local: bool) -> Entry {
        self.taken += units;
        let item = self.ground.item(self.loser);
        Entry { price: item.price, units, bid: item.bid, is_local }
    }

    /// From the loser under way on, all that lead to a root are looked at.
    fn leave_labels(&mut self, meter: &mut Meter) -> Result<(), Exhausted> {
        self.by_labels = false;
        self.look(meter)?;
        let Ground { reach, losers, .. } = &mut *self.ground;
        reach.gather(losers, self.loser, meter)
    }

    fn look(&mut self, meter: &mut Meter) -> Result<(), Exhausted> {
        let Ground { graph, flow, roots, reach, .. } = &mut *self.ground;
        let live = roots.iter().filter(|root| root.left > 0).map(|root| root.swarm);
        reach.search(graph, flow, live, meter)?;
        if self.keeps_local {
            roots.iter().for_each(|root| reach.visit(root.swarm, NONE));
        }
        Ok(())
    }

    fn next_by_reach(&mut self, meter: &mut Meter) -> Result<Option<Entry>, Exhausted> {
        while let Some(loser) = self.ground.reach.best() {
            meter.spend(1)?;
            let node = self.ground.item(loser).node;
            let available = self.turn_to(loser);
            if available > 0 && self.ground.reach.has(node) {
                let is_local = self.ground.reach.edge(node) == NONE;
                if is_local && self.keeps_local {
                    return Ok(Some(self.come(available, true)));
                }
                let units = self.ground.by_reach(node, available, meter)?;
                if units > 0 {
                    return Ok(Some(self.come(units, is_local)));
                }
                // The way is used up: look again at what still leads to a root.
                self.look(meter)?;
                if self.ground.reach.has(node) {
                    continue;
                }
            }
            let Ground { reach, losers, .. } = &mut *self.ground;
            reach.pass(losers, node);
        }
        Ok(None)
    }
}
