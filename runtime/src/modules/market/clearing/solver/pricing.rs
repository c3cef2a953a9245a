//! What winners pay: the value of the units that would take the place of theirs (Clarke).
//!
//! The replacements of one swarm are the same decreasing sequence for all its winners, who skip only what is their own.
//! A winner of units in several swarms, or one whose own losing units in another swarm would come, has a
//! release of its own. What sellers may earn by a winner (rule E.4) is the same sequence without the units of
//! defaulted bids.

use super::{
    allocation::Allocation,
    component::{Component, NONE},
    ground::Ground,
    labels::{Labels, Losers},
    meter::{Exhausted, Meter},
    release::{Entry, Release, Without},
};
use std::ops::Range;

/// What one agent pays for all that it won here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct AgentPrice {
    /// Where its winning bids stand; see [`Prices::bids_of`].
    bids: Range<u32>,
    /// What they cost, in ticks.
    pub(in super::super) payment: u128,
    /// The part of it that sellers may earn.
    pub(in super::super) earned: Earned,
}

/// What sellers may earn by an agent, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Earned {
    /// The replacements without those of defaulted bids (rule E.4).
    Exactly(u128),
    /// Under fall-back F2: the replacements that were found, and never less than their asks.
    AtLeast(u128),
}

/// Prices of a component.
#[derive(Debug, Default)]
pub(in super::super) struct Prices {
    /// Winning agents.
    pub(in super::super) agents: Vec<AgentPrice>,
    /// Winning bids, by agent.
    bids: Vec<u32>,
    /// By swarm: the first of the replacements of what was won there; 0 if nothing was.
    pub(in super::super) marginal: Vec<u64>,
    /// By swarm: whether its winners pay that for every unit (F2).
    pub(in super::super) fallback: Vec<bool>,
}

impl Prices {
    /// The winning bids of an agent, rising.
    pub(in super::super) fn bids_of(&self, agent: &AgentPrice) -> &[u32] {
        &self.bids[agent.bids.start as usize..agent.bids.end as usize]
    }

    fn push(&mut self, bids: &[u32], payment: u128, earned: Earned) {
        let start = self.bids.len() as u32;
        self.bids.extend_from_slice(bids);
        self.agents.push(AgentPrice { bids: start..self.bids.len() as u32, payment, earned });
    }

    /// Forgets all agents but the first ones.
    fn truncate(&mut self, agents: usize) {
        self.agents.truncate(agents);
        self.bids.truncate(self.agents.last().map_or(0, |last| last.bids.end as usize));
    }
}

/// Prices all winners.
pub(super) fn price(
    graph: &Component,
    allocation: &Allocation,
    won: &[u32],
    meter: &mut Meter,
) -> Prices {
    let losers = Losers::of(graph, allocation);
    let flow = allocation.flow.clone();
    let labels = Labels::new(graph, &losers, &flow, most_units(graph, won), meter);
    let marginal = (0..graph.swarms as u32).map(|swarm| {
        let has_winner = allocation.accepted[swarm as usize] > 0;
        let first = (has_winner && labels.count(swarm) > 0).then(|| labels.at(swarm, 0).loser);
        first.map_or(0, |loser| graph.items[losers.item[loser as usize] as usize].price)
    });
    let marginal: Vec<u64> = marginal.collect();
    let mut pricing = Pricing {
        graph,
        won,
        accepted: &allocation.accepted,
        ground: Ground::new(graph, &losers, labels, flow),
        sequence: Vec::new(),
        prices: Prices { fallback: vec![false; graph.swarms], marginal, ..Prices::default() },
        apart: Vec::new(),
    };
    pricing.all(meter);
    pricing.prices
}

/// Most units that one account won: as many replacements are wanted.
fn most_units(graph: &Component, won: &[u32]) -> u32 {
    let bids = graph.bid_account.iter().zip(won).filter(|(_, won)| **won > 0);
    let mut winners: Vec<(u32, u32)> = bids.map(|(account, won)| (*account, *won)).collect();
    if !winners.is_sorted() {
        winners.sort_unstable();
    }
    let accounts = winners.chunk_by(|a, b| a.0 == b.0);
    let units = accounts.map(|bids| bids.iter().fold(0u32, |sum, bid| sum.saturating_add(bid.1)));
    units.max().unwrap_or(0)
}

