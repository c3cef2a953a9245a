//! What is cleared: offers and bids of one epoch, with the rules that they are cleared by.

use alloy_primitives::{Address, B256};

/// Highest price of a unit, in ticks: 2⁶³ − 1.
pub const MAX_PRICE_TICKS: u64 = (1 << 63) - 1;
/// Most units that one offer may have.
pub const MAX_CAPACITY_UNITS: u32 = 1 << 20;
/// Most units that one bid may ask for, over all its tiers.
pub const MAX_BID_UNITS: u32 = 1 << 20;
/// Most offers or bids that a book may have.
pub const MAX_ENTRIES: usize = 1 << 24;
/// Basis points of the whole.
pub const BPS: u16 = 10_000;

/// A part of a bid: so many units, for at most this price each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Price of a unit, in ticks.
    pub price: u64,
    /// Units.
    pub quantity: u32,
}

/// A buyer's decreasing schedule for one swarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bid {
    /// Unique among the bids.
    pub id: u64,
    /// The account that pays. Its bids are one agent's.
    pub buyer: Address,
    /// What is downloaded.
    pub swarm: B256,
    /// Prices fall or stay from tier to tier.
    pub tiers: Vec<Tier>,
    /// Whether it was not revealed, or stood from an earlier epoch: sellers earn nothing by its losing units
    /// (rules E.4, E.7).
    pub defaulted: bool,
}

/// A seller's capacity, for any of some swarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Unique among the offers.
    pub id: u64,
    /// The account that earns.
    pub seller: Address,
    /// Units.
    pub capacity: u32,
    /// Least that the seller takes for a unit after the fee, in ticks.
    pub reserve: u64,
    /// Swarms that it seeds, rising, each once.
    pub swarms: Vec<B256>,
}

/// What decides between equal prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TieRule {
    /// The lower id comes first.
    Id,
    /// The smaller hash of seed and id comes first.
    Key,
}

/// One epoch's offers and bids, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// What ties are broken by.
    pub seed: B256,
    /// How.
    pub tie: TieRule,
    /// Least price of a unit, in ticks; at least 1.
    pub min_ask: u64,
    /// The part of a seller's earnings that is kept, in basis points; below 10,000.
    pub fee_bps: u16,
    /// What is offered.
    pub offers: Vec<Offer>,
    /// What is bid.
    pub bids: Vec<Bid>,
}

/// Why a book cannot be cleared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Above [`MAX_ENTRIES`].
    #[error("{0} offers or bids, limit {MAX_ENTRIES}")]
    TooMany(usize),
    /// A floor of zero.
    #[error("the least ask must be at least 1 tick")]
    ZeroMinAsk,
    /// Nothing left for sellers.
    #[error("a fee of {0} basis points leaves nothing; it must be below {BPS}")]
    Fee(u16),
    /// Two offers share an id.
    #[error("offer {0} comes twice")]
    OfferTwice(u64),
    /// Two bids share an id.
    #[error("bid {0} comes twice")]
    BidTwice(u64),
    /// An offer of nothing, or above [`MAX_CAPACITY_UNITS`].
    #[error("offer {0}: the capacity must be 1 to {MAX_CAPACITY_UNITS} units")]
    Capacity(u64),
    /// A reserve above [`MAX_PRICE_TICKS`].
    #[error("offer {0}: the reserve is above {MAX_PRICE_TICKS} ticks")]
    Reserve(u64),
    /// An offer for no swarm, for one twice, or not in rising order.
    #[error("offer {0}: swarms must rise, at least one")]
    Swarms(u64),
    /// A bid without tiers, or with a tier of nothing.
    #[error("bid {0}: every tier needs a quantity, and there must be one")]
    NoUnits(u64),
    /// Above [`MAX_BID_UNITS`].
    #[error("bid {0}: more than {MAX_BID_UNITS} units")]
    TooManyUnits(u64),
    /// A price of zero or above [`MAX_PRICE_TICKS`].
    #[error("bid {0}: prices must be 1 to {MAX_PRICE_TICKS} ticks")]
    Price(u64),
    /// A tier above the one before it.
    #[error("bid {0}: prices must not rise from tier to tier")]
    Rising(u64),
}

impl Offer {
    /// The price at which the seller parts with a unit: at least `min_ask`, and high enough that the fee leaves
    /// it its reserve. Above [`MAX_PRICE_TICKS`] nothing can be sold, and all such asks are the same.
    pub fn ask(&self, min_ask: u64, fee_bps: u16) -> u64 {
        let kept = u128::from(BPS.saturating_sub(fee_bps).max(1));
        let gross = u128::from(self.reserve).saturating_mul(u128::from(BPS)).div_ceil(kept);
        let unsellable = MAX_PRICE_TICKS.saturating_add(1);
        u64::try_from(gross).unwrap_or(unsellable).min(unsellable).max(min_ask)
    }
}

impl Book {
    /// Whether it can be cleared.
    ///
    /// # Errors
    /// The first rule that it breaks; see [`BookError`].
    pub fn check(&self) -> Result<(), BookError> {
        let entries = self.offers.len().max(self.bids.len());
        if entries > MAX_ENTRIES {
            return Err(BookError::TooMany(entries));
        }
        if self.min_ask == 0 {
            return Err(BookError::ZeroMinAsk);
        }
        if self.fee_bps >= BPS {
            return Err(BookError::Fee(self.fee_bps));
        }
        self.offers.iter().try_for_each(check_offer)?;
        self.bids.iter().try_for_each(check_bid)?;
        first_twice(self.offers.iter().map(|offer| offer.id))
            .map_or(Ok(()), |id| Err(BookError::OfferTwice(id)))?;
        first_twice(self.bids.iter().map(|bid| bid.id))
            .map_or(Ok(()), |id| Err(BookError::BidTwice(id)))
    }
}

fn check_offer(offer: &Offer) -> Result<(), BookError> {
    if !(1..=MAX_CAPACITY_UNITS).contains(&offer.capacity) {
        return Err(BookError::Capacity(offer.id));
    }
    if offer.reserve > MAX_PRICE_TICKS {
        return Err(BookError::Reserve(offer.id));
    }
    if offer.swarms.is_empty() || !offer.swarms.is_sorted_by(|a, b| a < b) {
        return Err(BookError::Swarms(offer.id));
    }
    Ok(())
}

fn check_bid(bid: &Bid) -> Result<(), BookError> {
    if bid.tiers.is_empty() || bid.tiers.iter().any(|tier| tier.quantity == 0) {
        return Err(BookError::NoUnits(bid.id));
    }
    let units = bid.tiers.iter().try_fold(0u32, |sum, tier| sum.checked_add(tier.quantity));
    if units.is_none_or(|units| units > MAX_BID_UNITS) {
        return Err(BookError::TooManyUnits(bid.id));
    }
    if bid.tiers.iter().any(|tier| !(1..=MAX_PRICE_TICKS).contains(&tier.price)) {
        return Err(BookError::Price(bid.id));
    }
    if !bid.tiers.is_sorted_by(|a, b| a.price >= b.price) {
        return Err(BookError::Rising(bid.id));
    }
    Ok(())
}

fn first_twice(ids: impl Iterator<Item = u64> + Clone) -> Option<u64> {
    if ids.clone().is_sorted_by(|a, b| a < b) {
        return None;
    }
    let mut ids: Vec<u64> = ids.collect();
    ids.sort_unstable();
    ids.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first().copied())
}
