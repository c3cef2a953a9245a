//! What clearing gives, and its root: the one hash that validators compare.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, sol};

/// The result of clearing a book. All amounts are in ticks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Declared values of the units won, less the asks of the units sold.
    pub welfare: u128,
    /// Every bid of the book, by id.
    pub bids: Vec<BidResult>,
    /// Every offer of the book, by id.
    pub offers: Vec<OfferResult>,
    /// Who serves whom, by bid and offer.
    pub leases: Vec<LeaseResult>,
    /// Every swarm that is bid for or offered, rising.
    pub swarms: Vec<SwarmResult>,
    /// What could not be divided among the units sold.
    pub dust: u128,
    /// What buyers pay and sellers must not earn (rules E.4, E.8).
    pub burnt: u128,
    /// Operations it took; the same on every machine.
    pub ops: u64,
    /// Components in which the allocation went over its budget (F1).
    pub pinned_components: u32,
}

/// What a bid got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BidResult {
    /// The bid.
    pub id: u64,
    /// Units won.
    pub won: u32,
    /// What they cost in all.
    pub payment: u128,
}

/// What an offer earned, should all be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferResult {
    /// The offer.
    pub id: u64,
    /// Units sold.
    pub sold: u32,
    /// What they earn in all.
    pub gross: u128,
    /// The part of it that is kept.
    pub fee: u128,
    /// What remains.
    pub net: u128,
}

/// Units that one offer serves to one bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseResult {
    /// The bid.
    pub bid: u64,
    /// The offer.
    pub offer: u64,
    /// Units.
    pub units: u32,
    /// The part of the bid's payment.
    pub buyer_total: u128,
    /// The part of the offer's gross earnings.
    pub seller_total: u128,
}

/// What a swarm's units cost; not in the root, because it follows from the book as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SwarmResult {
    /// The swarm.
    pub swarm: B256,
    /// Offers that list it.
    pub sellers: u32,
    /// Bids for it.
    pub bids: u32,
    /// Units won in it.
    pub won: u32,
    /// What a winner of one unit pays at most, the first of the replacement sequence; 0 if nobody won.
    pub marginal_price: u64,
    /// The uniform price of its sellers before the clip at their asks; 0 if nobody sold.
    pub seller_price: u128,
    /// Whether its winners pay the uniform price of fall-back F2.
    pub is_fallback: bool,
}

sol! {
    struct RootBid { uint64 id; uint32 won; uint128 payment; }
    struct RootOffer { uint64 id; uint32 sold; uint128 gross; uint128 fee; uint128 net; }
    struct RootLease {
        uint64 bid; uint64 offer; uint32 units; uint128 buyerTotal; uint128 sellerTotal;
    }
}

impl Outcome {
    /// keccak256(abi.encode(epoch, seed, bids, offers, leases, dust, burnt)), as rule E.9 has it. Offline books
    /// are of epoch 0.
    pub fn root(&self, epoch: u32, seed: B256) -> B256 {
        let bids: Vec<_> = self.bids.iter().map(BidResult::encoded).collect();
        let offers: Vec<_> = self.offers.iter().map(OfferResult::encoded).collect();
        let leases: Vec<_> = self.leases.iter().map(LeaseResult::encoded).collect();
        let all = (epoch, seed, bids, offers, leases, self.dust, self.burnt);
        keccak256(all.abi_encode_params())
    }
}

impl BidResult {
    fn encoded(&self) -> RootBid {
        let &Self { id, won, payment } = self;
        RootBid { id, won, payment }
    }
}

impl OfferResult {
    fn encoded(&self) -> RootOffer {
        let &Self { id, sold, gross, fee, net } = self;
        RootOffer { id, sold, gross, fee, net }
    }
}

impl LeaseResult {
    fn encoded(&self) -> RootLease {
        let &Self { bid, offer, units, buyer_total, seller_total } = self;
        RootLease { bid, offer, units, buyerTotal: buyer_total, sellerTotal: seller_total }
    }
}
