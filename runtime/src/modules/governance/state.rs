//! What the module stores: the only room that names its keys. Each record has a key,
//! keccak256("btt.governance.<record>" ‖ whose), and slots from there on.

mod features;
mod open;

pub(super) use features::{Feature, FeatureList, Ready};
pub(super) use open::{Head, open_ids, save_open_ids};

use super::{
    IGovernance::{Kind, Status},
    outcome::Rules,
};
use crate::{
    modules::{Deadline, Host, ModuleError},
    primitives::{
        addresses::GOVERNANCE,
        packed::{Pack, Unpack},
    },
};
use alloy_primitives::{Address, U256, keccak256};

const WORD_BYTES: usize = 32;

/// First slot of a record: keccak256 of its name and of whose it is.
fn key(name: &str, whose: &[&[u8]]) -> U256 {
    let mut bytes = [b"btt.governance.", name.as_bytes()].concat();
    whose.iter().for_each(|part| bytes.extend_from_slice(part));
    keccak256(bytes).into()
}

/// The slot so many after a record's first.
fn at(first: U256, offset: u64) -> U256 {
    first.wrapping_add(U256::from(offset))
}

fn load(host: &mut dyn Host, slot: U256) -> Result<U256, ModuleError> {
    host.load(GOVERNANCE, slot)
}

fn store(host: &mut dyn Host, slot: U256, value: U256) -> Result<(), ModuleError> {
    host.store(GOVERNANCE, slot, value)
}

/// An invariant is broken: the transaction is dropped, or the module paused (rule C.3).
pub(super) fn broken(what: &str) -> ModuleError {
    ModuleError::Broken(format!("governance: {what}"))
}

/// A proposal, its texts aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) id: u64,
    pub(super) kind: Kind,
    pub(super) status: Status,
    pub(super) is_expedited: bool,
    pub(super) proposer: Address,
    /// Lengths of its texts, in bytes.
    pub(super) title_len: u8,
    pub(super) payload_len: u16,
    pub(super) failure_len: u8,
    pub(super) deposit_wei: u128,
    pub(super) needed_wei: u128,
    pub(super) submitted_ms: u64,
    /// When its status ends.
    pub(super) ends: Deadline,
    /// What its vote needs, since it started.
    pub(super) rules: Rules,
    /// Block that brought the evidence of the slash that it cancels; 0 for other kinds.
    pub(super) slash_since: u64,
    /// Whether that slash waits for it.
    pub(super) is_holding: bool,
}

impl Proposal {
    fn key(id: u64) -> U256 {
        key("proposal", &[&id.to_be_bytes()])
    }

    /// The proposal with this id, if there is one.
    pub(super) fn load(host: &mut dyn Host, id: u64) -> Result<Option<Self>, ModuleError> {
        let first = Self::key(id);
        let mut money = Unpack::new(load(host, at(first, 1))?);
        let (deposit_wei, needed_wei) = (money.u128(), money.u128());
        if needed_wei == 0 {
            return Ok(None);
        }
        let mut head = Unpack::new(load(host, first)?);
        let mut when = Unpack::new(load(host, at(first, 2))?);
        let proposer = head.address();
        let kind = Kind::try_from(head.u8()).map_err(|_| broken("a kind"))?;
        let status = Status::try_from(head.u8()).map_err(|_| broken("a status"))?;
        let is_expedited = head.u8() != 0;
        let (title_len, payload_len, failure_len) = (head.u8(), head.u16(), head.u8());
        let is_holding = head.u8() != 0;
        let submitted_ms = when.u64();
        let ends = Deadline { time_ms: when.u64(), block: when.u64() };
        let rules =
            Rules { quorum_bps: when.u16(), threshold_bps: when.u16(), veto_bps: when.u16() };
        let slash_since = match kind {
            Kind::CancelSlash => Unpack::new(load(host, at(first, 3))?).u64(),
            _ => 0,
        };
        Ok(Some(Self {
            id,
            kind,
            status,
            is_expedited,
            proposer,
            title_len,
            payload_len,
            failure_len,
            deposit_wei,
            needed_wei,
            submitted_ms,
            ends,
            rules,
            slash_since,
            is_holding,
        }))
    }

    /// Writes it, its texts aside.
    pub(super) fn save(&self, host: &mut dyn Host) -> Result<(), ModuleError> {
        let first = Self::key(self.id);
        let head = Pack::default()
            .address(self.proposer)
            .u8(self.kind as u8)
            .u8(self.status as u8)
            .u8(u8::from(self.is_expedited))
            .u8(self.title_len)
            .u16(self.payload_len)
            .u8(self.failure_len)
            .u8(u8::from(self.is_holding));
        let when = Pack::default()
            .u64(self.submitted_ms)
            .u64(self.ends.time_ms)
            .u64(self.ends.block)
            .u16(self.rules.quorum_bps)
            .u16(self.rules.threshold_bps)
            .u16(self.rules.veto_bps);
        store(host, first, head.word())?;
        let money = Pack::default().u128(self.deposit_wei).u128(self.needed_wei);
        store(host, at(first, 1), money.word())?;
        store(host, at(first, 2), when.word())?;
        if self.kind == Kind::CancelSlash {
            store(host, at(first, 3), Pack::default().u64(self.slash_since).word())?;
        }
        Ok(())
    }

