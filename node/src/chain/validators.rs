//! Who decides which height: the newest heights' sets are at hand, older ones come from state.

use super::Chain;
use crate::storage::ViewError;
use btt_runtime::{block::ValidatorSets, config::Validator, executor::validator_sets_between};
use std::sync::Arc;

impl Chain {
    /// The validators that decide block `height`, in canonical order (rule B.5).
    ///
    /// # Errors
    /// [`ViewError::Unknown`] above the next block, which is all that is decided; [`ViewError::Pruned`]
    /// where neither the newest state nor history reaches.
    pub fn validators_at(&self, height: u64) -> Result<Arc<[Validator]>, ViewError> {
        Ok(self.validator_sets(height, height)?.at(height).clone())
    }

    /// The sets of the heights from `first` to `last`. Of heights before `last` some may be missing where
    /// state has forgotten them ([`ValidatorSets::get`]).
    ///
    /// # Errors
    /// As [`Self::validators_at`], for `last`.
    pub fn validator_sets(&self, first: u64, last: u64) -> Result<ValidatorSets, ViewError> {
        // Nobody decides genesis; its validators are those of block 1.
        let (first, last) = (first.max(1), last.max(1));
        let head = self.head();
        if last > head.number.saturating_add(1) {
            return Err(ViewError::Unknown { number: last, head: head.number });
        }
        if head.validators.get(first).is_some() {
            return Ok(head.validators.clone());
        }
        // Staking keeps epochs for as long as evidence counts.
        let newest = self.store.newest_state()?;
        if let Some(sets) = validator_sets_between(&self.config, &newest, first, last)? {
            return Ok(sets);
        }
        // The state before a block has its epoch.
        let view = self.store.state_at(last.saturating_sub(1))?;
        let sets = validator_sets_between(&self.config, &view, first, last)?;
        sets.ok_or(ViewError::Pruned { number: last, oldest: head.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::Proposer,
        keys,
        storage::History,
        testing::{Fixed, dev_chain},
    };
    use btt_runtime::{
        block::{BlockFacts, Header},
        modules::{Host, ModuleError, OverlayHost, staking::epochs},
        primitives::addresses::STAKING,
        state::{Overlay, trie},
    };
    use std::collections::{VecDeque, btree_map::Entry};

    const BLOCKS: u64 = 55;

    fn set_of(power: u64) -> Vec<Validator> {
        let key = keys::dev_validator_key();
        let (public_key, operator) = (keys::public_key_of(&key), keys::address_of(&key));
        vec![Validator { public_key, operator, power }]
    }

    /// The next block, as if staking's end hook had written this too.
    fn block(chain: &Chain, write: impl FnOnce(&mut dyn Host) -> Result<(), ModuleError>) {
        let proposer = Proposer::new(keys::dev_validator_key());
        let height = chain.head().number + 1;
        let mut executed = proposer.propose(chain, height, &mut Fixed(VecDeque::new())).unwrap();
        let facts = BlockFacts::of(chain.config(), &Header::default());
        let mut overlay = Overlay::new(chain.store().session());
        let host = &mut OverlayHost::new(&mut overlay, &facts);
        write(host).unwrap();
        let epoch = epochs::current(host).unwrap();
        if let Some(epoch) = epoch.filter(|epoch| epoch.first_block == height + 1) {
            let next = epochs::set(host, epoch.set_version).unwrap();
            executed.next_validators = Some(next.into());
        }
        for (address, change) in overlay.into_changes().accounts {
            match executed.changes.accounts.entry(address) {
                Entry::Occupied(mut hooks) => hooks.get_mut().slots.extend(change.slots),
                Entry::Vacant(vacant) => {
                    vacant.insert(change);
                }
            }
        }
        let (root, trie) = trie::apply(&chain.store().session(), &mut executed.changes).unwrap();
        (executed.trie, executed.block.header.state_root) = (trie, root);
        executed.hash = executed.block.hash();
        let certificate = proposer.certify_alone(chain, &executed).unwrap();
        chain.commit(executed, certificate).unwrap();
    }

    /// So many blocks; the power is 2 from block 11 on, 3 from 26 on, 4 from 41 on. Epochs are shorter than
    /// staking makes them.
    fn blocks(chain: &Chain) {
        for height in 1..=BLOCKS {
            block(chain, |host| match height {
                10 | 25 | 40 => {
                    let power = 2 + (height - 10) / 15;
                    epochs::start(host, height + 1, height, &set_of(power)).map(|_| ())
                }
                _ => Ok(()),
            });
        }
    }

    fn power_at(chain: &Chain, height: u64) -> u64 {
        chain.validators_at(height).unwrap()[0].power
    }

    #[test]
    fn every_height_has_its_validators_from_memory_from_state_and_from_history() {
        let folder = tempfile::tempdir().unwrap();
        let chain = dev_chain(folder.path(), History::Archive);
        blocks(&chain);
        let heights = [0, 1, 10, 11, 25, 26, 40, 41, 55, 56];
        let first = chain.spec().validators[0].power;
        let powers = [first, first, first, 2, 2, 3, 3, 4, 4, 4];
        assert_eq!(heights.map(|height| power_at(&chain, height)), powers);
        assert_eq!(chain.head().validators.get(10), None, "memory reaches some blocks back");
        let unknown = ViewError::Unknown { number: 57, head: 55 };
        assert_eq!(chain.validators_at(57), Err(unknown));
        let sets = chain.validator_sets(20, 50).unwrap();
        assert_eq!([20, 26, 50].map(|height| sets.get(height).unwrap()[0].power), [2, 3, 4]);

        // State forgets the first epochs; history has them.
        block(&chain, |host| epochs::prune(host, 10).map(|forgotten| assert_eq!(forgotten, 2)));
        assert_eq!(heights.map(|height| power_at(&chain, height)), powers);
        drop(chain);
        let chain = dev_chain(folder.path(), History::Archive);
        assert_eq!(heights.map(|height| power_at(&chain, height)), powers, "after a restart");
        assert!(chain.head_account(STAKING).unwrap().is_some());
    }

    #[test]
    fn what_neither_state_nor_history_keeps_is_an_error_that_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let chain = dev_chain(folder.path(), History::Blocks(0));
        blocks(&chain);
        block(&chain, |host| epochs::prune(host, 10).map(|_| ()));
        assert_eq!(power_at(&chain, 5), chain.spec().validators[0].power, "from history");
        while chain.head().number < 300 {
            block(&chain, |_| Ok(()));
        }
        assert_eq!((power_at(&chain, 11), power_at(&chain, 41)), (2, 4), "from state");
        // History is kept for at least 256 blocks.
        let pruned = ViewError::Pruned { number: 4, oldest: 44 };
        assert_eq!(chain.validators_at(5), Err(pruned));
    }
}
