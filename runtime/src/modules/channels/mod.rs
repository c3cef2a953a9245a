//! `channels`: payments off the chain, settled on it. A payer deposits for a payee and then signs vouchers,
//! each for all it owes so far; whoever holds the newest can have the payee paid, at any time until the
//! channel is gone. Only the payee gains by a newer voucher, so there is no dispute to play.
//!
//! ```text
//! voucher (pure) ◄ batch (pure)           open ─► settle … settle ─► close (payee) / coopClose (both)
//! state ◄ settlement ◄ calls ◄ mod               └► requestClose (payer) ─ grace ─► withdraw (anyone)
//! ```
//! | record (key: keccak256("btt.channels.<record>" ‖ whose)) | value |
//! |---|---|
//! | channel (id) | money, terms, signer, payer: 4 slots, and one for each lane above 0 in use |
//! | pool (id) | the same with collateral: 4 slots |
//! | claim (pool, payee) | what the payee was paid: a slot, and one for each lane above 0 in use |
//! | payer | rising index, channels and pools open; stays, like a nonce |
//! | pair (payer, payee) | channels open |
//! | totals | what is owed in all, channels, pools |
//!
//! Invariants (`invariants.rs`, `tests/histories.rs`): settled ≤ deposit; a lane's settled only rises; paid +
//! refunded + burnt = deposited; the escrow is the sum of all records; an id never comes twice.
//!
//! A voucher has no nonce: its amount is cumulative, and what is not above what was paid pays nothing. Gas for
//! all signatures of a call is charged before the first is checked; the node recovers them in parallel and
//! hands the signers over in the block's facts (rule H.6). There are no hooks: every end is somebody's call,
//! and who ends what another left behind gets a tenth of its storage deposit.
//!
//! **New here? This module is the pattern for all others**: `abi.rs` says what there is, `params.rs` what
//! governance may change, `state/` alone names slots, `calls/` has one file a subject, each in the order
//! authorise, check, write, move money, event.
//!
//! Sources: rules D.1–D.8, B.2, C.2, C.4, H.6 of the design; EIP-712, EIP-2098, EIP-5267.

#[expect(clippy::too_many_arguments, reason = "events tell all that a channel was opened with")]
mod abi;
pub mod batch;
mod calls;
mod gas;
mod invariants;
pub mod params;
mod settlement;
mod state;
#[cfg(test)]
mod tests;
mod views;
pub mod voucher;

pub use abi::IChannels;
pub use batch::signatures_in;
pub use invariants::check as check_invariants;

use super::{Call, Host, Module, ModuleError, decode, dispatch, params::Param};
use crate::primitives::addresses::CHANNELS;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolInterface};
use calls::{By, NewChannel, NewPool};
use voucher::{Descriptor, Domain, Kind};

/// The module.
#[derive(Debug)]
pub struct Channels;

impl Module for Channels {
    fn address(&self) -> Address {
        CHANNELS
    }

    fn name(&self) -> &'static str {
        "channels"
    }

    fn params(&self) -> &'static [Param] {
        params::PARAMS
    }

    fn is_payable(&self, selector: [u8; 4]) -> bool {
        use IChannels as I;
        matches!(
            selector,
            I::openCall::SELECTOR
                | I::topUpCall::SELECTOR
                | I::poolOpenCall::SELECTOR
                | I::poolTopUpCall::SELECTOR
        )
    }

    /// All but taking in money.
    fn is_exit(&self, selector: [u8; 4]) -> bool {
        !self.is_payable(selector)
    }

    /// All that writes.
    fn is_payment(&self, selector: [u8; 4]) -> bool {
        IChannels::IChannelsCalls::valid_selector(selector) && !is_view(selector)
    }

    fn call(
        &self,
        call: &mut Call<'_>,
        selector: [u8; 4],
        arguments: &[u8],
    ) -> Result<Bytes, ModuleError> {
        if !IChannels::IChannelsCalls::valid_selector(selector) {
            return Err(dispatch::unknown(selector));
        }
        let decoded = decode::arguments(selector, arguments)?;
        if is_view(selector) {
            return view(call.host(), decoded).map(Bytes::from);
        }
        call.may_write()?;
        write(call, decoded).map(Bytes::from)
    }
}

