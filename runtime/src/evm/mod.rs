//! The EVM: revm with this chain's native modules as stateful precompiles.
//!
//! Nothing outside of this room and the executor names revm's machinery; simulation (`eth_call`, traces)
//! builds the same machine by [`simulation_evm`] with its own inspector.

mod journal_host;
mod precompiles;
mod tx_env;

pub use precompiles::NativePrecompiles;
pub use tx_env::{recovered_authorization, tx_env};

use crate::{
    block::BlockFacts,
    config::ChainConfig,
    modules::{self, Modules},
};
use alloy_primitives::U256;
use revm::{
    Context, Database, Journal,
    context::{BlockEnv, CfgEnv, Evm, FrameStack, TxEnv},
    context_interface::{block::BlobExcessGasAndPrice, cfg::GasParams},
    handler::{EthFrame, instructions::EthInstructions},
    interpreter::interpreter::EthInterpreter,
};

/// A block as revm takes it. Blob gas costs its minimum: there are no blobs.
pub fn block_env(facts: &BlockFacts) -> BlockEnv {
    BlockEnv {
        number: U256::from(facts.number),
        beneficiary: facts.beneficiary,
        timestamp: U256::from(facts.time_ms / 1000),
        gas_limit: facts.gas_limit,
        basefee: facts.base_fee_wei,
        difficulty: U256::ZERO,
        prevrandao: Some(facts.mix),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: 0,
            blob_gasprice: 1,
        }),
        slot_num: 0,
    }
}

/// The context of every machine of this chain.
pub type EvmContext<DB> = Context<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, BlockFacts>;

/// A machine over a database, perhaps inspected.
pub type NativeEvm<DB, INSP = ()> = Evm<
    EvmContext<DB>,
    INSP,
    EthInstructions<EthInterpreter, EvmContext<DB>>,
    NativePrecompiles,
    EthFrame<EthInterpreter>,
>;

/// The modules that answer on this chain.
pub fn modules_of(config: &ChainConfig) -> Modules {
    if config.modules { modules::NATIVE } else { modules::NONE }
}

/// revm's settings for this chain.
pub fn cfg_env(config: &ChainConfig) -> CfgEnv {
    let mut cfg = CfgEnv::new()
        .with_chain_id(config.chain_id)
        .with_spec_and_mainnet_gas_params(config.fork.spec_id());
    cfg.tx_gas_limit_cap = Some(config.tx_gas_limit_cap.unwrap_or(u64::MAX));
    cfg.tx_chain_id_check = true;
    cfg
}

/// Gas prices of this chain's fork.
pub fn gas_params(config: &ChainConfig) -> GasParams {
    GasParams::new_spec(config.fork.spec_id())
}

/// The machine that executes a block.
pub fn block_evm<DB: Database>(
    config: &ChainConfig,
    facts: BlockFacts,
    block_env: BlockEnv,
    modules: Modules,
    db: DB,
) -> NativeEvm<DB> {
    assemble(cfg_env(config), facts, block_env, modules, db, ())
}

/// A machine for calls that no block holds: no nonce, balance or fee need be right, and the caller may
/// have code. The transaction gas cap is lifted (rule A.6).
pub fn simulation_evm<DB: Database, INSP>(
    config: &ChainConfig,
    facts: BlockFacts,
    db: DB,
    inspector: INSP,
) -> NativeEvm<DB, INSP> {
    let mut cfg = cfg_env(config);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.disable_nonce_check = true;
    cfg.disable_base_fee = true;
    cfg.disable_balance_check = false;
    cfg.disable_block_gas_limit = true;
    cfg.disable_eip3607 = true;
    let block_env = block_env(&facts);
    assemble(cfg, facts, block_env, modules_of(config), db, inspector)
}

fn assemble<DB: Database, INSP>(
    cfg: CfgEnv,
    facts: BlockFacts,
    block_env: BlockEnv,
    modules: Modules,
    db: DB,
    inspector: INSP,
) -> NativeEvm<DB, INSP> {
    let spec = cfg.spec;
    let ctx: EvmContext<DB> =
        Context::<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ()>::new(db, spec)
            .with_block(block_env)
            .with_cfg(cfg)
            .with_chain(facts);
    Evm {
        ctx,
        inspector,
        instruction: EthInstructions::new_mainnet_with_spec(spec),
        precompiles: NativePrecompiles::new(spec, modules),
        frame_stack: FrameStack::new_prealloc(8),
    }
}
