//! Who signs the epoch's blocks, seen from inside of blocks (rule B.4): the parent's certificate, and late
//! precommits for the eight blocks before. A validator missed a block only if it is in none of them.
//!
//! | slot | value |
//! |---|---|
//! | "signed" ‖ height mod 16 | height, and behind it two slots of bits: who signed, by place in the set |
//! | "missed" + i | blocks missed in this epoch, 16 validators a slot |
//! | "proposed" + i | parts of 10,000 of the power included as proposer, 8 validators a slot |
//! | "tally" | blocks of the epoch that were counted, and how many of them are closed |

use super::{
    epochs::Epoch,
    state::{at, key, load, store},
};
use crate::{
    block::{ConsensusFacts, LATE_BLOCKS},
    modules::{Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::U256;

/// Heights whose signers are remembered; more than late precommits reach.
const KEPT: u64 = 16;
const MISSED_BITS: usize = 16;
const PROPOSED_BITS: usize = 32;
/// What a full commit counts for its proposer.
pub(super) const FULL: u64 = 10_000;

/// What an epoch's blocks say of one validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Record {
    /// Blocks it signed.
    pub(super) signed: u32,
    /// Blocks it missed for certain.
    pub(super) missed: u32,
    /// What it included as proposer, in parts of 10,000 of the power.
    pub(super) proposed: u32,
}

/// How many blocks of the epoch were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Blocks whose certificate came.
    pub(super) counted: u32,
    /// Those for which no late precommit can come any more.
    pub(super) closed: u32,
}

impl Tally {
    pub(super) fn load(host: &mut dyn Host) -> Result<Self, ModuleError> {
        let mut fields = Unpack::new(load(host, key("tally", &[]))?);
        Ok(Self { counted: fields.u32(), closed: fields.u32() })
    }

    fn save(self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let word = Pack::default().u32(self.counted).u32(self.closed).word();
        store(host, key("tally", &[]), word)
    }
}

/// Who signed one block.
struct Signers {
    first: U256,
    words: [U256; 2],
}

impl Signers {
    fn load(host: &mut dyn Host, height: u64) -> Result<Self, ModuleError> {
        let first = key("signed", &[&height.rem_euclid(KEPT).to_be_bytes()]);
        if load(host, first)? != U256::from(height) {
            return Ok(Self { first, words: [U256::ZERO; 2] });
        }
        Ok(Self { first, words: [load(host, at(first, 1))?, load(host, at(first, 2))?] })
    }

    fn save(&self, host: &mut dyn Host, height: u64) -> Result<(), ModuleError> {
        let [low, high] = self.words;
        store(host, self.first, U256::from(height))?;
        store(host, at(self.first, 1), low)?;
        store(host, at(self.first, 2), high)
    }

    fn has(&self, index: u16) -> bool {
        let [low, high] = self.words;
        let bit = usize::from(index);
        if bit < 256 { low.bit(bit) } else { high.bit(bit.saturating_sub(256)) }
    }

    fn add(&mut self, index: u16) {
        let [low, high] = &mut self.words;
        let bit = usize::from(index);
        if bit < 256 {
            low.set_bit(bit, true);
        } else {
            high.set_bit(bit.saturating_sub(256), true);
        }
    }
}

/// A counter of a validator; `bits` wide, packed.
fn counter(name: &str, index: u16, bits: usize) -> (U256, usize) {
    let bit = usize::from(index).saturating_mul(bits);
    let slot = u64::try_from(bit.div_euclid(256)).unwrap_or(u64::MAX);
    (at(key(name, &[]), slot), bit.rem_euclid(256))
}

fn count(host: &mut dyn Host, name: &str, index: u16, bits: usize) -> Result<u32, ModuleError> {
    let (slot, shift) = counter(name, index, bits);
    let mut fields = Unpack::new(load(host, slot)?.wrapping_shr(shift));
    Ok(if bits == MISSED_BITS { u32::from(fields.u16()) } else { fields.u32() })
}

fn add(
    host: &mut dyn Host,
    name: &str,
    index: u16,
    bits: usize,
    amount: u64,
) -> Result<(), ModuleError> {
    let (slot, shift) = counter(name, index, bits);
    let word = load(host, slot)?;
    // An epoch has fewer blocks than would carry into the neighbour.
    store(host, slot, word.wrapping_add(U256::from(amount).wrapping_shl(shift)))
}

/// Books what a block says of the epoch's earlier ones. `members` is the size of the set.
pub(super) fn observe(
    host: &mut dyn Host,
    epoch: &Epoch,
    members: u16,
    facts: &ConsensusFacts,
) -> Result<(), ModuleError> {
    let mut tally = Tally::load(host)?;
    if let Some(certificate) = &facts.certificate
        && certificate.height >= epoch.first_block
    {
        let mut signers =
            Signers { words: [U256::ZERO; 2], ..Signers::load(host, certificate.height)? };
        certificate.signers.iter().for_each(|index| signers.add(*index));
        signers.save(host, certificate.height)?;
        tally.counted = tally.counted.saturating_add(1);
        let included = u128::from(certificate.signed_power).saturating_mul(u128::from(FULL));
        let part = included.checked_div(u128::from(certificate.total_power)).unwrap_or(0);
        add(host, "proposed", facts.proposer, PROPOSED_BITS, u64::try_from(part).unwrap_or(FULL))?;
    }
    for (height, index) in facts.late.iter().filter(|(height, _)| *height >= epoch.first_block) {
        let mut signers = Signers::load(host, *height)?;
        signers.add(*index);
        signers.save(host, *height)?;
    }
    // The block before this one's window can get no more precommits.
    let closing = host.block().number.saturating_sub(LATE_BLOCKS);
    if closing >= epoch.first_block {
        let signers = Signers::load(host, closing)?;
        for index in (0..members).filter(|index| !signers.has(*index)) {
            add(host, "missed", index, MISSED_BITS, 1)?;
        }
        tally.closed = tally.closed.saturating_add(1);
    }
    tally.save(host)
}

/// What the epoch so far says of the validator at this place.
pub(super) fn record(host: &mut dyn Host, tally: Tally, index: u16) -> Result<Record, ModuleError> {
    let missed = count(host, "missed", index, MISSED_BITS)?;
    let proposed = count(host, "proposed", index, PROPOSED_BITS)?;
    let mut signed = tally.closed.saturating_sub(missed);
    // The newest blocks are open: who has not signed them may still.
    let open = tally.counted.saturating_sub(tally.closed);
    let newest = host.block().number.saturating_sub(1);
    for back in 0..u64::from(open) {
        if Signers::load(host, newest.saturating_sub(back))?.has(index) {
            signed = signed.saturating_add(1);
        }
    }
    Ok(Record { signed, missed, proposed })
}

/// Forgets the epoch's counters. `members` is the size of its set.
pub(super) fn reset(host: &mut dyn Host, members: u16) -> Result<(), ModuleError> {
    Tally::default().save(host)?;
    for index in 0..members {
        for (name, bits) in [("missed", MISSED_BITS), ("proposed", PROPOSED_BITS)] {
            let (slot, shift) = counter(name, index, bits);
            if shift == 0 {
                store(host, slot, U256::ZERO)?;
            }
        }
    }
    Ok(())
}