fn is_view(selector: [u8; 4]) -> bool {
    use IChannels as I;
    matches!(
        selector,
        I::channelCall::SELECTOR
            | I::poolCall::SELECTOR
            | I::poolClaimCall::SELECTOR
            | I::payerStatusCall::SELECTOR
            | I::storageDepositCall::SELECTOR
            | I::totalsCall::SELECTOR
            | I::idOfCall::SELECTOR
            | I::digestCall::SELECTOR
            | I::poolDigestCall::SELECTOR
            | I::conditionalDigestCall::SELECTOR
            | I::coopCloseDigestCall::SELECTOR
            | I::watchDigestCall::SELECTOR
            | I::eip712DomainCall::SELECTOR
    )
}

/// Runs a call that reads.
fn view(host: &mut dyn Host, call: IChannels::IChannelsCalls) -> Result<Vec<u8>, ModuleError> {
    use IChannels::{self as I, IChannelsCalls as C};
    let chain_id = host.block().chain_id;
    let domain = Domain::of(chain_id);
    Ok(match call {
        C::channel(c) => I::channelCall::abi_encode_returns(&views::channel(host, c.channelId)?),
        C::pool(c) => I::poolCall::abi_encode_returns(&views::pool(host, c.poolId)?),
        C::poolClaim(c) => {
            let (lanes, storage) = views::pool_claim(host, c.poolId, c.payee)?;
            let claim = I::poolClaimReturn { laneSettledWei: lanes, storageDepositWei: storage };
            I::poolClaimCall::abi_encode_returns(&claim)
        }
        C::payerStatus(c) => {
            let (next, open) = views::payer_status(host, c.payer)?;
            let status = I::payerStatusReturn { nextIndex: next, openCount: open };
            I::payerStatusCall::abi_encode_returns(&status)
        }
        C::storageDeposit(_) => {
            let (channel, pool) = views::storage_deposits(host)?;
            let deposits = I::storageDepositReturn { channelWei: channel, poolWei: pool };
            I::storageDepositCall::abi_encode_returns(&deposits)
        }
        C::totals(_) => {
            let state::Totals { escrow_wei, channels, pools } = state::Totals::load(host)?;
            I::totalsCall::abi_encode_returns(&I::totalsReturn {
                escrowWei: escrow_wei,
                channels,
                pools,
            })
        }
        C::idOf(c) => I::idOfCall::abi_encode_returns(&descriptor(&c).id(chain_id)),
        C::digest(c) => I::digestCall::abi_encode_returns(&domain.digest(&c.voucher)),
        C::poolDigest(c) => I::poolDigestCall::abi_encode_returns(&domain.digest(&c.voucher)),
        C::conditionalDigest(c) => {
            I::conditionalDigestCall::abi_encode_returns(&domain.digest(&c.voucher))
        }
        C::coopCloseDigest(c) => {
            I::coopCloseDigestCall::abi_encode_returns(&domain.digest(&c.split))
        }
        C::watchDigest(c) => I::watchDigestCall::abi_encode_returns(&domain.digest(&c.watch)),
        C::eip712Domain(_) => I::eip712DomainCall::abi_encode_returns(&eip712_domain(chain_id)),
        _ => return Err(state::broken("a write among the reads")),
    })
}

fn descriptor(call: &IChannels::idOfCall) -> Descriptor {
    Descriptor {
        kind: if call.kind == 0 { Kind::Channel } else { Kind::Pool },
        payer: call.payer,
        payee: call.payee,
        operator: call.operator,
        salt: call.salt,
        signer: call.signer,
        open_index: call.openIndex,
    }
}

/// EIP-5267: fields 0b01111 are name, version, chain id and contract.
fn eip712_domain(chain_id: u64) -> IChannels::eip712DomainReturn {
    let domain = Domain::typed(chain_id);
    IChannels::eip712DomainReturn {
        fields: [0x0f].into(),
        name: domain.name.unwrap_or_default().into_owned(),
        version: domain.version.unwrap_or_default().into_owned(),
        chainId: U256::from(chain_id),
        verifyingContract: CHANNELS,
        salt: Default::default(),
        extensions: Vec::new(),
    }
}

