//! Many vouchers in few transactions. Every item is settled on trial first, in order; what pays nothing is left
//! out and named, so that nobody pays gas for it.

use super::{
    super::{
        RpcError,
        context::Rpc,
        resolve::At,
        simulate::{Simulation, output},
    },
    rule,
    verify::{self, Failure},
};
use crate::storage::StateView;
use alloy_primitives::{Address, TxKind, U256};
use alloy_sol_types::SolCall as _;
use btt_api::types::{
    AnyVoucher, BatchRefusal, PreparedBatch, PreparedTransaction, SignedVoucher, TransactionRequest,
};
use btt_runtime::{
    modules::channels::{
        IChannels,
        batch::{BatchItem, MAX_BATCH_ITEMS, Payment},
        voucher::parse_signature,
    },
    primitives::{
        addresses::CHANNELS,
        limits::{MAX_TX_BYTES, TX_GAS_LIMIT_CAP},
    },
};

/// Bytes of a transaction beside the items of its batch: envelope, signature, access list, ABI.
const ENVELOPE_BYTES: usize = 1_024;

/// Items of one transaction, each encoded.
type Chunk = [Vec<u8>];

impl Rpc {
    pub(super) fn batches(
        &self,
        items: &[SignedVoucher],
        from: Address,
    ) -> Result<PreparedBatch, RpcError> {
        let (count, limit) = (items.len(), self.limits.channel_batch_items);
        if count > limit {
            return Err(RpcError::Limit(format!("a batch of {count} vouchers, limit {limit}")));
        }
        let (mut trial, guard) = (self.trial()?, self.guard());
        let (mut encoded, mut refused, mut due_wei) = (Vec::new(), Vec::new(), U256::ZERO);
        for (index, item) in (0u64..).zip(items) {
            guard.check()?;
            let mut refuse = |reason| refused.push(BatchRefusal { index, reason });
            match verify::settle(&mut trial, item) {
                Ok(0) => refuse("it claims no more than was paid".to_owned()),
                Ok(wei) => match encode(item) {
                    Ok(bytes) => {
                        due_wei = due_wei.saturating_add(U256::from(wei));
                        encoded.push(bytes);
                    }
                    Err(reason) => refuse(reason),
                },
                Err(Failure::Missing(what)) => refuse(what.to_owned()),
                Err(Failure::Module(error)) => refuse(rule(error)?),
            }
        }
        drop(trial);
        let mut transactions = Vec::new();
        let mut simulation = self.simulation(At::Pending, self.guard(), None, None)?;
        for chunk in chunks(&encoded) {
            prepare(&mut simulation, from, chunk, &mut transactions)?;
        }
        Ok(PreparedBatch { transactions, refused, due_wei })
    }
}

/// Parts that fit a transaction by their number and by their bytes.
fn chunks(items: &[Vec<u8>]) -> Vec<&Chunk> {
    let mut parts = Vec::new();
    let mut rest = items;
    while !rest.is_empty() {
        let mut bytes = 0usize;
        let fits = |item: &&Vec<u8>| {
            bytes = bytes.saturating_add(item.len());
            bytes <= MAX_TX_BYTES - ENVELOPE_BYTES
        };
        // One item fits any transaction.
        let count = rest.iter().take(MAX_BATCH_ITEMS).take_while(fits).count().max(1);
        let (part, others) = rest.split_at(count);
        parts.push(part);
        rest = others;
    }
    parts
}

/// Adds the transaction of a part; of its halves, where it takes more gas than a transaction may.
fn prepare(
    simulation: &mut Simulation<'_, StateView<'_>>,
    from: Address,
    chunk: &Chunk,
    transactions: &mut Vec<PreparedTransaction>,
) -> Result<(), RpcError> {
    let call = IChannels::batchSettleCall { items: chunk.concat().into() };
    let data = alloy_primitives::Bytes::from(call.abi_encode());
    let request = TransactionRequest {
        from: Some(from),
        to: Some(TxKind::Call(CHANNELS)),
        input: data.clone().into(),
        gas: Some(TX_GAS_LIMIT_CAP),
        ..TransactionRequest::default()
    };
    let env = simulation.tx_env(request, TX_GAS_LIMIT_CAP)?;
    let result = simulation.run(env)?;
    if result.is_halt() && chunk.len() > 1 {
        let (first, second) = chunk.split_at(chunk.len() / 2);
        prepare(simulation, from, first, transactions)?;
        return prepare(simulation, from, second, transactions);
    }
    let used = result.gas().tx_gas_used().saturating_add(result.gas().inner_refunded());
    output(result)?;
    // A call passes on 63/64 of its gas, and the state may have changed a little until it is included.
    let gas = used.saturating_add(used / 16).saturating_add(10_000).min(TX_GAS_LIMIT_CAP);
    let items = u64::try_from(chunk.len()).ok();
    transactions.push(PreparedTransaction {
        to: CHANNELS,
        data,
        value: U256::ZERO,
        gas: Some(gas),
        items,
        channel_id: None,
    });
    Ok(())
}

fn encode(item: &SignedVoucher) -> Result<Vec<u8>, String> {
    let tick = item.tick.unwrap_or_default().into();
    let payment = match item.voucher {
        AnyVoucher::Voucher(v) => Payment::Voucher(v.into(), tick),
        AnyVoucher::Pool(v) => Payment::Pool(v.into(), tick),
        AnyVoucher::Conditional(v) => {
            Payment::Conditional(v.into(), item.secret.unwrap_or_default())
        }
    };
    let signature = parse_signature(&item.signature).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    BatchItem::new(payment, &signature).encode(&mut bytes);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(items: &[Vec<u8>]) -> Vec<usize> {
        chunks(items).iter().map(|part| part.len()).collect()
    }

    #[test]
    fn a_part_is_bounded_by_items_and_by_bytes() {
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&vec![vec![0; 113]; 1_024]), [1_024]);
        assert_eq!(sizes(&vec![vec![0; 113]; 1_025]), [1_024, 1]);
        let long = vec![vec![0; 225]; 1_024];
        let most = (MAX_TX_BYTES - ENVELOPE_BYTES) / 225;
        assert_eq!(sizes(&long), [most, 1_024 - most]);
    }
}
