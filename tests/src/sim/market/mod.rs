//! The bandwidth market while nodes fail: sellers and buyers who look at the state that a block is built on and send
//! what they want next. What they do follows from that state alone, so a run still follows from its seed.
//!
//! ```text
//! look (views of a state) ◄ sellers, buyers ◄ wishes: at most one transaction each in a block
//! memo: what one node cleared, for the blocks of others      tally: epochs and leases of a run
//! liar: a proposer that lies about item 4
//! ```

mod buyers;
pub mod liar;
mod look;
pub mod memo;
mod sellers;
mod tally;

pub use look::Look;
pub use tally::Tally;

use crate::keys::Key;
use alloy_primitives::{Address, B256, U256};
use btt_genesis::AllocAccount;
use btt_runtime::{config::MarketDefaults, primitives::WEI_PER_BTT, tx::Transaction};
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

/// Accounts that offer.
const SELLERS: usize = 2;
/// Accounts that bid.
const BUYERS: usize = 4;
/// Swarms, few, so that bids meet.
const SWARMS: u64 = 3;
/// Where keys of the accounts begin; far from the keys that others use.
const FIRST_KEY: u64 = 0x3a_0000;
/// What each owns, in BTT.
const WEALTH_BTT: u128 = 1_000_000;

/// Epochs short enough that several complete in a run, and a book fee.
pub const PARAMS: MarketDefaults = MarketDefaults {
    commit_blocks: 2,
    commit_ms: 100,
    reveal_blocks: 2,
    reveal_ms: 100,
    clearing_ms: 100,
    lease_s: 1,
    receipt_s: 1,
    book_fee_wei: WEI_PER_BTT / 100,
    ..MarketDefaults::LOCAL
};

/// Sellers first.
fn agents() -> &'static [Key] {
    static AGENTS: OnceLock<Vec<Key>> = OnceLock::new();
    AGENTS.get_or_init(|| {
        (0..SELLERS + BUYERS).map(|index| Key::numbered(FIRST_KEY + index as u64)).collect()
    })
}

/// Gives them their wealth.
pub fn endow(alloc: &mut BTreeMap<Address, AllocAccount>) {
    let balance = U256::from(WEALTH_BTT * WEI_PER_BTT);
    let account = || AllocAccount { balance, ..AllocAccount::default() };
    alloc.extend(agents().iter().map(|key| (key.address(), account())));
}

/// What the agents send in front of a state.
pub fn wishes(look: &Look<'_>) -> Vec<Arc<Transaction>> {
    let Some(clock) = look.clock() else { return Vec::new() };
    let (sellers, buyers) = agents().split_at(SELLERS);
    let of_sellers = sellers.iter().filter_map(|key| sellers::wish(look, &clock, key, buyers));
    let of_buyers = buyers.iter().filter_map(|key| buyers::wish(look, &clock, key));
    of_sellers.chain(of_buyers).map(Arc::new).collect()
}

/// Swarms have numbers.
fn swarm(number: u64) -> B256 {
    B256::from(U256::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Chain, Queue};
    use btt_genesis::Preset;

    #[test]
    fn agents_go_through_whole_epochs_and_everything_that_is_refused_is_tried_too() {
        let validator = Key::numbered(1);
        let mut spec = Preset::Dev.spec(vec![validator.validator(1)]);
        spec.params.market = PARAMS;
        endow(&mut spec.alloc);
        let mut chain = Chain::of_spec(spec, vec![validator]);
        let mut tally = Tally::default();
        let (mut sent, mut failed) = (0, 0);
        for _ in 0..300 {
            let look = Look::new(&chain.config, &chain.head, &chain.store);
            let wishes = wishes(&look).into_iter().map(|tx| (*tx).clone());
            let mut queue = Queue::new(wishes);
            let executed = chain.build(&mut queue).expect("a block");
            assert!(queue.refused.is_empty(), "refused: {:?}", queue.refused);
            assert_eq!(executed.hook_failures, []);
            sent += executed.receipts.len();
            failed += executed.receipts.iter().filter(|receipt| !receipt.success).count();
            tally.count(&executed);
            chain.decide(&executed);
        }
        assert!(failed > 0 && failed * 2 < sent, "{failed} of {sent} fail");
        let Tally { cleared, voided, opened, closed, unpaid, defaulted, renewed, .. } = tally;
        assert_eq!(voided, 0);
        for (what, count) in [
            ("cleared", cleared),
            ("opened", opened),
            ("closed", closed),
            ("unpaid", unpaid),
            ("defaulted", defaulted),
            ("renewed", renewed),
        ] {
            assert!(count >= 10, "{what}: {tally:?}");
        }
        assert!(unpaid < closed, "{tally:?}");
    }
}