struct Pricing<'a> {
    graph: &'a Component,
    won: &'a [u32],
    accepted: &'a [u64],
    ground: Ground<'a>,
    /// Replacements of the swarm under way, as far as they were asked for.
    sequence: Vec<Entry>,
    prices: Prices,
    /// Agents that need a release of their own: their winning bids.
    apart: Vec<Vec<u32>>,
}

/// What a winner's walk along its swarm's sequence came to.
enum Walk {
    /// The sum; and whether units of defaulted bids are in it.
    Sum(u128, bool),
    /// Something must be left out that others' ways went around.
    Apart,
}

/// Winners that are priced together.
enum Group {
    /// Of one swarm, who won nothing elsewhere.
    Swarm(u32, Vec<u32>),
    /// Of one account.
    Agent(Vec<u32>),
}

impl Pricing<'_> {
    /// Prices everybody. Each group has its share of the budget, and what others leave of theirs, so that no group can
    /// use up what another needs; who needs more gets of what is left at the end, and then falls back.
    fn all(&mut self, meter: &mut Meter) {
        let (shared, joint) = self.winners();
        let swarms = (0..).zip(shared).filter(|(_, winners)| !winners.is_empty());
        let swarms = swarms.map(|(swarm, winners)| Group::Swarm(swarm, winners)).collect();
        let late_swarms = self.in_shares(swarms, meter.left() / 2, meter);
        let mut agents = std::mem::take(&mut self.apart);
        agents.extend(joint);
        agents.sort_unstable();
        let agents = agents.into_iter().map(Group::Agent).collect();
        let mut late_agents = self.in_shares(agents, meter.left(), meter);
        self.late(late_swarms, meter);
        late_agents.extend(std::mem::take(&mut self.apart).into_iter().map(Group::Agent));
        self.late(late_agents, meter);
    }

    /// Prices groups that need more than their share from what is left: in shares while that helps, then as it lasts.
    fn late(&mut self, mut groups: Vec<Group>, meter: &mut Meter) {
        let mut before = usize::MAX;
        while groups.len() < before {
            before = groups.len();
            groups = self.in_shares(groups, meter.left() / 2, meter);
        }
        for group in groups {
            if !self.is_priced(&group, meter.left(), meter) {
                self.fall_back(&group);
            }
        }
    }

    /// Prices groups, each with its part of the allowance by its weight; what one leaves goes to those after it. Returns
    /// those that need more.
    fn in_shares(&mut self, groups: Vec<Group>, allowance: u64, meter: &mut Meter) -> Vec<Group> {
        let mut weights: u64 = groups.iter().map(|group| self.weight(group)).sum();
        let end = meter.used() + allowance;
        let mut late = Vec::new();
        for group in groups {
            let weight = self.weight(&group);
            let left = u128::from(end.saturating_sub(meter.used()));
            let share = left * u128::from(weight) / u128::from(weights);
            weights -= weight;
            if !self.is_priced(&group, share as u64, meter) {
                late.push(group);
            }
        }
        late
    }

    /// Prices a group, if that takes at most so many operations.
    fn is_priced(&mut self, group: &Group, share: u64, meter: &mut Meter) -> bool {
        let priced = self.prices.agents.len();
        let done = meter.within(share, |meter| match group {
            Group::Swarm(swarm, winners) => self.swarm(*swarm, winners, meter),
            Group::Agent(bids) => self.agent(bids, meter),
        });
        if done.is_err() {
            self.prices.truncate(priced);
        }
        done.is_ok()
    }

    fn weight(&self, group: &Group) -> u64 {
        let weight = match group {
            Group::Swarm(swarm, winners) => winners.len() + self.graph.edges_of_swarm(*swarm).len(),
            Group::Agent(bids) => bids.len(),
        };
        weight as u64
    }

    /// Winning bids by swarm whose accounts won nothing else; the others' winning bids by account.
    fn winners(&self) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
        let bids = || (0..self.won.len() as u32).filter(|bid| self.won[*bid as usize] > 0);
        let account = |bid: u32| self.graph.bid_account[bid as usize];
        let mut by_account: Vec<(u32, u32)> = bids().map(|bid| (account(bid), bid)).collect();
        if !by_account.is_sorted() {
            by_account.sort_unstable();
        }
        let mut shared = vec![Vec::new(); self.graph.swarms];
        let mut joint = Vec::new();
        for bids in by_account.chunk_by(|a, b| a.0 == b.0) {
            if let [(_, bid)] = bids {
                shared[self.graph.bid_swarm[*bid as usize] as usize].push(*bid);
            } else {
                joint.push(bids.iter().map(|(_, bid)| *bid).collect());
            }
        }
        for bids in &mut shared {
            bids.sort_unstable();
        }
        (shared, joint)
    }

    /// Prices the winners of one swarm that won nothing elsewhere; where it is stopped, some of them.
    fn swarm(&mut self, swarm: u32, winners: &[u32], meter: &mut Meter) -> Result<(), Exhausted> {
        let all = Without { account: None, defaulted: false };
        let prices = &mut self.prices;
        let mut apart = Vec::new();
        let mut again = Vec::new();
        let left = self.accepted[swarm as usize];
        self.sequence.clear();
        let mut release = Release::of_swarm(&mut self.ground, swarm, left, all);
        for &bid in winners {
            let mut walk = |skips_defaulted| {
                let way =
                    Way { graph: self.graph, bid, units: self.won[bid as usize], skips_defaulted };
                way.walk(&mut release, &mut self.sequence, meter)
            };
            match walk(false)? {
                Walk::Apart => apart.push(vec![bid]),
                Walk::Sum(payment, false) => prices.push(&[bid], payment, Earned::Exactly(payment)),
                Walk::Sum(payment, true) => match walk(true)? {
                    Walk::Sum(earned, _) => prices.push(&[bid], payment, Earned::Exactly(earned)),
                    Walk::Apart => again.push((bid, payment)),
                },
            }
        }
        if !again.is_empty() {
            self.sequence.clear();
            let without = Without { account: None, defaulted: true };
            let mut release = Release::of_swarm(&mut self.ground, swarm, left, without);
            for (bid, payment) in again {
                let units = self.won[bid as usize];
                let way = Way { graph: self.graph, bid, units, skips_defaulted: true };
                match way.walk(&mut release, &mut self.sequence, meter)? {
                    Walk::Sum(earned, _) => prices.push(&[bid], payment, Earned::Exactly(earned)),
                    Walk::Apart => apart.push(vec![bid]),
                }
            }
        }
        self.apart.extend(apart);
        Ok(())
    }

    /// Prices an agent by a release of its own.
    fn agent(&mut self, bids: &[u32], meter: &mut Meter) -> Result<(), Exhausted> {
        let account = bids.first().map(|bid| self.graph.bid_account[*bid as usize]);
        let mut units: Vec<(u32, u64)> = Vec::with_capacity(bids.len());
        for &bid in bids {
            let (swarm, won) = (self.graph.bid_swarm[bid as usize], self.won[bid as usize]);
            match units.iter_mut().find(|(other, _)| *other == swarm) {
                Some((_, sum)) => *sum += u64::from(won),
                None => units.push((swarm, u64::from(won))),
            }
        }
        let (payment, has_defaulted) =
            self.refill(&units, Without { account, defaulted: false }, meter)?;
        let mut earned = payment;
        if has_defaulted {
            (earned, _) = self.refill(&units, Without { account, defaulted: true }, meter)?;
        }
        self.prices.push(bids, payment, Earned::Exactly(earned));
        Ok(())
    }

    /// The value of what takes the place of the given units, and whether defaulted bids are in it.
    fn refill(
        &mut self,
        units: &[(u32, u64)],
        without: Without,
        meter: &mut Meter,
    ) -> Result<(u128, bool), Exhausted> {
        let (mut sum, mut has_defaulted) = (0, false);
        let mut release = Release::of_units(&mut self.ground, units, without);
        while let Some(entry) = release.next(meter)? {
            sum += u128::from(entry.price) * u128::from(entry.units);
            has_defaulted |= is_defaulted(self.graph, entry.bid);
        }
        Ok((sum, has_defaulted))
    }

    /// F2: every unit at the first replacement of its swarm, which is at least what it would cost.
    fn fall_back(&mut self, group: &Group) {
        match group {
            Group::Agent(bids) => self.push_uniform(bids, 0),
            Group::Swarm(swarm, winners) => {
                self.know_first(*swarm);
                for &bid in winners {
                    let units = self.won[bid as usize];
                    let way = Way { graph: self.graph, bid, units, skips_defaulted: true };
                    let least = way.least(&self.sequence);
                    self.push_uniform(&[bid], least);
                }
            }
        }
    }

    /// The first of a swarm's replacements, which its labels tell, if not even that was asked for.
    fn know_first(&mut self, swarm: u32) {
        let labels = &self.ground.labels;
        if self.sequence.is_empty() && labels.count(swarm) > 0 {
            let label = labels.at(swarm, 0);
            let item = self.ground.item(label.loser);
            let is_local = label.edge == NONE;
            self.sequence.push(Entry { price: item.price, units: 1, bid: item.bid, is_local });
        }
    }

    fn push_uniform(&mut self, bids: &[u32], least: u128) {
        let mut payment = 0;
        for &bid in bids {
            let swarm = self.graph.bid_swarm[bid as usize] as usize;
            self.prices.fallback[swarm] = true;
            payment += u128::from(self.prices.marginal[swarm]) * u128::from(self.won[bid as usize]);
        }
        self.prices.push(bids, payment, Earned::AtLeast(least));
    }
}

