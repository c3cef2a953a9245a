//! `eth_`: what transactions cost.

use super::{RpcError, context::Rpc, limits::MAX_REWARD_PERCENTILES, resolve::At};
use crate::{chain::Chain, storage::StoredBlock};
use alloy_primitives::U256;
use btt_api::{
    server::EthFeesApiServer,
    types::{BlockNumberOrTag, FeeHistory, Number},
};
use btt_runtime::state::StoreError;
use jsonrpsee::core::RpcResult;
use parking_lot::Mutex;

/// Blocks that the tip is suggested by.
const TIP_BLOCKS: u64 = 20;
/// Which of the tips paid in them is suggested, as geth's oracle: the 60th percentile.
const TIP_PERCENTILE: usize = 60;
/// The suggested tip is at least the base fee divided by this.
const BASE_FEE_PER_LEAST_TIP: u64 = 100;
/// The suggested tip is at most the base fee times this, whatever others paid.
const MOST_TIP_PER_BASE_FEE: u128 = 10;

/// Suggests tips; remembers the suggestion of a block.
#[derive(Debug, Default)]
pub(super) struct TipOracle {
    last: Mutex<Option<(u64, u128)>>,
}

impl TipOracle {
    /// A tip that gets a transaction into the next block, in wei a gas.
    ///
    /// A block with room to spare takes any tip, so only blocks more than half full are asked what was
    /// paid in them.
    pub(super) fn suggest(&self, chain: &Chain) -> Result<u128, StoreError> {
        let head = chain.head();
        if let Some((number, tip_wei)) = *self.last.lock()
            && number == head.number
        {
            return Ok(tip_wei);
        }
        let mut tips = Vec::new();
        for number in head.number.saturating_sub(TIP_BLOCKS - 1)..=head.number {
            let full = |header: &btt_runtime::block::Header| header.gas_used > header.gas_limit / 2;
            if chain.header(number)?.is_some_and(|header| full(&header))
                && let Some(block) = chain.block(number)?
            {
                let paid = block.transactions.iter().enumerate();
                tips.extend(paid.filter_map(|(place, tx)| {
                    tx.effective_tip_wei(block.base_fee_of(place).unwrap_or(0))
                }));
            }
        }
        let tip_wei = suggested_tip(tips, head.next_base_fee_wei);
        *self.last.lock() = Some((head.number, tip_wei));
        Ok(tip_wei)
    }
}

fn suggested_tip(mut tips_wei: Vec<u128>, base_fee_wei: u64) -> u128 {
    tips_wei.sort_unstable();
    let index = tips_wei.len().saturating_sub(1) * TIP_PERCENTILE / 100;
    let paid = tips_wei.get(index).copied().unwrap_or(0);
    let least = u128::from((base_fee_wei / BASE_FEE_PER_LEAST_TIP).max(1));
    paid.clamp(least, least.max(u128::from(base_fee_wei) * MOST_TIP_PER_BASE_FEE))
}

/// Tips of a block at these percentiles of its gas, in wei; zeros for an empty block.
fn rewards(block: &StoredBlock, percentiles: &[f64]) -> Vec<u128> {
    let mut gas_before = 0;
    let mut paid: Vec<(u128, u64)> = block
        .transactions
        .iter()
        .zip(&block.receipts)
        .enumerate()
        .map(|(place, (tx, receipt))| {
            let gas = receipt.cumulative_gas_used.saturating_sub(gas_before);
            gas_before = receipt.cumulative_gas_used;
            let base_fee_wei = block.base_fee_of(place).unwrap_or(0);
            (tx.effective_tip_wei(base_fee_wei).unwrap_or(0), gas)
        })
        .collect();
    paid.sort_unstable();
    rewards_of(&paid, percentiles)
}

/// `paid` holds tips, rising, with the gas that paid them.
fn rewards_of(paid: &[(u128, u64)], percentiles: &[f64]) -> Vec<u128> {
    let total: u64 = paid.iter().map(|(_, gas)| gas).sum();
    let mut rest = paid.iter();
    let (mut tip_wei, mut gas) = rest.next().copied().unwrap_or_default();
    percentiles
        .iter()
        .map(|percentile| {
            let wanted = (total as f64 * percentile / 100.0) as u64;
            while gas < wanted
                && let Some((next_tip, next_gas)) = rest.next()
            {
                tip_wei = *next_tip;
                gas += next_gas;
            }
            tip_wei
        })
        .collect()
}

fn check_percentiles(percentiles: &[f64]) -> Result<(), RpcError> {
    let invalid = |what: String| Err(RpcError::InvalidParams(what));
    if percentiles.len() > MAX_REWARD_PERCENTILES {
        let asked = percentiles.len();
        return invalid(format!("{asked} reward percentiles, limit {MAX_REWARD_PERCENTILES}"));
    }
    if let Some(wrong) = percentiles.iter().find(|p| !(0.0..=100.0).contains(*p)) {
        return invalid(format!("invalid reward percentile: {wrong} is not in 0 to 100"));
    }
    if !percentiles.is_sorted() {
        return invalid("invalid reward percentile: they must rise".to_owned());
    }
    Ok(())
}

