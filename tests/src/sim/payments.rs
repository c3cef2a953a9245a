//! What a payer and a payee do with payment channels while nodes fail: open, top up, settle one by one and in
//! batches, close in every way. What a rule forbids just now is included all the same, and reverts.

use crate::{keys::Key, native::call};
use alloy_primitives::{Address, B256};
use btt_runtime::{
    modules::channels::{
        IChannels::{self, CoopClose, Tick, Voucher},
        batch::{BatchItem, Payment},
        voucher::{Descriptor, Domain, Kind},
    },
    primitives::{WEI_PER_BTT, addresses::CHANNELS},
    tx::Transaction,
};

/// Channels of the payer; no pair has more.
const CHANNELS_OPENED: u64 = 8;
const BTT: u128 = WEI_PER_BTT;

/// The accounts, each with its transactions in order of nonce.
pub(super) fn payments(chain_id: u64) -> [(Address, Vec<Transaction>); 2] {
    let (payer, payee) = (Key::dev(8), Key::dev(9));
    let sides = Sides { chain_id, payer, payee };
    [(sides.payer.address(), sides.of_payer()), (sides.payee.address(), sides.of_payee())]
}

struct Sides {
    chain_id: u64,
    payer: Key,
    payee: Key,
}

impl Sides {
    fn id(&self, open_index: u64) -> B256 {
        let (payer, payee) = (self.payer.address(), self.payee.address());
        let descriptor = Descriptor {
            kind: Kind::Channel,
            payer,
            payee,
            operator: Address::ZERO,
            salt: B256::ZERO,
            signer: payer,
            open_index,
        };
        descriptor.id(self.chain_id)
    }

    fn of_payer(&self) -> Vec<Transaction> {
        let mut sent = Vec::new();
        let mut send = |value_btt: u128, make: &dyn Fn(u64, u128) -> Transaction| {
            sent.push(make(sent.len() as u64, value_btt * BTT));
        };
        macro_rules! send {
            ($value:expr, $call:expr) => {
                send($value, &|nonce, wei| {
                    call(&self.payer, self.chain_id, nonce, CHANNELS, wei, &$call)
                })
            };
        }
        for index in 0..CHANNELS_OPENED {
            let (open, id) = (self.open(), self.id(index));
            send!(100, open);
            send!(5, IChannels::topUpCall { channelId: id });
            if index % 2 == 1 {
                send!(0, IChannels::requestCloseCall { channelId: id });
            }
        }
        for index in 0..CHANNELS_OPENED {
            let (split, id) = (self.split(index), self.id(index));
            send!(0, IChannels::withdrawCall { channelId: id });
            send!(0, split);
        }
        sent
    }

    fn of_payee(&self) -> Vec<Transaction> {
        let mut sent = Vec::new();
        for round in 1..=4u128 {
            for index in 0..CHANNELS_OPENED {
                let voucher = self.voucher(index, round * 10 * BTT + u128::from(index));
                let signature = self.signed(&voucher).as_bytes().into();
                let settle = IChannels::settleCall { voucher, tick: Tick::default(), signature };
                sent.push(self.by_payee(sent.len(), &settle));
            }
            let mut items = Vec::new();
            for index in 0..CHANNELS_OPENED {
                let voucher = self.voucher(index, round * 10 * BTT + 5 * BTT);
                let signature = self.signed(&voucher);
                let payment = Payment::Voucher(voucher, Tick::default());
                BatchItem::new(payment, &signature).encode(&mut items);
            }
            let batch = IChannels::batchSettleCall { items: items.into() };
            sent.push(self.by_payee(sent.len(), &batch));
        }
        let voucher = self.voucher(2, 99 * BTT);
        let signature = self.signed(&voucher).as_bytes().into();
        let tick = Tick::default();
        let close = IChannels::closeCall { voucher, tick, signature, captureWei: 60 * BTT };
        sent.push(self.by_payee(sent.len(), &close));
        sent
    }

    fn by_payee(&self, nonce: usize, made: &impl alloy_sol_types::SolCall) -> Transaction {
        call(&self.payee, self.chain_id, nonce as u64, CHANNELS, 0, made)
    }

    fn open(&self) -> IChannels::openCall {
        IChannels::openCall {
            payee: self.payee.address(),
            operator: Address::ZERO,
            signer: Address::ZERO,
            salt: B256::ZERO,
            graceS: 2,
            expiry: 0,
        }
    }

    fn voucher(&self, index: u64, wei: u128) -> Voucher {
        Voucher { channelId: self.id(index), cumulativeAmount: wei, ..Voucher::default() }
    }

    fn signed(&self, voucher: &Voucher) -> alloy_primitives::Signature {
        self.payer.sign_digest(Domain::of(self.chain_id).digest(voucher))
    }

    /// Right only if the channel was settled up to its last batch by then.
    fn split(&self, index: u64) -> IChannels::coopCloseCall {
        let split = CoopClose {
            channelId: self.id(index),
            settled: 45 * BTT,
            payerPart: 50 * BTT,
            payeePart: 10 * BTT,
        };
        let digest = Domain::of(self.chain_id).digest(&split);
        IChannels::coopCloseCall {
            split,
            signerSignature: self.payer.sign_digest(digest).as_bytes().into(),
            payeeSignature: self.payee.sign_digest(digest).as_bytes().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Chain;

    #[test]
    fn most_of_it_works_where_nothing_fails() {
        let mut chain = Chain::dev();
        let [(_, payer), (_, payee)] = payments(chain.config.chain_id);
        let mut worked = 0;
        let total = payer.len() + payee.len();
        for sent in payer.chunks(8).chain(payee.chunks(8)) {
            let block = chain.produce(sent.iter().cloned());
            worked += block.receipts.iter().filter(|receipt| receipt.success).count();
        }
        assert!(worked * 2 > total, "{worked} of {total}");
    }
}
