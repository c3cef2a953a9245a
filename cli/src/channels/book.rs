//! What the chain says of channels and pools, each asked for once.

use std::collections::BTreeMap;

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolError};
use btt_runtime::modules::channels::IChannels;
use btt_runtime::primitives::addresses::CHANNELS;

use crate::error::CliError;
use crate::native;
use crate::rpc::{Rpc, RpcError};

/// The state of one channel, or of a pool towards one payee: all that a voucher is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Who signs vouchers.
    pub signer: Address,
    /// Who deposited.
    pub payer: Address,
    /// Who is paid; of a pool the payee that was asked about.
    pub payee: Address,
    /// What can be claimed in all: the deposit, or the payee's share of a pool, in wei.
    pub limit_wei: u128,
    /// The deposit, in wei.
    pub deposit_wei: u128,
    /// Paid out in all (of a pool: to all payees), in wei.
    pub settled_wei: u128,
    /// Paid lane by lane (of a pool: to this payee), in wei.
    pub lanes_wei: [u128; 4],
    /// Until when vouchers are sure to be paid, in ms since 1970; 0 where nobody asked to close.
    pub closes_at_ms: u64,
    /// The same as a block.
    pub closes_at_block: u64,
    /// A pool that has promised too much pays no more.
    pub is_frozen: bool,
}

impl Terms {
    /// Paid in the other lanes, in wei.
    pub fn others_wei(&self, lane: u32) -> u128 {
        (0u32..).zip(self.lanes_wei).filter(|(other, _)| *other != lane).map(|(_, wei)| wei).sum()
    }
}

/// A cache of [`Terms`] as of one kind of block.
#[derive(Debug)]
pub struct Book<'r> {
    rpc: &'r Rpc,
    block: BlockId,
    known: BTreeMap<(B256, Option<Address>), Option<Terms>>,
    now_s: Option<u64>,
}

impl<'r> Book<'r> {
    /// Of final blocks: nothing that it says is taken back.
    pub fn new(rpc: &'r Rpc) -> Self {
        Self { rpc, block: BlockId::finalized(), known: BTreeMap::new(), now_s: None }
    }

    /// A channel's terms, or a pool's towards `payee`; `None` where none is open.
    ///
    /// # Errors
    /// Whatever the node's failures become.
    pub async fn terms(
        &mut self,
        id: B256,
        payee: Option<Address>,
    ) -> Result<Option<Terms>, CliError> {
        if let Some(known) = self.known.get(&(id, payee)) {
            return Ok(*known);
        }
        let terms = match payee {
            None => self.channel(id).await?.as_ref().map(of_channel),
            Some(payee) => self.pool(id, payee).await?,
        };
        self.known.insert((id, payee), terms);
        Ok(terms)
    }

    /// Asks again the next time.
    pub fn forget(&mut self, id: B256, payee: Option<Address>) {
        self.known.remove(&(id, payee));
    }

    /// The chain's time, in seconds since 1970.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub async fn now_s(&mut self) -> Result<u64, CliError> {
        if let Some(now_s) = self.now_s {
            return Ok(now_s);
        }
        let now_s = self.rpc.known_block(self.block).await?.header.timestamp;
        self.now_s = Some(now_s);
        Ok(now_s)
    }

    /// A channel as its contract tells it; `None` where none is open.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub async fn channel(&self, id: B256) -> Result<Option<IChannels::Channel>, CliError> {
        let unknown = IChannels::UnknownChannel::SELECTOR;
        self.ask(&IChannels::channelCall { channelId: id }, unknown).await
    }

    /// A pool as its contract tells it; `None` where none is open.
    ///
    /// # Errors
    /// As [`Self::terms`].
    pub async fn open_pool(&self, id: B256) -> Result<Option<IChannels::Pool>, CliError> {
        self.ask(&IChannels::poolCall { poolId: id }, IChannels::UnknownPool::SELECTOR).await
    }

    async fn pool(&self, id: B256, payee: Address) -> Result<Option<Terms>, CliError> {
        let Some(pool) = self.open_pool(id).await? else { return Ok(None) };
        let call = IChannels::poolClaimCall { poolId: id, payee };
        let claim = native::ask(self.rpc, None, CHANNELS, 0, &call, self.block).await?;
        let share_wei = pool.depositWei.checked_div(u128::from(pool.minPayees)).unwrap_or(0);
        Ok(Some(Terms {
            signer: pool.signer,
            payer: pool.payer,
            payee,
            limit_wei: share_wei,
            deposit_wei: pool.depositWei,
            settled_wei: pool.settledWei,
            lanes_wei: claim.laneSettledWei,
            closes_at_ms: pool.closesAtMs,
            closes_at_block: pool.closesAtBlock,
            is_frozen: pool.isFrozen,
        }))
    }

    async fn ask<C: SolCall>(
        &self,
        call: &C,
        unknown: [u8; 4],
    ) -> Result<Option<C::Return>, CliError> {
        match native::ask(self.rpc, None, CHANNELS, 0, call, self.block).await {
            Ok(answer) => Ok(Some(answer)),
            Err(native::AskError::Rpc(error)) if is_revert(&error, unknown) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_revert(error: &RpcError, selector: [u8; 4]) -> bool {
    error.revert_data().is_some_and(|data| data.starts_with(&selector))
}

fn of_channel(channel: &IChannels::Channel) -> Terms {
    Terms {
        signer: channel.signer,
        payer: channel.payer,
        payee: channel.payee,
        limit_wei: channel.depositWei,
        deposit_wei: channel.depositWei,
        settled_wei: channel.settledWei,
        lanes_wei: channel.laneSettledWei,
        closes_at_ms: channel.closesAtMs,
        closes_at_block: channel.closesAtBlock,
        is_frozen: false,
    }
}
