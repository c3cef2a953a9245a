//! Leases: open ones from state, closed ones from the index.

use super::{
    super::{RpcError, context::Rpc},
    refused,
};
use crate::storage::{MarketLog, MarketSubject};
use alloy_primitives::{Address, B256};
use btt_api::types::{LeaseEnd, MarketLease};
use btt_runtime::{
    modules::market::{
        IMarket::{self, IMarketEvents as Event},
        limits::UNIT_BYTES,
    },
    primitives::addresses::MARKET,
};

/// Events of an account that are searched for leases.
const MAX_SEARCHED: usize = 10_000;

impl Rpc {
    pub(super) fn market_lease(&self, id: B256) -> Result<MarketLease, RpcError> {
        let missing = || {
            let error = IMarket::UnknownLease { leaseId: id };
            refused(RpcError::Reverted(alloy_sol_types::SolError::abi_encode(&error).into()))
        };
        let store = self.chain().store();
        let first = store.first_market_log(MarketSubject::Lease(id))?;
        match first.as_ref().and_then(opened) {
            Some(lease) => self.as_it_is(&lease),
            // A node whose index begins later may have it in state.
            None => {
                let mut views = self.views(None)?;
                let lease = views.ask(MARKET, &IMarket::leaseCall { leaseId: id });
                lease.map(|lease| from_state(id, &lease)).map_err(|_| missing())
            }
        }
    }

    pub(super) fn leases_of(
        &self,
        account: Address,
        most: usize,
    ) -> Result<Vec<MarketLease>, RpcError> {
        let (store, mut before, mut searched) = (self.chain().store(), None, 0);
        let mut leases = Vec::new();
        while leases.len() < most && searched < MAX_SEARCHED {
            let logs = store.market_logs(MarketSubject::Account(account), before, 512)?;
            let Some(last) = logs.last() else { break };
            before = Some(last.place);
            searched += logs.len();
            let room = most - leases.len();
            for lease in logs.iter().filter_map(opened).take(room) {
                leases.push(self.as_it_is(&lease)?);
            }
        }
        Ok(leases)
    }

    /// A lease as it was opened, with what is known of it since. Nothing comes after its end; before that it has as
    /// many receipts as somebody pays for.
    fn as_it_is(&self, lease: &MarketLease) -> Result<MarketLease, RpcError> {
        let newest = self.chain().store().market_logs(MarketSubject::Lease(lease.id), None, 1)?;
        let end = newest.first().and_then(|log| match log.event()? {
            Event::LeaseClosed(e) => Some((log.place.block, e)),
            _ => None,
        });
        if let Some((block, e)) = end {
            return Ok(MarketLease {
                delivered_bytes: e.deliveredBytes,
                end: Some(LeaseEnd {
                    block,
                    net_wei: e.netWei,
                    fee_wei: e.feeWei,
                    refund_wei: e.refundWei,
                    burnt_wei: e.burntWei,
                    bond_burnt_wei: e.bondBurntWei,
                }),
                ..lease.clone()
            });
        }
        let call = IMarket::leaseCall { leaseId: lease.id };
        let now = self.views(None)?.ask(MARKET, &call).map_err(refused)?;
        Ok(from_state(lease.id, &now))
    }
}

fn from_state(id: B256, lease: &IMarket::Lease) -> MarketLease {
    MarketLease {
        id,
        epoch: lease.epoch,
        bid: lease.bidId,
        offer: lease.offerId,
        swarm: lease.swarm,
        buyer: lease.buyer,
        seller: lease.seller,
        signer: lease.signer,
        units: lease.units,
        due_bytes: lease.dueBytes,
        delivered_bytes: lease.deliveredBytes,
        buyer_wei: lease.buyerWei,
        seller_wei: lease.sellerWei,
        ends_at_ms: (lease.endsAtMs != 0).then_some(lease.endsAtMs),
        receipts_until_ms: (lease.receiptsUntilMs != 0).then_some(lease.receiptsUntilMs),
        end: None,
    }
}

fn opened(log: &MarketLog) -> Option<MarketLease> {
    match log.event()? {
        Event::LeaseOpened(e) => Some(MarketLease {
            id: e.leaseId,
            epoch: e.epoch,
            bid: e.bidId,
            offer: e.offerId,
            swarm: e.swarm,
            buyer: e.buyer,
            seller: e.seller,
            signer: e.signer,
            units: e.units,
            due_bytes: u128::from(UNIT_BYTES).saturating_mul(u128::from(e.units)),
            delivered_bytes: 0,
            buyer_wei: e.buyerWei,
            seller_wei: e.sellerWei,
            ends_at_ms: None,
            receipts_until_ms: None,
            end: None,
        }),
        _ => None,
    }
}
