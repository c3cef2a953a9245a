//! What governance may change about the market. The clock uses the values of the moment at which a phase
//! begins; fee, penalty and least ask are those of the moment at which the book is frozen.

use crate::{modules::params::Param, primitives::WEI_PER_BTT};

/// All of them, in the order in which views list them.
pub static PARAMS: &[Param] = &[
    COMMIT_BLOCKS,
    COMMIT_MS,
    REVEAL_BLOCKS,
    REVEAL_MS,
    CLEARING_BLOCKS,
    CLEARING_MS,
    LEASE,
    RECEIPT,
    FEE,
    PENALTY,
    MIN_ASK,
    BOOK_FEE,
];

const HOUR_MS: u128 = 3_600_000;

/// Least blocks in which bids are committed.
pub const COMMIT_BLOCKS: Param = Param {
    name: "marketCommitBlocks",
    unit: "blocks",
    min: 1,
    max: 1_000,
    default: |d| d.market.commit_blocks as u128,
};
/// Least time in which bids are committed.
pub const COMMIT_MS: Param = Param {
    name: "marketCommitMs",
    unit: "milliseconds",
    min: 100,
    max: HOUR_MS,
    default: |d| d.market.commit_ms as u128,
};
/// Least blocks in which bids are revealed.
pub const REVEAL_BLOCKS: Param = Param {
    name: "marketRevealBlocks",
    unit: "blocks",
    min: 1,
    max: 1_000,
    default: |d| d.market.reveal_blocks as u128,
};
/// Least time in which bids are revealed.
pub const REVEAL_MS: Param = Param {
    name: "marketRevealMs",
    unit: "milliseconds",
    min: 100,
    max: HOUR_MS,
    default: |d| d.market.reveal_ms as u128,
};
/// Blocks from the freeze to the result. Not below 3: the seed is known two blocks after the freeze.
pub const CLEARING_BLOCKS: Param = Param {
    name: "marketClearingBlocks",
    unit: "blocks",
    min: 3,
    max: 1_000,
    default: |d| d.market.clearing_blocks as u128,
};
/// Least time from the freeze to the result.
pub const CLEARING_MS: Param = Param {
    name: "marketClearingMs",
    unit: "milliseconds",
    min: 100,
    max: HOUR_MS,
    default: |d| d.market.clearing_ms as u128,
};
/// How long leases run.
pub const LEASE: Param = Param {
    name: "marketLeaseS",
    unit: "seconds",
    min: 1,
    max: 3_600,
    default: |d| d.market.lease_s as u128,
};
/// How long receipts are taken after the end of a lease.
pub const RECEIPT: Param = Param {
    name: "marketReceiptS",
    unit: "seconds",
    min: 1,
    max: 86_400,
    default: |d| d.market.receipt_s as u128,
};
/// The part of sellers' earnings that is kept.
pub const FEE: Param = Param {
    name: "marketFeeBps",
    unit: "1/10,000 of what sellers earn",
    min: 0,
    max: 2_000,
    default: |d| d.market.fee_bps as u128,
};
/// β of rule E.5: what of an undelivered part is burnt, from the buyer and as much from the seller.
pub const PENALTY: Param = Param {
    name: "marketPenaltyBps",
    unit: "1/10,000 of what is not delivered",
    min: 500,
    max: 10_000,
    default: |d| d.market.penalty_bps as u128,
};
/// Least price of a unit.
pub const MIN_ASK: Param = Param {
    name: "marketMinAskTicks",
    unit: "ticks (millionths of a BTT) per unit",
    min: 1,
    max: 1_000_000_000_000,
    default: |d| d.market.min_ask_ticks as u128,
};
/// What a place in the book costs while the book is less than half full.
pub const BOOK_FEE: Param = Param {
    name: "marketBookFeeWei",
    unit: "wei per place",
    min: 0,
    max: 1_000 * WEI_PER_BTT,
    default: |d| d.market.book_fee_wei,
};
