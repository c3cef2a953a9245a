//! The record of a validator.

use super::{at, key, load, of, store};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::packed::{Pack, Unpack},
};
use alloy_primitives::{Address, FixedBytes, U256};

const EXISTS: u8 = 1;
const JAILED: u8 = 2;
const TOMBSTONED: u8 = 4;
const EXITED: u8 = 8;
const KEY_IS_ODD: u8 = 16;
const NEXT_KEY_IS_ODD: u8 = 32;

/// What bars a validator from election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Standing {
    pub(in super::super) is_jailed: bool,
    pub(in super::super) is_tombstoned: bool,
    pub(in super::super) has_exited: bool,
}

/// Everything about a validator but its slash and its description.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Validator {
    pub(in super::super) operator: Address,
    pub(in super::super) standing: Standing,
    pub(in super::super) public_key: FixedBytes<33>,
    /// From the next epoch on; all zero where none is scheduled.
    pub(in super::super) next_public_key: FixedBytes<33>,
    pub(in super::super) commission_bps: u16,
    pub(in super::super) max_commission_bps: u16,
    pub(in super::super) max_commission_change_bps: u16,
    pub(in super::super) commission_changed_ms: u64,
    /// Place among the candidates, plus one; 0 is none.
    pub(in super::super) place: u32,
    pub(in super::super) jailed_until_ms: u64,
    /// Bonded stake in wei, and the shares it is divided into.
    pub(in super::super) tokens: u128,
    pub(in super::super) shares: u128,
    /// Rewards of one share since the beginning, × 2¹²⁸.
    pub(in super::super) reward_index: U256,
    /// Shares that came in `entering_epoch` and earn from the next one on.
    pub(in super::super) entering_shares: u128,
    pub(in super::super) entering_epoch: u64,
    /// Away from `maintenance_from` on, back in `maintenance_until`.
    pub(in super::super) maintenance_from: u64,
    pub(in super::super) maintenance_until: u64,
    pub(in super::super) commission_owed_wei: u128,
    /// Time of the last rotations of the key, newest first.
    pub(in super::super) rotations_ms: [u64; 4],
    /// Epoch in which the last one was asked for, plus one.
    pub(in super::super) rotated_epoch: u64,
    /// Power in this epoch; 0 outside of the set.
    pub(in super::super) power: u64,
    /// Place in the epoch's set.
    pub(in super::super) set_index: u16,
}

impl Validator {
    fn key(operator: &Address) -> U256 {
        key("validator", &[of(operator)])
    }

    /// The validator of an operator, if there is one.
    pub(in super::super) fn load(
        host: &mut dyn Host,
        operator: Address,
    ) -> Result<Option<Self>, ModuleError> {
        let first = Self::key(&operator);
        let mut head = Unpack::new(load(host, first)?);
        let flags = head.u8();
        if flags & EXISTS == 0 {
            return Ok(None);
        }
        let (commission_bps, max_commission_bps) = (head.u16(), head.u16());
        let (max_commission_change_bps, place) = (head.u16(), head.u32());
        let (commission_changed_ms, jailed_until_ms) = (head.u64(), head.u64());
        let mut next = |offset| load(host, at(first, offset));
        let public_key = compressed(next(1)?, flags & KEY_IS_ODD != 0);
        let mut stake = Unpack::new(next(2)?);
        let reward_index = next(3)?;
        let mut entering = Unpack::new(next(4)?);
        let mut owed = Unpack::new(next(5)?);
        let next_x = next(6)?;
        let mut rotations = Unpack::new(next(7)?);
        let mut rotated = Unpack::new(next(8)?);
        Ok(Some(Self {
            operator,
            standing: Standing {
                is_jailed: flags & JAILED != 0,
                is_tombstoned: flags & TOMBSTONED != 0,
                has_exited: flags & EXITED != 0,
            },
            public_key,
            next_public_key: if next_x.is_zero() {
                FixedBytes::ZERO
            } else {
                compressed(next_x, flags & NEXT_KEY_IS_ODD != 0)
            },
            commission_bps,
            max_commission_bps,
            max_commission_change_bps,
            commission_changed_ms,
            place,
            jailed_until_ms,
            tokens: stake.u128(),
            shares: stake.u128(),
            reward_index,
            entering_shares: entering.u128(),
            entering_epoch: entering.u64(),
            maintenance_until: entering.u64(),
            commission_owed_wei: owed.u128(),
            maintenance_from: owed.u64(),
            rotations_ms: std::array::from_fn(|_| rotations.u64()),
            rotated_epoch: rotated.u64(),
            power: rotated.u64(),
            set_index: rotated.u16(),
        }))
    }