fn is_defaulted(graph: &Component, bid: u32) -> bool {
    bid != NONE && graph.bid_defaulted[bid as usize]
}

/// One winner's way along the sequence of its swarm.
struct Way<'a> {
    graph: &'a Component,
    bid: u32,
    units: u32,
    skips_defaulted: bool,
}

impl Way<'_> {
    /// The sum of what is known of the sequence, less than the whole where that goes on.
    fn least(&self, sequence: &[Entry]) -> u128 {
        let (mut left, mut sum) = (self.units, 0);
        for entry in sequence {
            let is_skipped = self.is_own(entry) || is_defaulted(self.graph, entry.bid);
            if is_skipped && !entry.is_local {
                break;
            }
            let units = if is_skipped { 0 } else { entry.units.min(left) };
            sum += u128::from(entry.price) * u128::from(units);
            left -= units;
        }
        sum
    }

    fn is_own(&self, entry: &Entry) -> bool {
        let account = self.graph.bid_account[self.bid as usize];
        entry.bid != NONE && self.graph.bid_account[entry.bid as usize] == account
    }

    fn walk(
        &self,
        release: &mut Release<'_, '_>,
        sequence: &mut Vec<Entry>,
        meter: &mut Meter,
    ) -> Result<Walk, Exhausted> {
        let (mut left, mut sum, mut has_defaulted, mut place) = (self.units, 0u128, false, 0);
        while left > 0 {
            meter.spend(1)?;
            if place == sequence.len() {
                match release.next(meter)? {
                    Some(entry) => sequence.push(entry),
                    None => return Ok(Walk::Apart),
                }
            }
            let entry = sequence[place];
            let Entry { price, units, bid, is_local } = entry;
            place += 1;
            let defaulted = is_defaulted(self.graph, bid);
            if self.is_own(&entry) || (self.skips_defaulted && defaulted) {
                if !is_local {
                    return Ok(Walk::Apart);
                }
                continue;
            }
            let units = units.min(left);
            has_defaulted |= defaulted;
            sum += u128::from(price) * u128::from(units);
            left -= units;
        }
        Ok(Walk::Sum(sum, has_defaulted))
    }
}
