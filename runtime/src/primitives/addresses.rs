//! Fixed addresses: modules at `0x…b77000 + n`, system accounts at `0x…b77100 + n` (rule A.2).

use alloy_primitives::{Address, address};

/// The `params` module: chain parameters.
pub const PARAMS: Address = address!("0000000000000000000000000000000000b77001");
/// The `staking` module.
pub const STAKING: Address = address!("0000000000000000000000000000000000b77002");
/// The `governance` module; the only caller that may change parameters.
pub const GOVERNANCE: Address = address!("0000000000000000000000000000000000b77003");
/// The `channels` module.
pub const CHANNELS: Address = address!("0000000000000000000000000000000000b77004");
/// The `market` module.
pub const MARKET: Address = address!("0000000000000000000000000000000000b77005");
/// The `storage` module.
pub const STORAGE: Address = address!("0000000000000000000000000000000000b77006");
/// The `bridge` module.
pub const BRIDGE: Address = address!("0000000000000000000000000000000000b77007");

/// Collects all fees; also every block's beneficiary.
pub const FEE_POOL: Address = address!("0000000000000000000000000000000000b77100");
/// Pays block rewards until it is empty.
pub const EMISSION_RESERVE: Address = address!("0000000000000000000000000000000000b77101");
/// Spent by governance; surplus of escrows is swept here.
pub const TREASURY: Address = address!("0000000000000000000000000000000000b77102");
/// Coins that live on the root chain until they are bridged in.
pub const BRIDGE_RESERVE: Address = address!("0000000000000000000000000000000000b77103");
/// Coins nobody can spend again.
pub const BURNT: Address = address!("0000000000000000000000000000000000b77104");

/// Every module address, in module order.
pub const MODULES: [Address; 7] = [PARAMS, STAKING, GOVERNANCE, CHANNELS, MARKET, STORAGE, BRIDGE];

/// Every system account.
pub const SYSTEM_ACCOUNTS: [Address; 5] =
    [FEE_POOL, EMISSION_RESERVE, TREASURY, BRIDGE_RESERVE, BURNT];

/// The code of every module account: `INVALID`, so that it has a size and can never run as bytecode.
pub const MODULE_CODE: [u8; 1] = [0xfe];

/// Whether `address` is one of the seven modules.
pub fn is_module(address: &Address) -> bool {
    MODULES.contains(address)
}
