//! What an agent sees: the market's views on a state, and its own nonce.

use super::super::rng::{Rng, mix};
use crate::{keys::Key, native::call};
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use btt_runtime::{
    block::{BlockFacts, Header},
    config::ChainConfig,
    modules::{
        ModuleError, OverlayHost, dispatch,
        market::{IMarket, Market, is_pending},
    },
    primitives::addresses::MARKET,
    state::{MemoryStore, Overlay, StateReader as _},
    tx::Transaction,
};

/// A state that a block may be built on.
#[derive(Debug)]
pub struct Look<'a> {
    config: &'a ChainConfig,
    head: &'a Header,
    state: &'a MemoryStore,
}

impl<'a> Look<'a> {
    /// The state after `head`.
    pub fn new(config: &'a ChainConfig, head: &'a Header, state: &'a MemoryStore) -> Self {
        Self { config, head, state }
    }

    /// Asks the market.
    pub(super) fn ask<T>(
        &self,
        ask: impl FnOnce(&mut OverlayHost<'_, &MemoryStore>) -> Result<T, ModuleError>,
    ) -> Option<T> {
        let facts = BlockFacts::of(self.config, self.head);
        ask(&mut OverlayHost::new(&mut Overlay::new(self.state), &facts)).ok()
    }

    /// What a view says; nothing where it reverts.
    pub(super) fn view<C: SolCall>(&self, call: &C) -> Option<C::Return> {
        let input = call.abi_encode();
        let output =
            self.ask(|host| dispatch(&Market, host, Address::ZERO, U256::ZERO, true, &input))?;
        C::abi_decode_returns(&output).ok()
    }

    pub(super) fn clock(&self) -> Option<IMarket::Clock> {
        self.view(&IMarket::clockCall {})
    }

    /// Whether an epoch of the market waits for blocks.
    pub fn epoch_waits(&self) -> bool {
        self.ask(|host| is_pending(host)).unwrap_or(false)
    }

    pub(super) fn chain_id(&self) -> u64 {
        self.config.chain_id
    }

    /// What this account draws in front of this state.
    pub(super) fn rng(&self, key: &Key) -> Rng {
        let words = [self.head.mix_hash.as_slice(), key.address().as_slice()].concat();
        let word = |bytes: &[u8]| {
            bytes.iter().fold(0u64, |word, byte| word.rotate_left(8) ^ u64::from(*byte))
        };
        Rng::new(words.chunks(8).fold(0, |sum, bytes| mix(sum ^ word(bytes))))
    }

    /// The account's next transaction: a call of the market.
    pub(super) fn send(&self, key: &Key, value: U256, input: &impl SolCall) -> Option<Transaction> {
        let account = self.state.account(key.address()).ok().flatten()?;
        let value = u128::try_from(value).ok()?;
        let (nonce, chain_id) = (account.nonce, self.chain_id());
        Some(call(key, chain_id, nonce, MARKET, value, input))
    }
}
