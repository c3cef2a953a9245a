//! From decoded calls to the rooms that answer them.

use super::{
    IMarket::{self as I, IMarketCalls as C},
    calls::{self, NewBid, NewOffer},
    clearing::Tier,
    signed, state, views,
};
use crate::{
    modules::{Call, Host, ModuleError},
    primitives::addresses::MARKET,
};
use alloy_primitives::U256;
use alloy_sol_types::SolCall;

/// Whether the call with this selector writes.
pub(super) fn is_write(selector: [u8; 4]) -> bool {
    matches!(
        selector,
        I::postOfferCall::SELECTOR
            | I::changeOfferCall::SELECTOR
            | I::withdrawOfferCall::SELECTOR
            | I::topUpBondCall::SELECTOR
            | I::withdrawBondCall::SELECTOR
            | I::commitBidCall::SELECTOR
            | I::revealBidCall::SELECTOR
            | I::cancelBidCall::SELECTOR
            | I::submitReceiptCall::SELECTOR
            | I::submitReceiptsCall::SELECTOR
            | I::sweepCall::SELECTOR
    )
}

/// Runs a call that writes.
pub(super) fn write(call: &mut Call<'_>, decoded: C) -> Result<Vec<u8>, ModuleError> {
    let (caller, value) = (call.caller, call.value_wei.saturating_to::<u128>());
    let host = call.host();
    match decoded {
        C::postOffer(c) => {
            let new = NewOffer {
                capacity: c.capacity,
                reserve_ticks: c.reserveTicks,
                swarms: &c.swarms,
                to_epoch: c.toEpoch,
            };
            let id = calls::post(host, caller, &new, value)?;
            return Ok(I::postOfferCall::abi_encode_returns(&id));
        }
        C::changeOffer(c) => {
            let new = NewOffer {
                capacity: c.capacity,
                reserve_ticks: c.reserveTicks,
                swarms: &c.swarms,
                to_epoch: c.toEpoch,
            };
            let id = calls::change(host, caller, c.offerId, &new, value)?;
            return Ok(I::changeOfferCall::abi_encode_returns(&id));
        }
        C::withdrawOffer(c) => calls::withdraw_offer(host, caller, c.offerId)?,
        C::topUpBond(_) => calls::top_up(host, caller, value)?,
        C::withdrawBond(c) => calls::withdraw(host, caller, c.amountWei)?,
        C::commitBid(c) => {
            let new = NewBid {
                epoch: c.epoch,
                swarm: c.swarm,
                qmax: c.qmax,
                lock_ticks: c.lockTicks,
                commit_hash: c.commitHash,
                signer: c.signer,
                max_book_fee_wei: c.maxBookFeeWei,
                epochs: c.epochs,
            };
            let id = calls::commit(host, caller, &new, value)?;
            return Ok(I::commitBidCall::abi_encode_returns(&id));
        }
        C::revealBid(c) => {
            calls::reveal(host, caller, c.bidId, &tiers_of(&c.tiers), c.salt)?;
        }
        C::cancelBid(c) => {
            let wei = calls::cancel(host, caller, c.bidId)?;
            return Ok(I::cancelBidCall::abi_encode_returns(&U256::from(wei)));
        }
        C::submitReceipt(c) => calls::submit(host, c.leaseId, c.deliveredBytes, &c.signature)?,
        C::submitReceipts(c) => {
            let statuses = calls::submit_many(host, &c.receipts)?;
            return Ok(I::submitReceiptsCall::abi_encode_returns(&statuses.into()));
        }
        C::sweep(_) => {
            let wei = calls::sweep(host)?;
            return Ok(I::sweepCall::abi_encode_returns(&U256::from(wei)));
        }
        _ => return Err(state::broken("a read among the writes")),
    }
    Ok(Vec::new())
}

fn tiers_of(tiers: &[I::Tier]) -> Vec<Tier> {
    let of = |tier: &I::Tier| Tier { price: tier.price, quantity: tier.quantity };
    tiers.iter().map(of).collect()
}

