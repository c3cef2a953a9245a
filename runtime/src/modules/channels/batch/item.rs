//! One item, in and out of its bytes.

use super::super::voucher::{ConditionalVoucher, PoolVoucher, Tick, Voucher, to_compact};
use alloy_primitives::{Address, B256, Signature, keccak256};

/// Most items in a batch.
pub const MAX_BATCH_ITEMS: usize = 1_024;

/// What an item pays by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payment {
    /// A voucher and the ticks after it.
    Voucher(Voucher, Tick),
    /// A pool's voucher and the ticks after it.
    Pool(PoolVoucher, Tick),
    /// A voucher with a condition, and its secret.
    Conditional(ConditionalVoucher, B256),
}

/// A signed payment of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// What it pays by.
    pub payment: Payment,
    /// The signer's signature, 64 bytes (EIP-2098).
    pub signature: [u8; 64],
}

/// Bytes that are no item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no item of a batch at byte {offset}")]
pub struct MalformedItem {
    /// Where the item begins.
    pub offset: usize,
}

/// Ticks of a voucher.
struct Ticks {
    anchor: B256,
    value_wei: u128,
    max: u32,
    index: u32,
    preimage: B256,
}

impl BatchItem {
    /// An item of a payment and its signature.
    pub fn new(payment: Payment, signature: &Signature) -> Self {
        Self { payment, signature: to_compact(signature) }
    }

    /// Appends the item's bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match &self.payment {
            Payment::Voucher(v, tick)
                if is_plain(v.lane, v.tickAnchor, v.tickValue, v.tickMax, tick) =>
            {
                out.push(0);
                out.extend_from_slice(v.channelId.as_slice());
                out.extend_from_slice(&v.cumulativeAmount.to_be_bytes());
            }
            Payment::Voucher(v, tick) => {
                out.push(1);
                out.extend_from_slice(v.channelId.as_slice());
                let ticks = (v.tickAnchor, v.tickValue, v.tickMax);
                encode_rest(out, v.lane, v.cumulativeAmount, ticks, tick);
            }
            Payment::Pool(v, tick)
                if is_plain(v.lane, v.tickAnchor, v.tickValue, v.tickMax, tick) =>
            {
                out.push(2);
                out.extend_from_slice(v.poolId.as_slice());
                out.extend_from_slice(v.payee.as_slice());
                out.extend_from_slice(&v.cumulativeAmount.to_be_bytes());
            }
            Payment::Pool(v, tick) => {
                out.push(3);
                out.extend_from_slice(v.poolId.as_slice());
                out.extend_from_slice(v.payee.as_slice());
                let ticks = (v.tickAnchor, v.tickValue, v.tickMax);
                encode_rest(out, v.lane, v.cumulativeAmount, ticks, tick);
            }
            Payment::Conditional(v, secret) => {
                out.push(4);
                out.extend_from_slice(v.channelId.as_slice());
                out.extend_from_slice(&v.lane.to_be_bytes());
                out.extend_from_slice(&v.cumulativeAmount.to_be_bytes());
                out.extend_from_slice(&v.timeout.to_be_bytes());
                out.extend_from_slice(secret.as_slice());
            }
        }
        out.extend_from_slice(&self.signature);
    }
}

fn is_plain(lane: u32, anchor: B256, value: u128, max: u32, tick: &Tick) -> bool {
    let has_no_ticks = anchor.is_zero() && value == 0 && max == 0;
    lane == 0 && has_no_ticks && tick.index == 0 && tick.preimage.is_zero()
}

fn encode_rest(
    out: &mut Vec<u8>,
    lane: u32,
    amount: u128,
    (anchor, value, max): (B256, u128, u32),
    tick: &Tick,
) {
    out.extend_from_slice(&lane.to_be_bytes());
    out.extend_from_slice(&amount.to_be_bytes());
    out.extend_from_slice(anchor.as_slice());
    out.extend_from_slice(&value.to_be_bytes());
    out.extend_from_slice(&max.to_be_bytes());
    out.extend_from_slice(&tick.index.to_be_bytes());
    out.extend_from_slice(tick.preimage.as_slice());
}

/// Takes the items of a batch one by one; stops after the first that does not decode.
struct Decoder<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Decoder<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    fn item(&mut self) -> Option<BatchItem> {
        let [kind] = self.array::<1>()?;
        let payment = match kind {
            0 | 1 => {
                let channel_id = self.word()?;
                let (lane, amount, ticks) = self.terms(kind == 1)?;
                let voucher = Voucher {
                    channelId: channel_id,
                    lane,
                    cumulativeAmount: amount,
                    tickAnchor: ticks.anchor,
                    tickValue: ticks.value_wei,
                    tickMax: ticks.max,
                };
                Payment::Voucher(voucher, Tick { index: ticks.index, preimage: ticks.preimage })
            }
            2 | 3 => {
                let pool_id = self.word()?;
                let payee = Address::from(self.array::<20>()?);
                let (lane, amount, ticks) = self.terms(kind == 3)?;
                let voucher = PoolVoucher {
                    poolId: pool_id,
                    payee,
                    lane,
                    cumulativeAmount: amount,
                    tickAnchor: ticks.anchor,
                    tickValue: ticks.value_wei,
                    tickMax: ticks.max,
                };
                Payment::Pool(voucher, Tick { index: ticks.index, preimage: ticks.preimage })
            }
            4 => {
                let channel_id = self.word()?;
                let lane = self.u32()?;
                let amount = self.u128()?;
                let timeout = u64::from_be_bytes(self.array()?);
                let secret = self.word()?;
                let voucher = ConditionalVoucher {
                    channelId: channel_id,
                    lane,
                    cumulativeAmount: amount,
                    hashLock: keccak256(secret),
                    timeout,
                };
                Payment::Conditional(voucher, secret)
            }
            _ => return None,
        };
        Some(BatchItem { payment, signature: self.array()? })
    }

    fn terms(&mut self, are_long: bool) -> Option<(u32, u128, Ticks)> {
        if !are_long {
            let (anchor, preimage) = (B256::ZERO, B256::ZERO);
            let ticks = Ticks { anchor, value_wei: 0, max: 0, index: 0, preimage };
            return Some((0, self.u128()?, ticks));
        }
        let (lane, amount) = (self.u32()?, self.u128()?);
        let ticks = Ticks {
            anchor: self.word()?,
            value_wei: self.u128()?,
            max: self.u32()?,
            index: self.u32()?,
            preimage: self.word()?,
        };
        Some((lane, amount, ticks))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        self.offset = self.offset.saturating_add(N);
        Some(*array)
    }

    fn word(&mut self) -> Option<B256> {
        self.array().map(B256::new)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u128(&mut self) -> Option<u128> {
        self.array().map(u128::from_be_bytes)
    }
}

impl Iterator for Decoder<'_> {
    type Item = Result<BatchItem, MalformedItem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let offset = self.offset;
        let item = self.item();
        if item.is_none() {
            self.rest = &[];
        }
        Some(item.ok_or(MalformedItem { offset }))
    }
}

/// All items of a batch; decodes no more than one beyond [`MAX_BATCH_ITEMS`].
///
/// # Errors
/// If one of them is no item.
pub fn decode_all(bytes: &[u8]) -> Result<Vec<BatchItem>, MalformedItem> {
    Decoder::new(bytes).take(MAX_BATCH_ITEMS.saturating_add(1)).collect()
}
