//! Sealing a bid in an open commit phase.

use std::time::{Duration, Instant};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolError, SolEvent};
use btt_api::types::{BidTier, BookFees, MarketPhase};
use btt_runtime::modules::market::IMarket;
use btt_runtime::primitives::addresses::MARKET;
use rand::TryRngCore;
use serde_json::json;

use super::wait::Waiter;
use crate::error::{CliError, Code};
use crate::market::{Kept, KeptBid, price};
use crate::native::{AskError, Session, ask};
use crate::render::now_ms;
use crate::rpc::Rpc;
use crate::sending::SentReport;

/// Fewer blocks and less time than this may be over before a transaction is in a block.
const MARGIN_BLOCKS: u64 = 2;
const MARGIN_MS: u64 = 700;
/// A chain that stands so long makes no blocks without transactions.
const IDLE: Duration = Duration::from_secs(3);
/// How often a bid may come too late for an epoch.
const ATTEMPTS: u32 = 5;
/// Most gas of a commit: its record, and what every epoch of it will cost.
const GAS: u64 = 600_000;
const GAS_OF_EPOCH: u64 = 15_000;

/// What is to be sealed, for whichever epoch is open.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) swarm: B256,
    pub(super) tiers: Vec<BidTier>,
    pub(super) ceiling_ticks: u64,
    pub(super) qmax: u32,
    pub(super) epochs: u32,
    pub(super) signer: Address,
}

/// Where the next transaction lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// In this epoch's commit phase, which is open.
    Now(u32),
    /// In this one's, which begins with the block that brings the transaction.
    NextBlock(u32),
}

impl Wanted {
    /// Under a fresh salt.
    fn sealed(&self, chain_id: u64, epoch: u32, buyer: Address) -> Result<KeptBid, CliError> {
        let mut salt = B256::ZERO;
        rand::rngs::OsRng.try_fill_bytes(salt.as_mut_slice()).map_err(|error| {
            CliError::new(Code::Io, format!("the system has no randomness: {error}"))
        })?;
        Ok(KeptBid {
            chain_id,
            epoch,
            buyer,
            swarm: self.swarm,
            tiers: self.tiers.clone(),
            salt,
            ceiling_ticks: self.ceiling_ticks,
            qmax: self.qmax,
            epochs: self.epochs,
            signer: self.signer,
            bid_id: None,
            is_revealed: false,
        })
    }

    /// Locked for all epochs.
    pub(super) fn locked_wei(&self) -> U256 {
        price::wei(self.ceiling_ticks)
            .saturating_mul(U256::from(self.qmax))
            .saturating_mul(U256::from(self.epochs))
    }

    /// The same, for people.
    pub(super) fn locked_in_words(&self) -> String {
        let each = price::wei(self.ceiling_ticks).saturating_mul(U256::from(self.qmax));
        price::locked(each, self.epochs)
    }

    /// The most that its places in the book may cost: what they cost now, and half as much again.
    pub(super) async fn max_fee_wei(&self, rpc: &Rpc) -> Result<U256, CliError> {
        let fees: BookFees = rpc.request("market_bookFee", vec![json!(self.swarm)]).await?;
        let fee = fees.bid_wei.saturating_mul(U256::from(self.epochs));
        Ok(fee.saturating_add(fee >> 1))
    }
}

/// Seals a bid. It is on the disk before it is sent; one that comes too late for its epoch is sealed again for the
/// next, under a salt of its own.
pub(super) async fn commit(
    session: &Session<'_>,
    kept: &Kept,
    wanted: &Wanted,
) -> Result<(KeptBid, SentReport), CliError> {
    let (rpc, output) = (&session.rpc, session.context.output);
    let chain_id = rpc.chain_id().await?;
    let waiter = Waiter::new(session.context, rpc);
    for _ in 0..ATTEMPTS {
        let opening = opening(&waiter).await?;
        let (Opening::Now(epoch) | Opening::NextBlock(epoch)) = opening;
        let mut bid = wanted.sealed(chain_id, epoch, session.from)?;
        let max_fee = wanted.max_fee_wei(rpc).await?;
        let call = bid.commit(max_fee);
        let value = wanted.locked_wei().saturating_add(max_fee);
        if matches!(opening, Opening::Now(_)) {
            let (from, wei) = (Some(session.from), value.saturating_to());
            match ask(rpc, from, MARKET, wei, &call, BlockId::latest()).await {
                Ok(_) => {}
                Err(AskError::Rpc(error)) if has_moved(error.revert_data()) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        kept.write(&bid)?;
        kept.forget_old(epoch);
        let gas = GAS.saturating_add(GAS_OF_EPOCH.saturating_mul(u64::from(wanted.epochs)));
        let sent = session.submit_with_gas(MARKET, &call, value, gas).await.map_err(|error| {
            let hint = "If it came into the book, it is in: btt market status. The wallet keeps what its reveal needs";
            if error.hint.is_some() { error } else { error.hint(hint) }
        })?;
        let committed = sent.logs().iter().find_map(|log| {
            IMarket::BidCommitted::decode_log(log)
                .ok()
                .filter(|e| e.commitHash == bid.commit_hash())
        });
        if let Some(event) = committed {
            bid.bid_id = Some(event.bidId);
            kept.write(&bid)?;
            return Ok((bid, sent));
        }
        kept.remove(&bid);
        let now = waiter.epoch().await?;
        if now.epoch == epoch && now.phase == MarketPhase::Commit {
            sent.check_success()?;
        }
        output
            .note(&format!("epoch {epoch} took no more bids when it arrived; bidding in the next"));
    }
    Err(CliError::new(Code::Timeout, format!("the bid came too late for {ATTEMPTS} epochs"))
        .hint("Is the node in sync? btt status"))
}

/// Waits until a commit phase is open for long enough.
async fn opening(waiter: &Waiter<'_>) -> Result<Opening, CliError> {
    let mut standing: Option<((u32, u64), Instant)> = None;
    loop {
        let epoch = waiter.epoch().await?;
        if epoch.phase == MarketPhase::Commit {
            let left_ms = epoch.ends_at_ms.saturating_sub(now_ms());
            if epoch.blocks_left > MARGIN_BLOCKS || left_ms > MARGIN_MS {
                return Ok(Opening::Now(epoch.epoch));
            }
            let place = (epoch.epoch, epoch.blocks_left);
            let since = match standing {
                Some((known, since)) if known == place => since,
                _ => Instant::now(),
            };
            standing = Some((place, since));
            if since.elapsed() > IDLE {
                // An empty book's epoch gives way to the next in the block that brings the bid.
                return Ok(match (epoch.blocks_left, epoch.bids) {
                    (0 | 1, 0) => Opening::NextBlock(epoch.epoch.saturating_add(1)),
                    _ => Opening::Now(epoch.epoch),
                });
            }
        } else {
            standing = None;
        }
        waiter.show(&epoch);
        waiter.pause().await;
    }
}

/// Whether the phase or the epoch has changed meanwhile.
fn has_moved(data: Option<&alloy_primitives::Bytes>) -> bool {
    let selectors = [IMarket::WrongEpoch::SELECTOR, IMarket::WrongPhase::SELECTOR];
    data.is_some_and(|data| selectors.iter().any(|selector| data.starts_with(selector)))
}
