//! The record of a bid: four slots, kept until its epoch's result is applied.
//!
//! | slot | fields |
//! |---|---|
//! | 0 | buyer, lock u64 (ticks, of one epoch), epoch u32 |
//! | 1 | swarm |
//! | 2 | signer, price u64 and quantity − 1 u8 of tier 4, most units − 1 u8, epochs left u8, flags u8 |
//! | 3 | hash of the bid; once revealed, price u64 and quantity u16 of tiers 1 to 3 |

use super::{at, broken, key, load, store};
use crate::{
    modules::{
        Host, ModuleError,
        market::{
            clearing::Tier,
            limits::{MAX_TIERS, wei},
        },
    },
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, B256, U256};

const REVEALED: u8 = 1;
const RENEWED: u8 = 2;
const SLOTS: u64 = 4;

/// What a bid says of its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Sealed {
    /// Not yet, or never.
    Hash(B256),
    Tiers(Vec<Tier>),
}

/// A bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Bid {
    pub(in super::super) id: u64,
    pub(in super::super) buyer: Address,
    /// Locked for one epoch.
    pub(in super::super) lock_ticks: u64,
    /// The epoch in whose book it is.
    pub(in super::super) epoch: u32,
    pub(in super::super) swarm: B256,
    /// Who signs its receipts.
    pub(in super::super) signer: Address,
    /// Most units.
    pub(in super::super) qmax: u32,
    /// Epochs that it stands, this one counted.
    pub(in super::super) epochs_left: u32,
    /// Whether it stands from an earlier epoch.
    pub(in super::super) is_renewed: bool,
    pub(in super::super) sealed: Sealed,
}

impl Bid {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        id: u64,
    ) -> Result<Option<Self>, ModuleError> {
        let first = first(id);
        let mut money = Unpack::new(load(host, first)?);
        let (buyer, lock_ticks, epoch) = (money.address(), money.u64(), money.u32());
        // Every bid has a lock above zero.
        if lock_ticks == 0 {
            return Ok(None);
        }
        let swarm = load(host, at(first, 1))?.into();
        let mut terms = Unpack::new(load(host, at(first, 2))?);
        let (signer, price, quantity) = (terms.address(), terms.u64(), one_more(terms.u8()));
        let (qmax, epochs_left, flags) = (one_more(terms.u8()), u32::from(terms.u8()), terms.u8());
        let word = load(host, at(first, 3))?;
        let sealed = if flags & REVEALED == 0 {
            Sealed::Hash(word.into())
        } else {
            Sealed::Tiers(tiers_of(word, Tier { price, quantity }))
        };
        let is_renewed = flags & RENEWED != 0;
        Ok(Some(Self {
            id,
            buyer,
            lock_ticks,
            epoch,
            swarm,
            signer,
            qmax,
            epochs_left,
            is_renewed,
            sealed,
        }))
    }

    /// A bid that a list names.
    pub(in super::super) fn listed(host: &mut dyn Host, id: u64) -> Result<Self, ModuleError> {
        Self::load(host, id)?.ok_or_else(|| broken(&format!("bid {id} is listed and missing")))
    }

    /// Writes all of it.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        store(host, at(first(self.id), 1), self.swarm.into())?;
        self.save_epoch(host)?;
        self.save_sealed(host)
    }

    /// Writes in which epoch it is, and for how long it stands.
    pub(in super::super) fn save_epoch(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let money = Pack::default().address(self.buyer).u64(self.lock_ticks).u32(self.epoch);
        store(host, first(self.id), money.word())?;
        self.save_terms(host)
    }

    /// Writes what a reveal changes.
    pub(in super::super) fn save_sealed(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        self.save_terms(host)?;
        let word = match &self.sealed {
            Sealed::Hash(hash) => (*hash).into(),
            Sealed::Tiers(tiers) => word_of(tiers),
        };
        store(host, at(first(self.id), 3), word)
    }

    fn save_terms(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let (mut flags, mut last) = (0, None);
        if let Sealed::Tiers(tiers) = &self.sealed {
            flags |= REVEALED;
            last = tiers.get(MAX_TIERS.saturating_sub(1));
        }
        if self.is_renewed {
            flags |= RENEWED;
        }
        let (price, quantity) = last.map_or((0, 0), |tier| (tier.price, one_less(tier.quantity)));
        let word = Pack::default()
            .address(self.signer)
            .u64(price)
            .u8(quantity)
            .u8(one_less(self.qmax))
            .u8(u8::try_from(self.epochs_left).unwrap_or(u8::MAX))
            .u8(flags);
        store(host, at(first(self.id), 2), word.word())
    }

    pub(in super::super) fn delete(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = first(self.id);
        (0..SLOTS).try_for_each(|offset| store(host, at(first, offset), U256::ZERO))
    }

    /// What it bids at most for a unit, and without a reveal for every one.
    pub(in super::super) fn ceiling_ticks(&self) -> u64 {
        self.lock_ticks.checked_div(u64::from(self.qmax)).unwrap_or(0)
    }

    /// What it bids.
    pub(in super::super) fn tiers(&self) -> Vec<Tier> {
        match &self.sealed {
            Sealed::Tiers(tiers) => tiers.clone(),
            Sealed::Hash(_) => vec![Tier { price: self.ceiling_ticks(), quantity: self.qmax }],
        }
    }

    pub(in super::super) fn is_revealed(&self) -> bool {
        matches!(self.sealed, Sealed::Tiers(_))
    }

    /// Locked for the epochs after this one.
    pub(in super::super) fn later_locks_wei(&self) -> u128 {
        wei(self.lock_ticks).saturating_mul(u128::from(self.epochs_left.saturating_sub(1)))
    }

    /// Whether it will stand in the next epoch.
    pub(in super::super) fn stands_on(&self) -> bool {
        self.epochs_left > 1
    }
}

fn first(id: u64) -> U256 {
    key("bid", &[&id.to_be_bytes()])
}

fn one_more(less_one: u8) -> u32 {
    u32::from(less_one).saturating_add(1)
}

fn one_less(number: u32) -> u8 {
    u8::try_from(number.saturating_sub(1)).unwrap_or(u8::MAX)
}

fn word_of(tiers: &[Tier]) -> U256 {
    let first = tiers.iter().take(MAX_TIERS.saturating_sub(1));
    let pack = first.fold(Pack::default(), |pack, tier| {
        pack.u64(tier.price).u16(u16::try_from(tier.quantity).unwrap_or(u16::MAX))
    });
    pack.word()
}

fn tiers_of(word: U256, last: Tier) -> Vec<Tier> {
    let mut fields = Unpack::new(word);
    let first = [(); 3].map(|()| Tier { price: fields.u64(), quantity: u32::from(fields.u16()) });
    // No tier has a price of zero.
    first.into_iter().chain([last]).filter(|tier| tier.price > 0).collect()
}
