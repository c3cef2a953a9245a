//! What a market looks like: how many of what, how scarce, how many ties.

use btt_runtime::modules::market::clearing::TieRule;

use crate::sim::rng::Rng;

/// Parameters of a random market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Bids.
    pub bids: usize,
    /// Swarms, by falling popularity.
    pub swarms: usize,
    /// Offers.
    pub sellers: usize,
    /// Most swarms of an offer.
    pub swarms_per_seller: usize,
    /// Most tiers of a bid.
    pub tiers: usize,
    /// Most units of a tier.
    pub quantity: u32,
    /// Accounts that bid; with fewer than bids some have several.
    pub buyers: usize,
    /// Different prices, of bids and of asks; few make ties.
    pub prices: (u64, u64),
    /// Capacity in percent of what is wanted.
    pub supply_percent: u64,
    /// Defaulted bids, in percent.
    pub defaulted_percent: u64,
    /// Whether each swarm is as popular as the others.
    pub is_even: bool,
    /// What decides ties.
    pub tie: TieRule,
    /// The least ask, in ticks.
    pub min_ask: u64,
    /// The fee, in basis points.
    pub fee_bps: u16,
}

/// How large a random market is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Some 5 bids.
    Tiny,
    /// Some 15 bids.
    Small,
    /// Some 100 bids.
    Medium,
}

/// A market as the benches have it: a swarm for 20 bids, an offer for 10, up to 4 swarms an offer, half of what is
/// wanted can be served.
pub fn general(bids: usize, swarms: usize, sellers: usize, tiers: usize) -> Shape {
    Shape {
        bids,
        swarms,
        sellers,
        swarms_per_seller: 4,
        tiers,
        quantity: if tiers == 1 { 1 } else { 3 },
        buyers: bids,
        prices: (1_000_000, 50_000),
        supply_percent: 50,
        defaulted_percent: 0,
        is_even: false,
        tie: TieRule::Key,
        min_ask: 1,
        fee_bps: 200,
    }
}

/// All bids want the same.
pub fn one_swarm(bids: usize, tiers: usize) -> Shape {
    Shape { swarms_per_seller: 1, supply_percent: 40, ..general(bids, 1, bids.div_ceil(20), tiers) }
}

/// Anything: unit demand or tiers, one swarm or many, scarce or abundant, tied or not, joint accounts or not.
pub fn random_shape(rng: &mut Rng, size: Size) -> Shape {
    let (bids, swarms, sellers) = match size {
        Size::Tiny => (7, 3, 3),
        Size::Small => (24, 5, 6),
        Size::Medium => (150, 15, 24),
    };
    let bids = rng.range(1, bids) as usize;
    let swarms = if rng.happens(150_000) { 1 } else { rng.range(1, swarms) as usize };
    let sellers = if rng.happens(150_000) { 1 } else { rng.range(1, sellers) as usize };
    let is_unit = rng.happens(300_000);
    let buyers = match rng.below(3) {
        0 => bids,
        1 => bids.div_ceil(2),
        _ => rng.range(1, bids as u64) as usize,
    };
    let levels = *rng.pick(&[2, 5, 12, 50, 1_000, 1_000_000]);
    Shape {
        bids,
        swarms,
        sellers,
        swarms_per_seller: rng.range(1, swarms.min(8) as u64) as usize,
        tiers: if is_unit { 1 } else { rng.range(1, 4) as usize },
        quantity: if is_unit { 1 } else { *rng.pick(&[1, 2, 3, 8, 40]) },
        buyers,
        prices: (levels, *rng.pick(&[1, levels / 4 + 1, levels / 2 + 1, levels])),
        supply_percent: *rng.pick(&[5, 30, 50, 80, 100, 150, 300]),
        defaulted_percent: *rng.pick(&[0, 0, 10, 30, 60]),
        is_even: rng.happens(500_000),
        tie: if rng.happens(500_000) { TieRule::Key } else { TieRule::Id },
        min_ask: *rng.pick(&[1, 1, 2, levels / 3 + 1]),
        fee_bps: *rng.pick(&[0, 200, 1_000, 9_999]),
    }
}