    /// Writes all of it; slots that stay the same cost next to nothing.
    pub(in super::super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::key(&self.operator);
        let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let flags = EXISTS
            | flag(self.standing.is_jailed, JAILED)
            | flag(self.standing.is_tombstoned, TOMBSTONED)
            | flag(self.standing.has_exited, EXITED)
            | flag(is_odd(&self.public_key), KEY_IS_ODD)
            | flag(is_odd(&self.next_public_key), NEXT_KEY_IS_ODD);
        let head = Pack::default()
            .u8(flags)
            .u16(self.commission_bps)
            .u16(self.max_commission_bps)
            .u16(self.max_commission_change_bps)
            .u32(self.place)
            .u64(self.commission_changed_ms)
            .u64(self.jailed_until_ms);
        let stake = Pack::default().u128(self.tokens).u128(self.shares);
        let entering = Pack::default()
            .u128(self.entering_shares)
            .u64(self.entering_epoch)
            .u64(self.maintenance_until);
        let owed = Pack::default().u128(self.commission_owed_wei).u64(self.maintenance_from);
        let [a, b, c, d] = self.rotations_ms;
        let rotations = Pack::default().u64(a).u64(b).u64(c).u64(d);
        let words = [
            head.word(),
            x_of(&self.public_key),
            stake.word(),
            self.reward_index,
            entering.word(),
            owed.word(),
            x_of(&self.next_public_key),
            rotations.word(),
            Pack::default().u64(self.rotated_epoch).u64(self.power).u16(self.set_index).word(),
        ];
        for (offset, word) in (0u64..).zip(words) {
            store(host, at(first, offset), word)?;
        }
        Ok(())
    }

    /// Whether it is away in this epoch by its own word.
    pub(in super::super) fn is_in_maintenance(&self, epoch: u64) -> bool {
        (self.maintenance_from..self.maintenance_until).contains(&epoch)
    }
}

fn compressed(x: U256, is_odd: bool) -> FixedBytes<33> {
    let mut key = [0u8; 33];
    let (prefix, rest) = key.split_at_mut(1);
    prefix.fill(if is_odd { 3 } else { 2 });
    rest.copy_from_slice(&x.to_be_bytes::<32>());
    key.into()
}

fn is_odd(key: &FixedBytes<33>) -> bool {
    key.first() == Some(&3)
}

fn x_of(key: &FixedBytes<33>) -> U256 {
    let [_, x @ ..] = &key.0;
    U256::from_be_bytes(*x)
}

/// Name and website, as UTF-8 with zeros behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Description {
    pub(in super::super) name: String,
    pub(in super::super) website: String,
}

impl Description {
    /// Longest name in bytes.
    pub(in super::super) const MAX_NAME: usize = 32;
    /// Longest website in bytes.
    pub(in super::super) const MAX_WEBSITE: usize = 64;

    pub(in super::super) fn load(
        host: &mut dyn Host,
        operator: Address,
    ) -> Result<Self, ModuleError> {
        let first = key("description", &[of(&operator)]);
        let mut words = [0u8; 96];
        for (offset, word) in (0u64..).zip(words.chunks_exact_mut(32)) {
            word.copy_from_slice(&load(host, at(first, offset))?.to_be_bytes::<32>());
        }
        let (name, website) = words.split_at(Self::MAX_NAME);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
        Ok(Self { name: text(name), website: text(website) })
    }

    /// Writes it; the texts must not be longer than allowed.
    pub(in super::super) fn save(
        &self,
        host: &mut dyn Host,
        operator: Address,
    ) -> Result<(), ModuleError> {
        let first = key("description", &[of(&operator)]);
        let padded = |text: &str, len: usize| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(len, 0);
            bytes
        };
        let words =
            [padded(&self.name, Self::MAX_NAME), padded(&self.website, Self::MAX_WEBSITE)].concat();
        for (offset, word) in (0u64..).zip(words.chunks_exact(32)) {
            store(host, at(first, offset), U256::from_be_slice(word))?;
        }
        Ok(())
    }
}

/// Where a slash stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum SlashState {
    /// There is none.
    #[default]
    None,
    /// Its money is in escrow; governance may cancel it.
    Open,
    /// The money is burnt.
    Burnt,
    /// It was returned.
    Cancelled,
}

