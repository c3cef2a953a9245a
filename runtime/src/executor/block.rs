//! `execute_block`: from parent state and input to an executed block.

use super::{
    BlockError, Lane, LaneFees, Machine, Refusal, TransactionSource, features,
    machine::{TxError, receipt_of},
    market, sets, system,
};
use crate::{
    block::{
        Block, BlockFacts, Body, ConsensusFacts, Header, Receipt, SystemItem, ValidatorSets,
        header::{self, HeaderRules},
        receipts_root,
    },
    config::{ChainConfig, Validator},
    evm::{block_env, modules_of},
    modules::{
        HookFailure, Moment,
        market::Cleared,
        params::{self, ParamValues},
        run_hooks,
    },
    primitives::limits::{MAX_BODY_BYTES, MIN_TX_BYTES},
    state::{
        Overlay, StateChanges, StateReader, StoreError,
        trie::{self, TrieReader, TrieUpdates},
    },
    tx::{RecoveryMemo, Transaction},
};
use alloy_eips::eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS};
use alloy_primitives::{B256, Bytes, Log, U256};
use alloy_rlp::Encodable as _;
use std::sync::Arc;

/// What a block stands on.
#[derive(Debug)]
pub struct BlockContext<'a, S> {
    /// The chain.
    pub config: &'a ChainConfig,
    /// Header of the parent.
    pub parent: &'a Header,
    /// Its hash.
    pub parent_hash: B256,
    /// The validators of the block and of the heights before it that it speaks of.
    pub validators: &'a ValidatorSets,
    /// The parent's state and trie.
    pub state: &'a S,
    /// What the node has cleared of the market beside the chain; what is not there is cleared in execution.
    pub cleared: Cleared,
}

/// What a proposer brings.
pub struct BuildRequest<'a> {
    /// Block time in ms; must be later than the parent's.
    pub time_ms: u64,
    /// Up to 24 bytes of `extra_data` after the time.
    pub free_bytes: &'a [u8],
    /// The parent's certificate (none in block 1), the proposer's proof, and what else there is, in order
    /// of type.
    pub system: Vec<SystemItem>,
    /// Waiting transactions.
    pub source: &'a mut dyn TransactionSource,
}

impl std::fmt::Debug for BuildRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuildRequest").field("time_ms", &self.time_ms).finish_non_exhaustive()
    }
}

/// A block to make, or one to check.
#[derive(Debug)]
pub enum Input<'a> {
    /// Make a block.
    Build(BuildRequest<'a>),
    /// Execute a block that somebody made. Senders come from the memo where it has them.
    Check(&'a Block, &'a RecoveryMemo),
}

/// A block with everything that follows from it.
#[derive(Debug, Clone)]
pub struct ExecutedBlock {
    /// Header and body.
    pub block: Block,
    /// Hash of the header.
    pub hash: B256,
    /// The transactions with their senders, in order.
    pub transactions: Vec<Arc<Transaction>>,
    /// Their receipts.
    pub receipts: Vec<Receipt>,
    /// Which of them rode in the payment lane, at what base fee.
    pub lane_fees: LaneFees,
    /// What differs from the parent's state.
    pub changes: StateChanges,
    /// What differs from the parent's trie.
    pub trie: TrieUpdates,
    /// Events of hooks, those of the block's beginning first. They stand in no receipt; the node indexes them.
    pub hook_logs: Vec<Log>,
    /// Hooks that failed; the node reports them.
    pub hook_failures: Vec<HookFailure>,
    /// The validators from the next block on, where they are others than this block's.
    pub next_validators: Option<Arc<[Validator]>>,
}

/// Executes a block on its parent's state.
///
/// # Errors
/// [`BlockError::Store`] and [`BlockError::UnknownFeature`] say nothing about the block; every other error
/// says that it is invalid. A build fails only by these two, or when the request itself breaks a header rule.
pub fn execute_block<S: StateReader + TrieReader>(
    ctx: &BlockContext<'_, S>,
    input: Input<'_>,
) -> Result<ExecutedBlock, BlockError> {
    features::check(ctx.config, ctx.state, ctx.parent.number)?;
    let values = params::effective(ctx.state, &ctx.config.params)?;
    let rules = HeaderRules {
        gas_limit: values.block_gas_limit,
        min_base_fee_wei: values.min_base_fee_wei,
    };
    match input {
        Input::Build(request) => build(ctx, (rules, values), request),
        Input::Check(block, memo) => check(ctx, (rules, values), block, memo),
    }
}

