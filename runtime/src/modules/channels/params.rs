//! What governance may change about channels.

use crate::{
    modules::params::Param,
    primitives::{SUPPLY_WEI, packed::MAX_U48},
};

/// All of them, in the order in which views list them.
pub static PARAMS: &[Param] = &[
    MIN_DEPOSIT,
    MIN_GRACE,
    MAX_GRACE,
    MAX_CHANNELS,
    MAX_PAIR_CHANNELS,
    MAX_TOWER_TIP,
    LANE_SHARE,
];

const WEEK_S: u128 = 604_800;
const _: () = assert!(WEEK_S * 52 * 1000 < MAX_U48 as u128, "a grace fits the record");

/// Least deposit of a channel or pool.
pub const MIN_DEPOSIT: Param = Param {
    name: "minChannelDepositWei",
    unit: "wei",
    min: 1,
    max: SUPPLY_WEI / 1_000_000,
    default: |d| d.channels.min_deposit_wei,
};
/// Least time that a payee has after a close request.
pub const MIN_GRACE: Param = Param {
    name: "minChannelGraceS",
    unit: "seconds",
    min: 1,
    max: WEEK_S,
    default: |d| d.channels.min_grace_s as u128,
};
/// Most time that a payer can bind itself to wait.
pub const MAX_GRACE: Param = Param {
    name: "maxChannelGraceS",
    unit: "seconds",
    min: 1,
    max: WEEK_S * 4,
    default: |d| d.channels.max_grace_s as u128,
};
/// Most channels and pools that one payer has open.
pub const MAX_CHANNELS: Param = Param {
    name: "maxChannelsPerPayer",
    unit: "channels and pools",
    min: 1,
    max: 1_000_000,
    default: |d| d.channels.max_channels_per_payer as u128,
};
/// Most of them with one payee.
pub const MAX_PAIR_CHANNELS: Param = Param {
    name: "maxChannelsPerPair",
    unit: "channels",
    min: 1,
    max: 10_000,
    default: |d| d.channels.max_channels_per_pair as u128,
};
/// Most that a payee can promise its watchtower.
pub const MAX_TOWER_TIP: Param = Param {
    name: "maxTowerTipBps",
    unit: "1/10,000 of what it settles",
    min: 0,
    max: 1_000,
    default: |d| d.channels.max_tower_tip_bps as u128,
};
/// Part of a block's gas that is kept for payments ([`crate::executor::lane`]).
pub const LANE_SHARE: Param = Param {
    name: "paymentLaneBps",
    unit: "1/10,000 of the block gas limit",
    min: 100,
    max: 5_000,
    default: |d| d.channels.lane_share_bps as u128,
};