impl Rpc {
    fn history(
        &self,
        count: u64,
        newest: At,
        percentiles: Option<&[f64]>,
    ) -> Result<FeeHistory, RpcError> {
        let newest = self.number_at(newest);
        if newest > self.chain().head().number {
            return Err(RpcError::UnknownBlock);
        }
        let count = count.min(self.limits.fee_history_blocks).min(newest.saturating_add(1));
        if count == 0 {
            return Ok(FeeHistory::default());
        }
        let oldest_block = newest + 1 - count;
        let entries = usize::try_from(count).unwrap_or(usize::MAX);
        let mut history = FeeHistory {
            oldest_block,
            base_fee_per_blob_gas: vec![0; entries + 1],
            blob_gas_used_ratio: vec![0.0; entries],
            reward: percentiles.map(|_| Vec::with_capacity(entries)),
            ..FeeHistory::default()
        };
        for number in oldest_block..=newest {
            let header = self.chain().header(number)?.ok_or(RpcError::UnknownBlock)?;
            let base_fee_wei = header.base_fee_per_gas.unwrap_or(0);
            history.base_fee_per_gas.push(u128::from(base_fee_wei));
            history.gas_used_ratio.push(header.gas_used as f64 / header.gas_limit.max(1) as f64);
            if let (Some(all), Some(percentiles)) = (&mut history.reward, percentiles) {
                let block = self.chain().block(number)?.ok_or(RpcError::UnknownBlock)?;
                all.push(rewards(&block, percentiles));
            }
        }
        let next_wei = match self.chain().header(newest + 1)? {
            Some(header) => header.base_fee_per_gas.unwrap_or(0),
            None => self.chain().next_base_fee(),
        };
        history.base_fee_per_gas.push(u128::from(next_wei));
        Ok(history)
    }
}

#[jsonrpsee::core::async_trait]
impl EthFeesApiServer for Rpc {
    fn gas_price(&self) -> RpcResult<U256> {
        let tip_wei = self.tips.suggest(self.chain()).map_err(RpcError::from)?;
        Ok(U256::from(u128::from(self.chain().next_base_fee()) + tip_wei))
    }

    fn max_priority_fee_per_gas(&self) -> RpcResult<U256> {
        Ok(U256::from(self.tips.suggest(self.chain()).map_err(RpcError::from)?))
    }

    async fn fee_history(
        &self,
        block_count: Number,
        newest_block: BlockNumberOrTag,
        reward_percentiles: Option<Vec<f64>>,
    ) -> RpcResult<FeeHistory> {
        check_percentiles(reward_percentiles.as_deref().unwrap_or_default())?;
        let newest = At::tag(newest_block);
        // As geth: who asks for none is told of none.
        let percentiles = reward_percentiles.filter(|percentiles| !percentiles.is_empty());
        let work = move |rpc: &Self| rpc.history(block_count.0, newest, percentiles.as_deref());
        Ok(self.slowly(work).await?)
    }

    fn blob_base_fee(&self) -> RpcResult<U256> {
        Ok(U256::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_chain_suggests_the_least_tip() {
        assert_eq!(suggested_tip(vec![], 1_000_000_000), 10_000_000);
        assert_eq!(suggested_tip(vec![], 0), 1);
    }

    #[test]
    fn a_crowded_chain_suggests_what_most_paid_but_no_absurd_tip() {
        let tips = (1..=10).map(|gwei| gwei * 1_000_000_000).rev().collect();
        assert_eq!(suggested_tip(tips, 1_000_000_000), 6_000_000_000);
        assert_eq!(suggested_tip(vec![u128::MAX; 3], 1_000), 10_000);
    }

    #[test]
    fn rewards_are_weighed_by_gas() {
        // 30,000 gas paid 1, 60,000 paid 5, 10,000 paid 9.
        let paid = [(1, 30_000), (5, 60_000), (9, 10_000)];
        assert_eq!(rewards_of(&paid, &[0.0, 30.0, 31.0, 90.0, 91.0, 100.0]), [1, 1, 5, 5, 9, 9]);
        assert_eq!(rewards_of(&[], &[10.0, 90.0]), [0, 0]);
    }

    #[test]
    fn percentiles_that_make_no_sense_are_named() {
        let text = |percentiles: &[f64]| check_percentiles(percentiles).unwrap_err().to_string();
        assert!(text(&[-1.0]).contains("-1 is not in 0 to 100"));
        assert!(text(&[100.5]).contains("100.5"));
        assert!(text(&[f64::NAN]).contains("NaN"));
        assert!(text(&[50.0, 10.0]).contains("must rise"));
        assert!(text(&[1.0; 101]).contains("101 reward percentiles, limit 100"));
        assert_eq!(check_percentiles(&[0.0, 25.5, 25.5, 100.0]), Ok(()));
    }
}
