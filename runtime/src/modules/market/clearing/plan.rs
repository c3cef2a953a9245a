//! From a book to components: swarms are numbered, connected ones found, and everything that wants capacity is
//! put in the strict order.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "places are counted here, below the limit of entries"
)]

use super::{
    Bid, Book, Offer,
    solver::{Component, Item, NONE},
    tie::Ties,
};
use alloy_primitives::{Address, B256};

/// A book, sorted and cut into components.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) book: &'a Book,
    pub(super) ties: Ties,
    /// Bids by id.
    pub(super) bids: Vec<&'a Bid>,
    /// Offers by id.
    pub(super) offers: Vec<&'a Offer>,
    /// Swarms that somebody seeds, rising.
    pub(super) swarms: Vec<B256>,
    /// What is bid for and nobody seeds, with the number of its bids, rising.
    pub(super) unseeded: Vec<(B256, u32)>,
    pub(super) parts: Vec<Part>,
}

/// A component and what its numbers stand for.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) component: Component,
    /// Places among [`Plan::swarms`].
    pub(super) swarms: Vec<u32>,
    /// Places among [`Plan::offers`].
    pub(super) offers: Vec<u32>,
    /// Places among [`Plan::bids`].
    pub(super) bids: Vec<u32>,
}

impl<'a> Plan<'a> {
    /// Plans a book that was checked.
    pub(super) fn new(book: &'a Book) -> Self {
        let ties = Ties::of(book);
        let bids = by_id(&book.bids, |bid| bid.id);
        let offers = by_id(&book.offers, |offer| offer.id);
        let mut swarms: Vec<B256> = offers.iter().flat_map(|offer| offer.swarms.clone()).collect();
        swarms.sort_unstable();
        swarms.dedup();
        let places = Places::new(swarms);
        let mut plan = Self {
            book,
            ties,
            bids,
            offers,
            swarms: Vec::new(),
            unseeded: Vec::new(),
            parts: Vec::new(),
        };
        plan.split(&places);
        plan.swarms = places.swarms;
        plan
    }

    /// Whether nobody seeds what the bid is for.
    pub(super) fn is_unseeded(&self, bid: &Bid) -> bool {
        self.unseeded.binary_search_by_key(&bid.swarm, |(swarm, _)| *swarm).is_ok()
    }

    fn split(&mut self, places: &Places) {
        let listed: Vec<Vec<u32>> = self
            .offers
            .iter()
            .map(|offer| offer.swarms.iter().filter_map(|swarm| places.find(swarm)).collect())
            .collect();
        let (part_of, local) = self.group(places.swarms.len(), &listed);
        for (offer, listed) in listed.iter().enumerate() {
            let part = &mut self.parts[part_of[listed[0] as usize] as usize];
            part.offers.push(offer as u32);
            part.component.capacity.push(self.offers[offer].capacity);
            let ask = self.offers[offer].ask(self.book.min_ask, self.book.fee_bps);
            part.component.ask.push(ask);
        }
        let accounts = accounts(&self.bids);
        let mut unseeded = Vec::new();
        for (place, bid) in self.bids.iter().enumerate() {
            let Some(swarm) = places.find(&bid.swarm) else {
                unseeded.push(bid.swarm);
                continue;
            };
            let part = &mut self.parts[part_of[swarm as usize] as usize];
            part.bids.push(place as u32);
            part.component.bid_account.push(accounts[place]);
            part.component.bid_swarm.push(local[swarm as usize]);
            part.component.bid_defaulted.push(bid.defaulted);
        }
        unseeded.sort_unstable();
        let runs = unseeded.chunk_by(|a, b| a == b);
        self.unseeded = runs.map(|run| (run[0], run.len() as u32)).collect();
        let mut parts = std::mem::take(&mut self.parts);
        for part in &mut parts {
            let mut pairs = Vec::new();
            for (seller, offer) in part.offers.iter().enumerate() {
                let listed = listed[*offer as usize].iter();
                pairs.extend(listed.map(|swarm| (local[*swarm as usize], seller as u32)));
            }
            pairs.sort_unstable();
            part.component.set_edges(&pairs);
            part.component.items = self.items(part);
        }
        self.parts = parts;
    }

    /// The component of every swarm, and the swarm's number there.
    fn group(&mut self, swarms: usize, listed: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
        let mut root: Vec<u32> = (0..swarms as u32).collect();
        for listed in listed {
            for pair in listed.windows(2) {
                let (a, b) = (find(&mut root, pair[0]), find(&mut root, pair[1]));
                root[a.max(b) as usize] = a.min(b);
            }
        }
        let mut part_of = vec![NONE; swarms];
        let mut local = vec![0; swarms];
        for swarm in 0..swarms as u32 {
            // A root is the lowest of its component, so it has its number before the others ask for it.
            let root = find(&mut root, swarm);
            if root == swarm {
                part_of[swarm as usize] = self.parts.len() as u32;
                self.parts.push(Part::default());
            }
            part_of[swarm as usize] = part_of[root as usize];
            let part = &mut self.parts[part_of[swarm as usize] as usize];
            local[swarm as usize] = part.swarms.len() as u32;
            part.swarms.push(swarm);
            part.component.swarms += 1;
        }
        (part_of, local)
    }