/// Runs a call that reads.
pub(super) fn view(host: &mut dyn Host, call: C) -> Result<Vec<u8>, ModuleError> {
    let chain_id = host.block().chain_id;
    Ok(match call {
        C::clock(_) => I::clockCall::abi_encode_returns(&views::clock(host)?),
        C::terms(_) => I::termsCall::abi_encode_returns(&views::terms(host)?),
        C::bid(c) => I::bidCall::abi_encode_returns(&views::bid(host, c.bidId)?),
        C::bidsOf(c) => I::bidsOfCall::abi_encode_returns(&views::bids_of(host, c.account)?),
        C::offer(c) => I::offerCall::abi_encode_returns(&views::offer(host, c.offerId)?),
        C::offersOf(c) => {
            let is_theirs = |_: &mut dyn Host, offer: &state::Offer| Ok(offer.seller == c.seller);
            let (ids, next) = views::offers_where(host, (c.offset, c.limit), is_theirs)?;
            I::offersOfCall::abi_encode_returns(&I::offersOfReturn { offerIds: ids, next })
        }
        C::offersFor(c) => {
            let lists = |host: &mut dyn Host, offer: &state::Offer| {
                Ok(offer.swarms(host)?.binary_search(&c.swarm).is_ok())
            };
            let (ids, next) = views::offers_where(host, (c.offset, c.limit), lists)?;
            I::offersForCall::abi_encode_returns(&I::offersForReturn { offerIds: ids, next })
        }
        C::lease(c) => I::leaseCall::abi_encode_returns(&views::lease(host, c.leaseId)?),
        C::leasesOf(c) => {
            let (ids, total) = views::leases_of(host, c.epoch, (c.offset, c.limit))?;
            I::leasesOfCall::abi_encode_returns(&I::leasesOfReturn { leaseIds: ids, total })
        }
        C::bond(c) => I::bondCall::abi_encode_returns(&views::bond(host, c.seller)?),
        C::bookFee(c) => I::bookFeeCall::abi_encode_returns(&views::book_fee(host, c.swarm)?),
        C::offerCost(c) => {
            let cost = views::offer_cost(host, c.capacity, c.reserveTicks, c.swarmCount)?;
            I::offerCostCall::abi_encode_returns(&cost)
        }
        C::totals(_) => {
            let totals = state::Totals::load(host)?;
            I::totalsCall::abi_encode_returns(&I::totalsReturn {
                escrowWei: U256::from(totals.escrow_wei),
                bondsWei: U256::from(totals.bonds_wei),
                depositsWei: U256::from(totals.deposits_wei),
            })
        }
        C::commitHash(c) => {
            calls::charge_tiers(host, c.tiers.len())?;
            let tiers = tiers_of(&c.tiers);
            let hash = signed::commit_hash(chain_id, c.epoch, c.buyer, c.swarm, &tiers, c.salt);
            I::commitHashCall::abi_encode_returns(&hash)
        }
        C::leaseIdOf(c) => {
            let id = signed::lease_id(chain_id, c.epoch, c.bidId, c.offerId);
            I::leaseIdOfCall::abi_encode_returns(&id)
        }
        C::receiptDigest(c) => {
            let digest = signed::receipt_digest(chain_id, c.leaseId, c.deliveredBytes);
            I::receiptDigestCall::abi_encode_returns(&digest)
        }
        C::eip712Domain(_) => I::eip712DomainCall::abi_encode_returns(&eip712_domain(chain_id)),
        _ => return Err(state::broken("a write among the reads")),
    })
}

/// EIP-5267: fields 0b01111 are name, version, chain id and contract.
fn eip712_domain(chain_id: u64) -> I::eip712DomainReturn {
    let domain = signed::domain(chain_id);
    I::eip712DomainReturn {
        fields: [0x0f].into(),
        name: domain.name.unwrap_or_default().into_owned(),
        version: domain.version.unwrap_or_default().into_owned(),
        chainId: U256::from(chain_id),
        verifyingContract: MARKET,
        salt: Default::default(),
        extensions: Vec::new(),
    }
}