fn build<S: StateReader + TrieReader>(
    ctx: &BlockContext<'_, S>,
    (rules, values): (HeaderRules, ParamValues),
    request: BuildRequest<'_>,
) -> Result<ExecutedBlock, BlockError> {
    let system = system::sift(ctx, request.system)?;
    let (system, cleared) = market::complete(ctx, system, request.time_ms)?;
    let system = Body { transactions: Vec::new(), system };
    let system::Verified { mix, consensus } = system::verify(ctx, &system)?;
    let header = header::child_of(
        ctx.parent,
        ctx.parent_hash,
        rules,
        request.time_ms,
        mix,
        request.free_bytes,
    );
    let lane = lane_of(ctx, &values, &header)?;
    let mut run = Run::begin(ctx, &header, (consensus, cleared), lane)?;
    // Headroom for the list headers of the body.
    let mut size_left = MAX_BODY_BYTES.saturating_sub(system.encoded_len()).saturating_sub(16);
    while let Some(tx) = request.source.next(run.machine.gas_left(), run.machine.lane()) {
        let size = tx.raw().length();
        if size > size_left {
            request.source.refused(&tx, &Refusal::NoRoom { size, left: size_left });
            if size_left < MIN_TX_BYTES {
                break;
            }
            continue;
        }
        match run.execute(&tx, tx.recovered()) {
            Ok(()) => size_left = size_left.saturating_sub(size),
            Err(TxError::Refused(refusal)) => request.source.refused(&tx, &refusal),
            Err(TxError::Store(error)) => return Err(error.into()),
        }
    }
    let (executed, header) = run.finish(ctx, header, system.system)?;
    header::validate_fields(&header, ctx.parent, ctx.parent_hash, rules)?;
    Ok(executed)
}

fn check<S: StateReader + TrieReader>(
    ctx: &BlockContext<'_, S>,
    (rules, values): (HeaderRules, ParamValues),
    block: &Block,
    memo: &RecoveryMemo,
) -> Result<ExecutedBlock, BlockError> {
    header::validate_fields(&block.header, ctx.parent, ctx.parent_hash, rules)?;
    header::validate_body(&block.header, &block.body)?;
    let system::Verified { mix, consensus } = system::verify(ctx, &block.body)?;
    let cleared = market::verify(ctx, &block.body, header::time_ms(&block.header).unwrap_or(0))?;
    if mix != block.header.mix_hash {
        return Err(BlockError::Mix);
    }
    let decoded = block.body.decode_transactions().map_err(BlockError::Body)?;
    let lane = lane_of(ctx, &values, &block.header)?;
    let mut run = Run::begin(ctx, &block.header, (consensus, cleared), lane)?;
    for (index, tx) in decoded.into_iter().enumerate() {
        let hash = tx.hash;
        let refused = |refusal: Refusal| BlockError::Transaction { index, hash, refusal };
        let tx = tx.recover(memo).map_err(|error| refused(Refusal::Invalid(error.into())))?;
        match run.execute(&Arc::new(tx), memo) {
            Ok(()) => {}
            Err(TxError::Refused(refusal)) => return Err(refused(refusal)),
            Err(TxError::Store(error)) => return Err(error.into()),
        }
    }
    let (executed, header) = run.finish(ctx, block.header.clone(), block.body.system.clone())?;
    compare(&block.header, &header)?;
    Ok(executed)
}

/// The lane of the block with this header; one without room where there are no modules.
fn lane_of<S: StateReader>(
    ctx: &BlockContext<'_, S>,
    values: &ParamValues,
    header: &Header,
) -> Result<Lane, StoreError> {
    if !ctx.config.modules {
        return Ok(Lane::default());
    }
    Lane::of_next(ctx.state, values, header.base_fee_per_gas.unwrap_or(0))
}

/// Execution under way.
struct Run<'a, S: StateReader> {
    machine: Machine<'a, &'a S>,
    facts: BlockFacts,
    transactions: Vec<Arc<Transaction>>,
    receipts: Vec<Receipt>,
    lane_fees: LaneFees,
    cleared: Cleared,
    hook_logs: Vec<Log>,
    hook_failures: Vec<HookFailure>,
}

impl<'a, S: StateReader + TrieReader> Run<'a, S> {
    fn begin(
        ctx: &BlockContext<'a, S>,
        header: &Header,
        (consensus, cleared): (ConsensusFacts, Cleared),
        lane: Lane,
    ) -> Result<Self, BlockError> {
        let consensus = Arc::new(consensus);
        let facts = BlockFacts { consensus, ..BlockFacts::of(ctx.config, header) };
        let mut overlay = Overlay::new(ctx.state);
        let (hook_logs, hook_failures) =
            begin_block(ctx.config, &facts, ctx.parent_hash, &mut overlay, &cleared)?;
        let modules = modules_of(ctx.config);
        let machine = Machine::new(ctx.config, facts.clone(), block_env(&facts), modules, overlay)
            .with_lane(lane);
        let lane_fees = LaneFees { base_fee_wei: lane.base_fee_wei(), places: Vec::new() };
        Ok(Self {
            machine,
            facts,
            transactions: Vec::new(),
            receipts: Vec::new(),
            lane_fees,
            cleared,
            hook_logs,
            hook_failures,
        })
    }