    /// Puts items of one price and kind, which stand in the order of ids and tiers, in the order of their tie keys.
    pub(super) fn break_tie(
        &self,
        swarms: usize,
        (offers, bids): (&[u32], &[u32]),
        tied: &mut [Item],
    ) {
        self.ties.sort(tied, |item| match item.bid {
            NONE => self.ties.offer(self.offers[offers[item.node as usize - swarms] as usize]),
            bid => self.ties.bid(self.bids[bids[bid as usize] as usize]),
        });
    }

    /// Everything that wants capacity, best first: higher price; a bid before a seller that keeps; then id and
    /// tier. Tie keys come in only where they decide (`solver::solve`). Tiers below every ask of the component are
    /// left out: they cannot win, and a seller's own unit is the better replacement.
    fn items(&self, part: &Part) -> Vec<Item> {
        let graph = &part.component;
        let least = graph.ask.iter().copied().min().unwrap_or(u64::MAX);
        let mut items = Vec::with_capacity(part.bids.len() + graph.ask.len());
        for (bid, place) in part.bids.iter().enumerate() {
            let tiers = self.bids[*place as usize].tiers.iter().filter(|tier| tier.price >= least);
            let (bid, node) = (bid as u32, graph.bid_swarm[bid]);
            items.extend(tiers.map(|t| Item { price: t.price, bid, node, units: t.quantity }));
        }
        for (seller, (ask, capacity)) in graph.ask.iter().zip(&graph.capacity).enumerate() {
            let node = (graph.swarms + seller) as u32;
            items.push(Item { price: *ask, bid: NONE, node, units: *capacity });
        }
        let mut order: Vec<u128> = items
            .iter()
            .enumerate()
            .map(|(place, item)| (u128::from(!item.price) << 64) | place as u128)
            .collect();
        order.sort_unstable();
        let sorted: Vec<Item> = order.iter().map(|key| items[*key as u64 as usize]).collect();
        sorted
    }
}

/// References to things, by id.
fn by_id<T>(things: &[T], id: impl Fn(&T) -> u64) -> Vec<&T> {
    let mut sorted: Vec<&T> = things.iter().collect();
    if !sorted.is_sorted_by_key(|thing| id(thing)) {
        sorted.sort_unstable_by_key(|thing| id(thing));
    }
    sorted
}

/// The lowest of a component (union-find with halved paths).
fn find(root: &mut [u32], mut node: u32) -> u32 {
    while root[node as usize] != node {
        root[node as usize] = root[root[node as usize] as usize];
        node = root[node as usize];
    }
    node
}

/// Finds swarms in a rising list by their first bytes, then whole.
struct Places {
    heads: Vec<u64>,
    swarms: Vec<B256>,
}

impl Places {
    fn new(swarms: Vec<B256>) -> Self {
        Self { heads: swarms.iter().map(|swarm| head(swarm.as_slice())).collect(), swarms }
    }

    fn find(&self, swarm: &B256) -> Option<u32> {
        let head = head(swarm.as_slice());
        let first = self.heads.partition_point(|other| *other < head);
        if self.swarms.get(first) == Some(swarm) {
            return Some(first as u32);
        }
        let same = self.heads[first..].partition_point(|other| *other == head);
        let found = self.swarms[first..first + same].binary_search(swarm).ok()?;
        Some((first + found) as u32)
    }
}

fn head(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |head| u64::from_be_bytes(*head))
}

/// A number for every bid's account: the place of its first bid.
fn accounts(bids: &[&Bid]) -> Vec<u32> {
    let head = |buyer: &Address| u128::from(head(buyer.as_slice())) << 64;
    let mut order: Vec<u128> =
        bids.iter().enumerate().map(|(place, bid)| head(&bid.buyer) | place as u128).collect();
    order.sort_unstable();
    let mut accounts: Vec<u32> = (0..bids.len() as u32).collect();
    for run in order.chunk_by(|a, b| a >> 64 == b >> 64).filter(|run| run.len() > 1) {
        let mut run: Vec<usize> = run.iter().map(|key| *key as u64 as usize).collect();
        run.sort_by_key(|place| bids[*place].buyer);
        for same in run.chunk_by(|a, b| bids[*a].buyer == bids[*b].buyer) {
            for place in same {
                accounts[*place] = same[0] as u32;
            }
        }
    }
    accounts
}