    /// Whether nothing can happen to it any more.
    pub(super) fn is_over(&self) -> bool {
        !matches!(self.status, Status::Deposit | Status::Voting | Status::Passed)
    }

    pub(super) fn title(&self, host: &mut dyn Host) -> Result<String, ModuleError> {
        text(host, "title", self.id, usize::from(self.title_len)).map(string)
    }

    pub(super) fn payload(&self, host: &mut dyn Host) -> Result<Vec<u8>, ModuleError> {
        text(host, "payload", self.id, usize::from(self.payload_len))
    }

    pub(super) fn failure(&self, host: &mut dyn Host) -> Result<String, ModuleError> {
        text(host, "failure", self.id, usize::from(self.failure_len)).map(string)
    }

    /// Writes title and payload, whose lengths must fit.
    pub(super) fn set_texts(
        &mut self,
        host: &mut dyn Host,
        title: &str,
        payload: &[u8],
    ) -> Result<(), ModuleError> {
        self.title_len = u8::try_from(title.len()).map_err(|_| broken("a title"))?;
        self.payload_len = u16::try_from(payload.len()).map_err(|_| broken("a payload"))?;
        save_text(host, "title", self.id, title.as_bytes())?;
        save_text(host, "payload", self.id, payload)
    }

    /// Writes why it could not take effect, cut to what a byte counts.
    pub(super) fn set_failure(
        &mut self,
        host: &mut dyn Host,
        reason: &str,
    ) -> Result<(), ModuleError> {
        let end = reason.floor_char_boundary(usize::from(u8::MAX));
        let reason = reason.get(..end).unwrap_or_default();
        self.failure_len = u8::try_from(reason.len()).map_err(|_| broken("a reason"))?;
        save_text(host, "failure", self.id, reason.as_bytes())
    }
}

fn string(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn text(host: &mut dyn Host, name: &str, id: u64, len: usize) -> Result<Vec<u8>, ModuleError> {
    load_bytes(host, key(name, &[&id.to_be_bytes()]), len)
}

fn save_text(host: &mut dyn Host, name: &str, id: u64, bytes: &[u8]) -> Result<(), ModuleError> {
    save_bytes(host, key(name, &[&id.to_be_bytes()]), bytes)
}

fn load_bytes(host: &mut dyn Host, first: U256, len: usize) -> Result<Vec<u8>, ModuleError> {
    let mut bytes = Vec::with_capacity(len.next_multiple_of(WORD_BYTES));
    for (offset, _) in (0u64..).zip((0..len).step_by(WORD_BYTES)) {
        bytes.extend_from_slice(&load(host, at(first, offset))?.to_be_bytes::<WORD_BYTES>());
    }
    bytes.truncate(len);
    Ok(bytes)
}

fn save_bytes(host: &mut dyn Host, first: U256, bytes: &[u8]) -> Result<(), ModuleError> {
    for (offset, chunk) in (0u64..).zip(bytes.chunks(WORD_BYTES)) {
        let mut word = [0u8; WORD_BYTES];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        store(host, at(first, offset), U256::from_be_bytes(word))?;
    }
    Ok(())
}

fn deposit_key(id: u64, depositor: Address) -> U256 {
    key("deposit", &[&id.to_be_bytes(), depositor.as_slice()])
}

/// What an account has in a proposal's deposit.
pub(super) fn deposit_of(
    host: &mut dyn Host,
    id: u64,
    depositor: Address,
) -> Result<u128, ModuleError> {
    Ok(Unpack::new(load(host, deposit_key(id, depositor))?).u128())
}

/// Replaces it.
pub(super) fn set_deposit(
    host: &mut dyn Host,
    id: u64,
    depositor: Address,
    wei: u128,
) -> Result<(), ModuleError> {
    store(host, deposit_key(id, depositor), Pack::default().u128(wei).word())
}

/// Sum of the deposits that lie in escrow.
pub(super) fn escrow(host: &mut dyn Host) -> Result<u128, ModuleError> {
    Ok(Unpack::new(load(host, key("escrow", &[]))?).u128())
}

/// More lies in escrow.
pub(super) fn escrow_grows(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
    let sum = escrow(host)?.checked_add(wei).ok_or_else(|| broken("the escrow overflows"))?;
    store(host, key("escrow", &[]), Pack::default().u128(sum).word())
}

/// Less lies in escrow.
pub(super) fn escrow_shrinks(host: &mut dyn Host, wei: u128) -> Result<(), ModuleError> {
    let sum = escrow(host)?.checked_sub(wei).ok_or_else(|| broken("the escrow is short"))?;
    store(host, key("escrow", &[]), Pack::default().u128(sum).word())
}
