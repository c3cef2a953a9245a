//! Buyers: seal bids, open most of them, some wrongly and some never; let a few stand for several epochs.

use super::{Look, SWARMS, swarm};
use crate::{keys::Key, sim::rng::Rng};
use alloy_primitives::{Address, B256, U256, keccak256};
use btt_runtime::{
    modules::market::{
        IMarket::{self, Phase},
        clearing::Tier,
        commit_hash,
        limits::TICK_WEI,
    },
    tx::Transaction,
};

/// Bids of one buyer in an epoch.
const MAX_BIDS: usize = 2;

/// A buyer's next transaction.
pub(super) fn wish(look: &Look<'_>, clock: &IMarket::Clock, key: &Key) -> Option<Transaction> {
    let account = key.address();
    let ids = look.view(&IMarket::bidsOfCall { account })?;
    let bids =
        ids.into_iter().filter_map(|id| Some((id, look.view(&IMarket::bidCall { bidId: id })?)));
    let bids: Vec<_> = bids.filter(|(_, bid)| bid.epoch == clock.epoch).collect();
    let mut rng = look.rng(key);
    match clock.phase {
        Phase::Commit if bids.len() < MAX_BIDS && rng.happens(700_000) => {
            commit(look, clock.epoch, key, &mut rng)
        }
        Phase::Reveal => {
            let sealed = bids.iter().find_map(|(id, bid)| {
                let opening = Secret::of(key, bid.epoch, bid.swarm).opening()?;
                (!bid.isRevealed && !bid.isRenewed).then_some((*id, opening))
            });
            let (id, (tiers, salt)) = sealed?;
            let tiers =
                tiers.iter().map(|t| IMarket::Tier { price: t.price, quantity: t.quantity });
            let call = IMarket::revealBidCall { bidId: id, tiers: tiers.collect(), salt };
            look.send(key, U256::ZERO, &call)
        }
        _ if rng.happens(50_000) => {
            let (id, _) = bids.first()?;
            look.send(key, U256::ZERO, &IMarket::cancelBidCall { bidId: *id })
        }
        _ => None,
    }
}

fn commit(look: &Look<'_>, epoch: u32, key: &Key, rng: &mut Rng) -> Option<Transaction> {
    let swarm = swarm(rng.range(1, SWARMS));
    let secret = Secret::of(key, epoch, swarm);
    let epochs = if rng.happens(200_000) { 3 } else { 1 };
    let fee = look.view(&IMarket::bookFeeCall { swarm })?.bidWei * U256::from(2 * epochs);
    let call = IMarket::commitBidCall {
        epoch,
        swarm,
        qmax: secret.units(),
        lockTicks: secret.lock_ticks,
        commitHash: commit_hash(
            look.chain_id(),
            epoch,
            key.address(),
            swarm,
            &secret.tiers,
            secret.salt,
        ),
        signer: Address::ZERO,
        maxBookFeeWei: fee,
        epochs,
    };
    let lock = U256::from(u128::from(secret.lock_ticks) * TICK_WEI);
    look.send(key, lock * U256::from(epochs) + fee, &call)
}

/// What a buyer does once it has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Reveals,
    RevealsWrongly,
    KeepsSilent,
}

/// What a buyer seals for a swarm in an epoch; it knows it again in the reveal phase.
struct Secret {
    tiers: Vec<Tier>,
    salt: B256,
    lock_ticks: u64,
    style: Style,
}

impl Secret {
    fn of(key: &Key, epoch: u32, swarm: B256) -> Self {
        let words = [key.address().as_slice(), &epoch.to_be_bytes(), swarm.as_slice()].concat();
        let salt = keccak256(words);
        let seed = salt.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte));
        let mut rng = Rng::new(seed);
        let price = rng.range(8, 60);
        let mut tiers = vec![Tier { price, quantity: rng.range(1, 3) as u32 }];
        if rng.happens(400_000) {
            tiers.push(Tier { price: rng.range(4, price), quantity: rng.range(1, 3) as u32 });
        }
        let style = match rng.below(10) {
            0 | 1 => Style::KeepsSilent,
            2 => Style::RevealsWrongly,
            _ => Style::Reveals,
        };
        let units: u32 = tiers.iter().map(|tier| tier.quantity).sum();
        let lock_ticks = (price + rng.below(3)) * u64::from(units);
        Self { tiers, salt, lock_ticks, style }
    }

    fn units(&self) -> u32 {
        self.tiers.iter().map(|tier| tier.quantity).sum()
    }

    /// What it says in the reveal phase; what is wrong, it says in every block.
    fn opening(self) -> Option<(Vec<Tier>, B256)> {
        match self.style {
            Style::Reveals => Some((self.tiers, self.salt)),
            Style::RevealsWrongly => Some((self.tiers, B256::ZERO)),
            Style::KeepsSilent => None,
        }
    }
}
