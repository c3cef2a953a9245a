//! Transactions of the market. They are tried before they are given out, so that what the module would refuse
//! is an error here.

use super::{
    super::{RpcError, context::Rpc},
    check_tiers, refused, sol_tiers, wei,
};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use btt_api::types::{CommitBid, PostOffer, PreparedTransaction, SubmitReceipts, WithdrawBond};
use btt_runtime::{modules::market::IMarket, primitives::addresses::MARKET};

/// How long an offer stands that names no last epoch, in seconds.
const DEFAULT_OFFER_S: u32 = 3_600;

impl Rpc {
    pub(super) fn market_call(
        &self,
        from: Address,
        call: &impl SolCall,
        value: U256,
    ) -> Result<PreparedTransaction, RpcError> {
        self.prepared_call(MARKET, from, call, value).map_err(refused)
    }

    /// Posts an offer, in place of another if that is given.
    pub(super) fn build_offer(
        &self,
        replaced: Option<u64>,
        request: PostOffer,
    ) -> Result<PreparedTransaction, RpcError> {
        let PostOffer { from, capacity, reserve_ticks, mut swarms, to_epoch, bond_wei } = request;
        swarms.sort_unstable();
        swarms.dedup();
        let reserve = reserve_ticks.0;
        let mut views = self.views(None)?;
        let clock = views.ask(MARKET, &IMarket::clockCall {})?;
        let terms = views.ask(MARKET, &IMarket::termsCall {})?;
        let count = u32::try_from(swarms.len()).unwrap_or(u32::MAX);
        let cost = IMarket::offerCostCall { capacity, reserveTicks: reserve, swarmCount: count };
        let cost = views.ask(MARKET, &cost).map_err(refused)?;
        let fees = views.ask(MARKET, &IMarket::bookFeeCall { swarm: B256::ZERO })?;
        let bond = views.ask(MARKET, &IMarket::bondCall { seller: from })?;
        let bond_wei = bond_wei.unwrap_or_else(|| {
            let wanted = bond.requiredWei.saturating_add(cost.bondWei);
            wanted.saturating_sub(bond.bondWei)
        });
        let epochs = DEFAULT_OFFER_S / terms.leaseS.max(1);
        let to_epoch = to_epoch.unwrap_or_else(|| clock.epoch.saturating_add(epochs.max(1)));
        let epochs = to_epoch.saturating_sub(clock.epoch);
        let fee_wei = fees.offerWei.saturating_mul(U256::from(epochs));
        let value = bond_wei.saturating_add(cost.storageDepositWei).saturating_add(fee_wei);
        match replaced {
            None => {
                let call = IMarket::postOfferCall {
                    capacity,
                    reserveTicks: reserve,
                    swarms,
                    toEpoch: to_epoch,
                };
                self.market_call(from, &call, value)
            }
            Some(id) => {
                let call = IMarket::changeOfferCall {
                    offerId: id,
                    capacity,
                    reserveTicks: reserve,
                    swarms,
                    toEpoch: to_epoch,
                };
                self.market_call(from, &call, value)
            }
        }
    }

    pub(super) fn build_withdraw_bond(
        &self,
        request: &WithdrawBond,
    ) -> Result<PreparedTransaction, RpcError> {
        let amount = match request.amount_wei {
            Some(amount) => amount,
            None => {
                let call = IMarket::bondCall { seller: request.from };
                let bond = self.views(None)?.ask(MARKET, &call)?;
                bond.bondWei.saturating_sub(bond.requiredWei)
            }
        };
        let call = IMarket::withdrawBondCall { amountWei: amount };
        self.market_call(request.from, &call, U256::ZERO)
    }

    pub(super) fn build_commit(
        &self,
        request: &CommitBid,
    ) -> Result<PreparedTransaction, RpcError> {
        let wrong = |text: &str| RpcError::InvalidParams(text.to_owned());
        // What a commit must cover so that the bid can be revealed: the chain sees the tiers only then.
        check_tiers(&request.tiers)?;
        let dearest = request.tiers.first().map_or(0, |tier| tier.price_ticks.0);
        let units = request.tiers.iter().map(|tier| tier.quantity).sum();
        let qmax = request.qmax.unwrap_or(units);
        if qmax < units {
            return Err(wrong(&format!("qmax {qmax} is below the {units} units of the tiers")));
        }
        let ceiling = request.ceiling_ticks.map_or(dearest, |ticks| ticks.0);
        if ceiling < dearest {
            let text = format!("ceilingTicks {ceiling} is below a tier's price, {dearest}");
            return Err(wrong(&text));
        }
        let lock = ceiling.checked_mul(u64::from(qmax)).ok_or_else(|| {
            wrong("ceiling times units is more than all coins: the lock does not exist")
        })?;
        let mut views = self.views(None)?;
        let epoch = views.ask(MARKET, &IMarket::clockCall {})?.epoch;
        let epochs = request.epochs.unwrap_or(1);
        let max_fee = match request.max_book_fee_wei {
            Some(fee) => fee,
            None => {
                let call = IMarket::bookFeeCall { swarm: request.swarm };
                let fee = views.ask(MARKET, &call)?.bidWei.saturating_mul(U256::from(epochs));
                fee.saturating_add(fee >> 1)
            }
        };
        let tiers = sol_tiers(&request.tiers);
        let sealed = IMarket::commitHashCall {
            epoch,
            buyer: request.from,
            swarm: request.swarm,
            tiers,
            salt: request.salt,
        };
        let call = IMarket::commitBidCall {
            epoch,
            swarm: request.swarm,
            qmax,
            lockTicks: lock,
            commitHash: views.ask(MARKET, &sealed).map_err(refused)?,
            signer: request.signer.unwrap_or_default(),
            maxBookFeeWei: max_fee,
            epochs,
        };
        let locked = wei(lock).saturating_mul(U256::from(epochs));
        self.market_call(request.from, &call, locked.saturating_add(max_fee))
    }

    pub(super) fn build_receipts(
        &self,
        request: SubmitReceipts,
    ) -> Result<PreparedTransaction, RpcError> {
        let from = request.from.unwrap_or_default();
        let count = u64::try_from(request.receipts.len()).unwrap_or(u64::MAX);
        let mut receipts: Vec<IMarket::SignedReceipt> = request
            .receipts
            .into_iter()
            .map(|receipt| IMarket::SignedReceipt {
                leaseId: receipt.lease_id,
                deliveredBytes: u128::from(receipt.delivered_bytes.0),
                signature: receipt.signature,
            })
            .collect();
        // One by itself is refused by name; of many each has a status of its own.
        let prepared = match (receipts.pop(), receipts.is_empty()) {
            (None, _) => {
                return Err(RpcError::InvalidParams("there is no receipt".to_owned()));
            }
            (Some(only), true) => {
                let IMarket::SignedReceipt { leaseId, deliveredBytes, signature } = only;
                let call = IMarket::submitReceiptCall { leaseId, deliveredBytes, signature };
                self.market_call(from, &call, U256::ZERO)?
            }
            (Some(last), false) => {
                receipts.push(last);
                self.market_call(from, &IMarket::submitReceiptsCall { receipts }, U256::ZERO)?
            }
        };
        Ok(PreparedTransaction { items: Some(count), ..prepared })
    }
}
