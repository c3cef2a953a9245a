//! What bounds an epoch (design 2.1, rules C.4, E).

/// Wei in a tick, the unit of prices: a millionth of a BTT.
pub const TICK_WEI: u128 = 1_000_000_000_000;
/// Bytes of a unit, delivered within the lease (rule E.2).
pub const UNIT_BYTES: u64 = 8 * 1024 * 1024;

/// Most bids of an epoch.
pub const MAX_BIDS: u32 = 65_536;
/// Most standing offers.
pub const MAX_OFFERS: u32 = 16_384;
/// Most pairs of an offer and a swarm that it lists.
pub const MAX_EDGES: u32 = 131_072;
/// Most units of one bid.
pub const MAX_UNITS: u32 = 256;
/// Most tiers of one bid.
pub const MAX_TIERS: usize = 4;
/// Most bids of one account in an epoch, one for a swarm.
pub const MAX_BIDS_OF_ACCOUNT: usize = 8;
/// Most epochs that a bid stands.
pub const MAX_BID_EPOCHS: u32 = 60;
/// Most swarms of one offer.
pub const MAX_SWARMS: usize = 16;
/// Most epochs that an offer stands: a week of epochs of a minute. Each is paid for when it is posted.
pub const MAX_OFFER_EPOCHS: u32 = 10_080;
/// Most receipts of one call.
pub const MAX_RECEIPTS: usize = 512;
/// Places of a swarm that stay at the base fee.
pub const MAX_SWARM_PLACES: u32 = 256;
/// Most entries that a view looks at.
pub const MAX_PAGE: u32 = 1_024;

/// Records that hooks work on in a block. The module's own tests live with very few, so that every job of
/// theirs is cut into slices.
pub const SLICE_RECORDS: u32 = if cfg!(test) { 5 } else { 2_048 };

/// Basis points of the whole.
pub const ALL_BPS: u128 = 10_000;

/// Ticks in wei.
pub fn wei(ticks: u64) -> u128 {
    u128::from(ticks).saturating_mul(TICK_WEI)
}
