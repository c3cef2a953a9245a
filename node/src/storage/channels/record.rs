//! What a channel was opened with, and how it ended.

use super::{change::wei, read::Place};
use crate::storage::codec::{Input, put_number};
use alloy_primitives::{Address, B256, U256};
use btt_runtime::state::StoreError;

/// What a channel or pool was opened with. Amounts are wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelRecord {
    /// A pool, not a channel.
    pub is_pool: bool,
    /// Who deposited.
    pub payer: Address,
    /// Who is paid; zero for a pool.
    pub payee: Address,
    /// Who signs vouchers.
    pub signer: Address,
    /// Who may close for the payee; zero for nobody.
    pub operator: Address,
    /// Chosen by the payer.
    pub salt: B256,
    /// The payer's counter.
    pub open_index: u64,
    /// First deposit.
    pub deposit_wei: u128,
    /// First collateral.
    pub collateral_wei: u128,
    /// No payee of a pool may claim more than deposit / min_payees.
    pub min_payees: u16,
    /// How long payees have after a close request, in seconds.
    pub grace_s: u32,
    /// Seconds since 1970; 0 for never.
    pub expiry_s: u64,
    /// Where it was opened.
    pub opened: Place,
    /// Transaction that opened it.
    pub transaction: B256,
}

/// How a channel or pool ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelEnd {
    /// In which block.
    pub block: u64,
    /// Paid to the payee at the end.
    pub paid_wei: u128,
    /// Returned to the payer.
    pub refunded_wei: u128,
}

impl ChannelRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(224);
        out.push(u8::from(self.is_pool));
        for address in [self.payer, self.payee, self.signer, self.operator] {
            out.extend_from_slice(address.as_slice());
        }
        out.extend_from_slice(self.salt.as_slice());
        out.extend_from_slice(self.transaction.as_slice());
        let narrow = [
            self.open_index,
            u64::from(self.min_payees),
            u64::from(self.grace_s),
            self.expiry_s,
            self.opened.block,
            u64::from(self.opened.log),
        ];
        for number in narrow {
            put_number(&mut out, U256::from(number));
        }
        put_number(&mut out, U256::from(self.deposit_wei));
        put_number(&mut out, U256::from(self.collateral_wei));
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut input = Input(bytes);
        let is_pool = input.byte()? != 0;
        let mut address = || input.take(20).map(Address::from_slice);
        let (payer, payee, signer, operator) = (address()?, address()?, address()?, address()?);
        let (salt, transaction) = (input.hash()?, input.hash()?);
        let mut narrow = || Ok::<u64, StoreError>(input.number()?.saturating_to());
        let (open_index, min_payees, grace_s) = (narrow()?, narrow()?, narrow()?);
        let (expiry_s, block, log) = (narrow()?, narrow()?, narrow()?);
        let (deposit_wei, collateral_wei) = (wei(&mut input)?, wei(&mut input)?);
        input.end()?;
        Ok(Self {
            is_pool,
            payer,
            payee,
            signer,
            operator,
            salt,
            open_index,
            deposit_wei,
            collateral_wei,
            min_payees: u16::try_from(min_payees).unwrap_or(u16::MAX),
            grace_s: u32::try_from(grace_s).unwrap_or(u32::MAX),
            expiry_s,
            opened: Place { block, log: u32::try_from(log).unwrap_or(u32::MAX) },
            transaction,
        })
    }
}

impl ChannelEnd {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(48);
        put_number(&mut out, U256::from(self.block));
        put_number(&mut out, U256::from(self.paid_wei));
        put_number(&mut out, U256::from(self.refunded_wei));
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let mut input = Input(bytes);
        let block = input.number()?.saturating_to();
        let (paid_wei, refunded_wei) = (wei(&mut input)?, wei(&mut input)?);
        input.end()?;
        Ok(Self { block, paid_wei, refunded_wei })
    }
}