/// Whether a slash waits for a vote on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Hold {
    /// None has begun.
    #[default]
    Never,
    /// One is under way, or has passed and waits for its effect.
    Held,
    /// One is over.
    Spent,
}

/// The slash of a validator for signing twice: one at most, because who lost by one is tombstoned, and
/// a cancelled one has no effect any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Slash {
    pub(in super::super) state: SlashState,
    /// Parts of 10¹⁸ that are lost.
    pub(in super::super) fraction: u64,
    /// Epoch of the infraction: what left since is liable.
    pub(in super::super) epoch: u64,
    /// Block that brought the evidence: nothing leaves after it until the slash is decided, and what leaves
    /// then has paid already.
    pub(in super::super) accepted_block: u64,
    /// Power of the offender at the infraction.
    pub(in super::super) power: u64,
    /// When it is decided.
    pub(in super::super) decided: Deadline,
    /// Height of the infraction.
    pub(in super::super) height: u64,
    /// Stake that was liable, and what of it lies in escrow.
    pub(in super::super) bonded_base: u128,
    pub(in super::super) bonded_taken: u128,
    pub(in super::super) unbonding_base: u128,
    pub(in super::super) unbonding_taken: u128,
    /// Of redelegated stake, in wei taken at the destinations.
    pub(in super::super) redelegated_taken: u128,
    /// Place in the history of slashes.
    pub(in super::super) entry: u64,
    /// Whether it stays undecided beyond its deferral.
    pub(in super::super) hold: Hold,
}

impl Slash {
    pub(in super::super) fn load(
        host: &mut dyn Host,
        operator: Address,
    ) -> Result<Self, ModuleError> {
        let first = key("slash", &[of(&operator)]);
        let mut head = Unpack::new(load(host, first)?);
        let state = match head.u8() {
            0 => return Ok(Self::default()),
            1 => SlashState::Open,
            2 => SlashState::Burnt,
            _ => SlashState::Cancelled,
        };
        let (fraction, epoch, accepted_block) = (head.u64(), head.u64(), head.u64());
        let hold = match head.u8() {
            0 => Hold::Never,
            1 => Hold::Held,
            _ => Hold::Spent,
        };
        let mut next = |offset| Ok::<_, ModuleError>(Unpack::new(load(host, at(first, offset))?));
        let mut when = next(1)?;
        let (power, height) = (when.u64(), when.u64());
        let decided = Deadline { time_ms: when.u64(), block: when.u64() };
        let (mut bonded, mut unbonding, mut rest) = (next(2)?, next(3)?, next(4)?);
        Ok(Self {
            state,
            fraction,
            epoch,
            accepted_block,
            power,
            decided,
            height,
            bonded_base: bonded.u128(),
            bonded_taken: bonded.u128(),
            unbonding_base: unbonding.u128(),
            unbonding_taken: unbonding.u128(),
            redelegated_taken: rest.u128(),
            entry: rest.u64(),
            hold,
        })
    }

    pub(in super::super) fn save(
        &self,
        host: &mut dyn Host,
        operator: Address,
    ) -> Result<(), ModuleError> {
        let first = key("slash", &[of(&operator)]);
        let state = match self.state {
            SlashState::None => 0,
            SlashState::Open => 1,
            SlashState::Burnt => 2,
            SlashState::Cancelled => 3,
        };
        let hold = match self.hold {
            Hold::Never => 0,
            Hold::Held => 1,
            Hold::Spent => 2,
        };
        let head = Pack::default()
            .u8(state)
            .u64(self.fraction)
            .u64(self.epoch)
            .u64(self.accepted_block)
            .u8(hold);
        let when = Pack::default()
            .u64(self.power)
            .u64(self.height)
            .u64(self.decided.time_ms)
            .u64(self.decided.block);
        let words = [
            head,
            when,
            Pack::default().u128(self.bonded_base).u128(self.bonded_taken),
            Pack::default().u128(self.unbonding_base).u128(self.unbonding_taken),
            Pack::default().u128(self.redelegated_taken).u64(self.entry),
        ];
        for (offset, word) in (0u64..).zip(words) {
            store(host, at(first, offset), word.word())?;
        }
        Ok(())
    }

    /// Whether stake that left in `epoch`, in `block`, is liable for it.
    pub(in super::super) fn hits(&self, epoch: u64, block: u64) -> bool {
        self.state != SlashState::None && epoch >= self.epoch && block <= self.accepted_block
    }
}
