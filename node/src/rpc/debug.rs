//! `debug_`: traces of transactions, blocks and calls.

use super::{RpcError, context::Rpc, resolve::At, trace::Tracer};
use crate::storage::StoredBlock;
use alloy_primitives::B256;
use btt_api::{
    server::DebugApiServer,
    types::{
        BlockId, BlockNumberOrTag, BlockTrace, TransactionRequest,
        trace::{GethDebugTracingCallOptions, GethDebugTracingOptions, GethTrace},
    },
};
use jsonrpsee::core::RpcResult;

impl Rpc {
    fn trace_mined(&self, hash: B256, tracer: &Tracer) -> Result<GethTrace, RpcError> {
        let not_found = || RpcError::Failed("transaction not found".to_owned());
        let (number, index) = self.chain().transaction_place(hash)?.ok_or_else(not_found)?;
        let block = self.chain().block(number)?.ok_or_else(not_found)?;
        let traced = block.transactions.get(index).ok_or_else(not_found)?;
        let mut simulation = self.replay(&block, tracer)?;
        for (place, tx) in block.transactions[..index].iter().enumerate() {
            simulation = simulation.at_base_fee(block.base_fee_of(place)).execute(tx)?;
        }
        simulation = simulation.at_base_fee(block.base_fee_of(index));
        let env = simulation.env_of(traced);
        tracer.trace(&mut simulation, env, self.limits.trace_bytes)
    }

    fn trace_block(
        &self,
        block: &StoredBlock,
        tracer: &Tracer,
    ) -> Result<Vec<BlockTrace>, RpcError> {
        if block.block.header.number == 0 {
            return Err(RpcError::Failed("genesis is not traceable".to_owned()));
        }
        let mut simulation = self.replay(block, tracer)?;
        let mut traces = Vec::with_capacity(block.transactions.len());
        for (place, tx) in block.transactions.iter().enumerate() {
            simulation = simulation.at_base_fee(block.base_fee_of(place));
            let env = simulation.env_of(tx);
            let result = tracer.trace(&mut simulation, env, self.limits.trace_bytes)?;
            traces.push(BlockTrace { tx_hash: tx.hash(), result });
            simulation = simulation.execute(tx)?;
        }
        Ok(traces)
    }
}

#[jsonrpsee::core::async_trait]
impl DebugApiServer for Rpc {
    async fn trace_transaction(
        &self,
        hash: B256,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<GethTrace> {
        let tracer = Tracer::of(options.unwrap_or_default())?;
        Ok(self.slowly(move |rpc| rpc.trace_mined(hash, &tracer)).await?)
    }

    async fn trace_block_by_number(
        &self,
        number: BlockNumberOrTag,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<Vec<BlockTrace>> {
        let tracer = Tracer::of(options.unwrap_or_default())?;
        let work = move |rpc: &Self| {
            let block = rpc.block_at(At::tag(number))?.ok_or(RpcError::UnknownBlock)?;
            rpc.trace_block(&block, &tracer)
        };
        Ok(self.slowly(work).await?)
    }

    async fn trace_block_by_hash(
        &self,
        hash: B256,
        options: Option<GethDebugTracingOptions>,
    ) -> RpcResult<Vec<BlockTrace>> {
        let tracer = Tracer::of(options.unwrap_or_default())?;
        let work = move |rpc: &Self| {
            let block = rpc.block_of(hash)?.ok_or(RpcError::UnknownBlock)?;
            rpc.trace_block(&block, &tracer)
        };
        Ok(self.slowly(work).await?)
    }

    async fn trace_call(
        &self,
        request: TransactionRequest,
        block: Option<BlockId>,
        options: Option<GethDebugTracingCallOptions>,
    ) -> RpcResult<GethTrace> {
        let options = options.unwrap_or_default();
        if options.tx_index.is_some() {
            return Err(RpcError::InvalidParams("txIndex is not supported".to_owned()).into());
        }
        let tracer = Tracer::of(options.tracing_options)?;
        let (state, block_overrides) = (options.state_overrides, options.block_overrides);
        let guard = self.trace_guard(&tracer);
        let work = move |rpc: &Self| {
            let at = rpc.at(block)?;
            let mut simulation = rpc.simulation(at, guard, state, block_overrides.as_ref())?;
            let env = simulation.tx_env(request, rpc.limits.call_gas)?;
            tracer.trace(&mut simulation, env, rpc.limits.trace_bytes)
        };
        Ok(self.slowly(work).await?)
    }
}
