//! Sellers: post, change and withdraw offers, hand in receipts for all, half or nothing of a lease, take bonds out.

use super::{Look, SWARMS, swarm};
use crate::{keys::Key, sim::rng::Rng};
use alloy_primitives::{B256, U256};
use btt_runtime::{
    modules::market::{
        IMarket::{self, SignedReceipt},
        receipt_digest,
    },
    primitives::WEI_PER_BTT,
    tx::Transaction,
};

/// Standing offers of one seller.
const MAX_OFFERS: usize = 2;
/// Epochs back to which leases may be open.
const EPOCHS_BACK: u32 = 8;

/// A seller's next transaction.
pub(super) fn wish(
    look: &Look<'_>,
    clock: &IMarket::Clock,
    key: &Key,
    buyers: &[Key],
) -> Option<Transaction> {
    let mut rng = look.rng(key);
    let receipts =
        if rng.happens(500_000) { receipts(look, clock.epoch, key, buyers) } else { Vec::new() };
    match receipts.as_slice() {
        [] => {}
        [one] => {
            let SignedReceipt { leaseId, deliveredBytes, signature } = one.clone();
            let call = IMarket::submitReceiptCall { leaseId, deliveredBytes, signature };
            return look.send(key, U256::ZERO, &call);
        }
        _ => return look.send(key, U256::ZERO, &IMarket::submitReceiptsCall { receipts }),
    }
    let seller = key.address();
    let offers = look.view(&IMarket::offersOfCall { seller, offset: 0, limit: 64 })?.offerIds;
    if offers.len() < MAX_OFFERS {
        return post(look, clock.epoch, key, None, &mut rng);
    }
    let offer = *rng.pick(&offers);
    match rng.below(40) {
        0 | 1 => post(look, clock.epoch, key, Some(offer), &mut rng),
        2 => look.send(key, U256::ZERO, &IMarket::withdrawOfferCall { offerId: offer }),
        3 | 4 => {
            // What is free, or more than that.
            let bond = look.view(&IMarket::bondCall { seller })?;
            let free = bond.bondWei.saturating_sub(bond.requiredWei);
            let amount = if rng.happens(300_000) { bond.bondWei } else { free };
            look.send(key, U256::ZERO, &IMarket::withdrawBondCall { amountWei: amount })
        }
        5 => look.send(key, U256::from(WEI_PER_BTT), &IMarket::topUpBondCall {}),
        _ => None,
    }
}

fn post(
    look: &Look<'_>,
    epoch: u32,
    key: &Key,
    instead_of: Option<u64>,
    rng: &mut Rng,
) -> Option<Transaction> {
    let (capacity, reserve_ticks) = (rng.range(2, 8) as u32, rng.range(3, 25));
    let first = rng.range(1, SWARMS);
    let swarms: Vec<B256> = (first..=rng.range(first, SWARMS)).map(swarm).collect();
    let epochs = rng.range(1, 12) as u32;
    let to_epoch = epoch + epochs;
    let swarm_count = swarms.len() as u32;
    let cost =
        IMarket::offerCostCall { capacity, reserveTicks: reserve_ticks, swarmCount: swarm_count };
    let cost = look.view(&cost)?;
    let fee = look.view(&IMarket::bookFeeCall { swarm: swarm(1) })?.offerWei;
    let more = U256::from(rng.below(3)) * cost.bondWei;
    let value = cost.bondWei + cost.storageDepositWei + fee * U256::from(epochs) + more;
    match instead_of {
        None => look.send(
            key,
            value,
            &IMarket::postOfferCall {
                capacity,
                reserveTicks: reserve_ticks,
                swarms,
                toEpoch: to_epoch,
            },
        ),
        Some(offer_id) => look.send(
            key,
            value,
            &IMarket::changeOfferCall {
                offerId: offer_id,
                capacity,
                reserveTicks: reserve_ticks,
                swarms,
                toEpoch: to_epoch,
            },
        ),
    }
}

/// Receipts that the seller holds and has not handed in. Buyers sign for all, half or nothing of a lease; one in
/// five is somebody else's signature.
fn receipts(look: &Look<'_>, epoch: u32, key: &Key, buyers: &[Key]) -> Vec<SignedReceipt> {
    let mut receipts = Vec::new();
    for epoch in epoch.saturating_sub(EPOCHS_BACK)..epoch {
        let list = look.view(&IMarket::leasesOfCall { epoch, offset: 0, limit: 64 });
        for id in list.map(|list| list.leaseIds).unwrap_or_default() {
            let Some(lease) = look.view(&IMarket::leaseCall { leaseId: id }) else { continue };
            let signer = buyers.iter().find(|buyer| buyer.address() == lease.signer);
            let (Some(signer), true) = (signer, lease.seller == key.address()) else { continue };
            let (signer, delivered) = match id[0] % 10 {
                0..=4 => (signer, lease.dueBytes),
                5 | 6 => (signer, lease.dueBytes / 2),
                7 => (key, lease.dueBytes),
                _ => continue,
            };
            if delivered > lease.deliveredBytes {
                let digest = receipt_digest(look.chain_id(), id, delivered);
                let signature = signer.sign_digest(digest).as_bytes().into();
                let receipt = SignedReceipt { leaseId: id, deliveredBytes: delivered, signature };
                receipts.push(receipt);
            }
        }
    }
    receipts
}