/// Runs a call that writes.
fn write(call: &mut Call<'_>, decoded: IChannels::IChannelsCalls) -> Result<Vec<u8>, ModuleError> {
    use IChannels::{self as I, IChannelsCalls as C};
    let (caller, value) = (call.caller, call.value_wei.saturating_to::<u128>());
    let host = call.host();
    match decoded {
        C::open(c) => {
            let new = NewChannel {
                payee: c.payee,
                operator: c.operator,
                signer: c.signer,
                salt: c.salt,
                grace_s: c.graceS,
                expiry: c.expiry,
            };
            let id = calls::open(host, caller, &new, value)?;
            return Ok(I::openCall::abi_encode_returns(&id));
        }
        C::topUp(c) => calls::top_up(host, caller, c.channelId, value)?,
        C::settle(c) => {
            let paid = calls::settle(host, &c.voucher, &c.tick, &c.signature)?;
            return Ok(I::settleCall::abi_encode_returns(&paid));
        }
        C::settleConditional(c) => {
            let paid = calls::settle_conditional(host, &c.voucher, c.secret, &c.signature)?;
            return Ok(I::settleConditionalCall::abi_encode_returns(&paid));
        }
        C::settleWatched(c) => {
            let signed = (&c.voucher, &c.tick, &c.signature[..]);
            let (paid, tip) =
                calls::settle_watched(host, caller, signed, &c.watch, &c.watchSignature)?;
            let returned = I::settleWatchedReturn { paidWei: paid, tipWei: tip };
            return Ok(I::settleWatchedCall::abi_encode_returns(&returned));
        }
        C::close(c) => {
            let signed = (&c.voucher, &c.tick, &c.signature[..]);
            calls::settle_and_close(host, caller, signed, c.captureWei, By::Payee)?;
        }
        C::closeAsOperator(c) => {
            let signed = (&c.voucher, &c.tick, &c.signature[..]);
            calls::settle_and_close(host, caller, signed, c.captureWei, By::Operator(c.salt))?;
        }
        C::coopClose(c) => {
            calls::coop_close(host, &c.split, &c.signerSignature, &c.payeeSignature)?;
        }
        C::requestClose(c) => calls::request_close(host, caller, c.channelId)?,
        C::withdraw(c) => calls::withdraw(host, caller, c.channelId)?,
        C::expire(c) => calls::expire(host, caller, c.channelId)?,
        C::batchSettle(c) => {
            let statuses = calls::batch_settle(host, &c.items)?;
            return Ok(I::batchSettleCall::abi_encode_returns(&statuses.into()));
        }
        C::poolOpen(c) => {
            let new = NewPool {
                signer: c.signer,
                salt: c.salt,
                grace_s: c.graceS,
                expiry: c.expiry,
                min_payees: c.minPayees,
                collateral_wei: c.collateralWei,
            };
            let id = calls::open_pool(host, caller, &new, value)?;
            return Ok(I::poolOpenCall::abi_encode_returns(&id));
        }
        C::poolTopUp(c) => calls::top_up_pool(host, caller, c.poolId, c.collateralWei, value)?,
        C::poolSettle(c) => {
            let paid = calls::settle_pool(host, &c.voucher, &c.tick, &c.signature)?;
            return Ok(I::poolSettleCall::abi_encode_returns(&paid));
        }
        C::poolRequestClose(c) => calls::request_pool_close(host, caller, c.poolId)?,
        C::poolClose(c) => calls::close_pool(host, caller, c.poolId)?,
        C::poolPrune(c) => calls::prune(host, caller, c.poolId, &c.payees)?,
        C::sweep(_) => {
            let wei = calls::sweep(host)?;
            return Ok(I::sweepCall::abi_encode_returns(&U256::from(wei)));
        }
        _ => return Err(state::broken("a read among the writes")),
    }
    Ok(Vec::new())
}
