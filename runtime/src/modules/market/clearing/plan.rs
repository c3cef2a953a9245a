//! From a book to components: swarms are numbered, connected ones found, and everything that wants capacity is
//! put in the strict order.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "places are counted here, below the limit of entries"
)]

use super::{
    Bid, Book, Offer, Tier,
    solver::{Component, Item, NONE},
    tie::Ties,
};
use alloy_primitives::B256;

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
    /// The least effective ask.
    least_ask: u64,
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
        self.add_bids(places, &part_of, &local);
        let mut parts = std::mem::take(&mut self.parts);
        for part in &mut parts {
            let mut pairs = Vec::new();
            for (seller, offer) in part.offers.iter().enumerate() {
                let listed = listed[*offer as usize].iter();
                pairs.extend(listed.map(|swarm| (local[*swarm as usize], seller as u32)));
            }
            pairs.sort_unstable();
            part.component.set_edges(&pairs);
            part.order_items();
        }
        self.parts = parts;
    }

    /// Puts every bid into the component of its swarm; `local` is the swarm's number there.
    fn add_bids(&mut self, places: &Places, part_of: &[u32], local: &[u32]) {
        let swarms: Vec<u32> =
            self.bids.iter().map(|bid| places.find(&bid.swarm).unwrap_or(NONE)).collect();
        let mut sizes = vec![(0, 0); self.parts.len()];
        for (bid, swarm) in self.bids.iter().zip(&swarms).filter(|(_, swarm)| **swarm != NONE) {
            let (bids, tiers) = &mut sizes[part_of[*swarm as usize] as usize];
            *bids += 1;
            *tiers += bid.tiers.len();
        }
        for (part, (bids, tiers)) in self.parts.iter_mut().zip(sizes) {
            part.reserve(bids, tiers);
        }
        let accounts = accounts(&self.bids);
        let mut unseeded = Vec::new();
        for (place, (bid, &swarm)) in self.bids.iter().zip(&swarms).enumerate() {
            if swarm == NONE {
                unseeded.push(bid.swarm);
            } else {
                let part = &mut self.parts[part_of[swarm as usize] as usize];
                part.add_bid(place, bid, accounts[place], local[swarm as usize]);
            }
        }
        unseeded.sort_unstable();
        let runs = unseeded.chunk_by(|a, b| a == b);
        self.unseeded = runs.map(|run| (run[0], run.len() as u32)).collect();
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
}

impl Part {
    fn reserve(&mut self, bids: usize, tiers: usize) {
        self.bids.reserve_exact(bids);
        self.component.bid_account.reserve_exact(bids);
        self.component.bid_swarm.reserve_exact(bids);
        self.component.bid_defaulted.reserve_exact(bids);
        self.component.items.reserve_exact(tiers + self.offers.len());
        self.least_ask = self.component.ask.iter().copied().min().unwrap_or(u64::MAX);
    }

    /// Adds a bid. Tiers below every ask are left out: they cannot win, and a seller's own unit is the better
    /// replacement.
    fn add_bid(&mut self, place: usize, bid: &Bid, account: u32, swarm: u32) {
        let number = self.bids.len() as u32;
        self.bids.push(place as u32);
        self.component.bid_account.push(account);
        self.component.bid_swarm.push(swarm);
        self.component.bid_defaulted.push(bid.defaulted);
        let tiers = bid.tiers.iter().filter(|tier| tier.price >= self.least_ask);
        let item = |t: &Tier| Item { price: t.price, bid: number, node: swarm, units: t.quantity };
        self.component.items.extend(tiers.map(item));
    }

    /// Adds what sellers may keep, and puts everything that wants capacity in order, best first: higher price; a bid
    /// before a seller that keeps; then the number, which rises with the id. Tie keys come in only where they decide
    /// (`solver::solve`).
    fn order_items(&mut self) {
        let Component { swarms, ask, capacity, items, .. } = &mut self.component;
        for (seller, (price, units)) in ask.iter().zip(capacity).enumerate() {
            let node = (*swarms + seller) as u32;
            items.push(Item { price: *price, bid: NONE, node, units: *units });
        }
        items.sort_unstable_by_key(|item| {
            (u128::from(!item.price) << 64) | (u128::from(item.bid) << 32) | u128::from(item.node)
        });
    }
}

/// References to things, by id.
fn by_id<T>(things: &[T], id: impl Fn(&T) -> u64) -> Vec<&T> {
    if things.is_sorted_by_key(&id) {
        return things.iter().collect();
    }
    let mut order: Vec<(u64, u32)> =
        things.iter().enumerate().map(|(place, thing)| (id(thing), place as u32)).collect();
    order.sort_unstable();
    order.iter().map(|(_, place)| &things[*place as usize]).collect()
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

/// A number for every bid's account: the place of its first bid. Most accounts have one bid; only what a filter
/// of their first bytes does not tell apart is sorted.
fn accounts(bids: &[&Bid]) -> Vec<u32> {
    let heads: Vec<u64> = bids.iter().map(|bid| head(bid.buyer.as_slice())).collect();
    let mut seen = Filter::new(bids.len());
    let mut again = Filter::new(bids.len());
    for head in &heads {
        if seen.insert(*head) {
            again.insert(*head);
        }
    }
    let maybe_alike = heads.iter().enumerate().filter(|(_, head)| again.contains(**head));
    let mut order: Vec<(u64, u32)> =
        maybe_alike.map(|(place, head)| (*head, place as u32)).collect();
    order.sort_unstable();
    let mut accounts: Vec<u32> = (0..bids.len() as u32).collect();
    for run in order.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        let mut run: Vec<usize> = run.iter().map(|(_, place)| *place as usize).collect();
        run.sort_by_key(|place| bids[*place].buyer);
        for same in run.chunk_by(|a, b| bids[*a].buyer == bids[*b].buyer) {
            for place in same {
                accounts[*place] = same[0] as u32;
            }
        }
    }
    accounts
}

/// A set of numbers that may say yes to one that is not in it.
struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// With 16 bits for each of so many numbers.
    fn new(count: usize) -> Self {
        Self { words: vec![0; (count / 4).next_power_of_two()] }
    }

    fn place(&self, number: u64) -> (usize, u64) {
        ((number / 64) as usize & (self.words.len() - 1), 1 << (number % 64))
    }

    fn contains(&self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        self.words[word] & bit != 0
    }

    /// Whether it was there before.
    fn insert(&mut self, number: u64) -> bool {
        let (word, bit) = self.place(number);
        let before = self.words[word];
        self.words[word] = before | bit;
        before & bit != 0
    }
}