    fn execute(&mut self, tx: &Arc<Transaction>, recovered: &RecoveryMemo) -> Result<(), TxError> {
        let outcome = self.machine.execute(tx, recovered)?;
        if outcome.in_lane {
            self.lane_fees.places.extend(u32::try_from(self.transactions.len()));
        }
        let receipt = receipt_of(tx.envelope().tx_type(), outcome, self.machine.gas_used());
        self.receipts.push(receipt);
        self.transactions.push(tx.clone());
        Ok(())
    }

    /// End hooks, changes, roots: the header that execution gives.
    fn finish(
        mut self,
        ctx: &BlockContext<'a, S>,
        template: Header,
        system: Vec<SystemItem>,
    ) -> Result<(ExecutedBlock, Header), BlockError> {
        let gas_used = self.machine.gas_used();
        let lane = *self.machine.lane();
        let mut overlay = self.machine.into_overlay()?;
        let modules = modules_of(ctx.config);
        if ctx.config.modules {
            lane.close(&mut overlay)?;
        }
        let (logs, failures) =
            run_hooks(modules, Moment::EndBlock, &mut overlay, &self.facts, &self.cleared)?;
        self.hook_logs.extend(logs);
        self.hook_failures.extend(failures);
        let next_validators = sets::next_of(ctx.config, ctx.validators, &mut overlay, &self.facts)?;
        let mut changes = overlay.into_changes();
        let (state_root, trie) = trie::apply(ctx.state, &mut changes)?;
        let transactions: Vec<Bytes> =
            self.transactions.iter().map(|tx| tx.raw().clone()).collect();
        let body = Body { transactions, system };
        let (receipts_root, logs_bloom) = receipts_root(&self.receipts);
        let header = Header {
            state_root,
            transactions_root: body.transactions_root(),
            receipts_root,
            logs_bloom,
            gas_used,
            requests_hash: Some(body.system_hash()),
            ..template
        };
        let block = Block { header: header.clone(), body };
        let executed = ExecutedBlock {
            hash: block.hash(),
            block,
            transactions: self.transactions,
            receipts: self.receipts,
            lane_fees: self.lane_fees,
            changes,
            trie,
            hook_logs: self.hook_logs,
            hook_failures: self.hook_failures,
            next_validators,
        };
        Ok((executed, header))
    }
}

/// What a block writes before its first transaction: its parent's hash, and the begin hooks. Tracing
/// starts a block again by it. Gives the hooks' events and failures.
///
/// # Errors
/// Only if the store fails.
pub fn begin_block<S: StateReader>(
    config: &ChainConfig,
    facts: &BlockFacts,
    parent_hash: B256,
    overlay: &mut Overlay<S>,
    cleared: &Cleared,
) -> Result<(Vec<Log>, Vec<HookFailure>), StoreError> {
    store_parent_hash(overlay, facts.number.saturating_sub(1), parent_hash)?;
    run_hooks(modules_of(config), Moment::BeginBlock, overlay, facts, cleared)
}

/// EIP-2935: contracts read the hashes of the last 8,191 blocks.
fn store_parent_hash<S: StateReader>(
    overlay: &mut Overlay<S>,
    parent_number: u64,
    parent_hash: B256,
) -> Result<(), StoreError> {
    // Chains without the contract (tests) keep no history.
    if overlay.account(HISTORY_STORAGE_ADDRESS)?.is_some() {
        let window = u64::try_from(HISTORY_SERVE_WINDOW).unwrap_or(1).max(1);
        let slot = parent_number.checked_rem(window).unwrap_or(0);
        overlay.set_storage(HISTORY_STORAGE_ADDRESS, U256::from(slot), parent_hash.into())?;
    }
    Ok(())
}

fn compare(have: &Header, want: &Header) -> Result<(), BlockError> {
    let mismatch = |field, have: &dyn ToString, want: &dyn ToString| {
        Err(BlockError::Mismatch { field, have: have.to_string(), want: want.to_string() })
    };
    if have.state_root != want.state_root {
        return mismatch("stateRoot", &have.state_root, &want.state_root);
    }
    if have.receipts_root != want.receipts_root {
        return mismatch("receiptsRoot", &have.receipts_root, &want.receipts_root);
    }
    if have.gas_used != want.gas_used {
        return mismatch("gasUsed", &have.gas_used, &want.gas_used);
    }
    if have.logs_bloom != want.logs_bloom {
        return mismatch("logsBloom", &have.logs_bloom, &want.logs_bloom);
    }
    Ok(())
}
