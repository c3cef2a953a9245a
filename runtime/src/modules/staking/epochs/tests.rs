use super::*;
use crate::{
    modules::{OverlayHost, tests_support::facts},
    state::{MemoryStore, NewAccount, Overlay},
};

type State = Overlay<MemoryStore>;

fn state() -> State {
    let module = NewAccount { nonce: 1, ..NewAccount::default() };
    Overlay::new(MemoryStore::with_accounts([(STAKING, module)]).unwrap())
}

fn with<T>(state: &mut State, f: impl FnOnce(&mut dyn Host) -> Result<T, ModuleError>) -> T {
    tried(state, f).unwrap()
}

fn tried<T>(
    state: &mut State,
    f: impl FnOnce(&mut dyn Host) -> Result<T, ModuleError>,
) -> Result<T, ModuleError> {
    f(&mut OverlayHost::new(state, &facts(1)))
}

/// A set of these powers, in this order.
fn set_of(powers: &[u64]) -> Vec<Validator> {
    let validator = |(i, power): (usize, &u64)| {
        let mut public_key = FixedBytes([0x11 * (i as u8 + 1); 33]);
        public_key[0] = 2 + i as u8 % 2;
        Validator { public_key, operator: Address::repeat_byte(0xa0 + i as u8), power: *power }
    };
    powers.iter().enumerate().map(validator).collect()
}

/// Epochs of ten blocks and as many seconds from block 1 on, with one validator of each of these powers.
fn with_epochs(powers: &[u64]) -> State {
    let mut state = state();
    for (e, power) in (0..).zip(powers) {
        let started =
            with(&mut state, |host| start(host, 1 + 10 * e, 10_000 * e, &set_of(&[*power])));
        assert_eq!(started.number, e);
    }
    state
}

#[test]
fn a_set_comes_back_as_it_was_given() {
    let mut state = state();
    assert_eq!(with(&mut state, current), None);
    assert_eq!(with(&mut state, load_sets), None);
    assert_eq!(with(&mut state, |host| epoch_at(host, 5)), None);
    let given = set_of(&[7, u64::MAX / 3 - 9, 2]);
    let first = with(&mut state, |host| start(host, 1, 5, &given));
    assert_eq!(first, Epoch { number: 0, first_block: 1, first_ms: 5, set_version: 1 });
    assert_eq!(with(&mut state, current), Some(first));
    assert_eq!(with(&mut state, |host| epoch(host, 0)), Some(first));
    assert_eq!(with(&mut state, |host| set(host, 1)), given);
    let missing = tried(&mut state, |host| set(host, 2));
    assert_eq!(missing, Err(damaged("validator set 2 is missing")));
}

/// Golden: wallets and light clients read these slots with proofs.
#[test]
fn slots_are_where_the_documentation_says() {
    let mut state = state();
    with(&mut state, |host| start(host, 0x22, 0x33, &set_of(&[4, 5])));
    let mut at = |slot: U256| state.storage(STAKING, slot).unwrap();
    let epoch = U256::from(0x22u64) << 128 | U256::from(0x33u64) << 64 | U256::from(1u64);
    assert_eq!(at(keccak256("btt.staking.epoch").into()), epoch);
    let numbered = |tag: &str, n: u64| -> U256 {
        keccak256([tag.as_bytes(), &n.to_be_bytes()].concat()).into()
    };
    assert_eq!(at(numbered("btt.staking.epoch", 0)), epoch);
    let base = numbered("btt.staking.set", 1);
    assert_eq!(at(base), U256::from(9u64) << 64 | U256::from(2u64));
    assert_eq!(at(base + U256::from(3)), U256::from_be_bytes([0x22; 32]));
    let operator = U256::from_be_slice(&[0xa1; 20]);
    let second = U256::from(3u64) << 224 | U256::from(5u64) << 160 | operator;
    assert_eq!(at(base + U256::from(4)), second);
    assert_eq!(at(base + U256::from(5)), U256::ZERO);
}

#[test]
fn a_set_is_written_only_where_it_differs() {
    let mut state = with_epochs(&[1, 1, 2, 2, 1]);
    let version = |state: &mut State, e| with(state, |host| epoch(host, e)).unwrap().set_version;
    assert_eq!([0, 1, 2, 3, 4].map(|e| version(&mut state, e)), [1, 1, 2, 2, 3]);
}

#[test]
fn every_block_finds_its_epoch() {
    for count in 1..9 {
        let mut state = with_epochs(&(1..=count).collect::<Vec<_>>());
        for height in 1..10 * count + 15 {
            let found = with(&mut state, |host| epoch_at(host, height)).unwrap();
            assert_eq!(found.number, ((height - 1) / 10).min(count - 1), "{height} of {count}");
        }
        assert_eq!(with(&mut state, |host| epoch_at(host, 0)), None);
    }
}

#[test]
fn a_set_that_cannot_decide_and_an_epoch_out_of_turn_are_refused() {
    let mut state = with_epochs(&[1, 2]);
    let cannot = Err(damaged("a validator set that cannot decide blocks"));
    let many = vec![1; MAX_VALIDATORS + 1];
    for powers in [&[] as &[u64], &[3, 0], &[u64::MAX / 3, 1], &[u64::MAX, 1], &many] {
        let refused = tried(&mut state, |host| start(host, 50, 0, &set_of_many(powers)));
        assert_eq!(refused, cannot, "{powers:?}");
    }
    assert!(tried(&mut state, |host| start(host, 50, 0, &set_of_many(&many[1..]))).is_ok());
    for first_block in [49, 50] {
        let refused = tried(&mut state, |host| start(host, first_block, 0, &set_of(&[1])));
        let text = format!("an epoch at block {first_block} is not the next");
        assert_eq!(refused, Err(damaged(text)));
    }
}

/// Validators of one key: for sets too large for [`set_of`].
fn set_of_many(powers: &[u64]) -> Vec<Validator> {
    let (public_key, operator) = (FixedBytes([2; 33]), Address::ZERO);
    powers.iter().map(|power| Validator { public_key, operator, power: *power }).collect()
}

#[test]
fn old_epochs_are_forgotten_two_at_a_time_with_the_sets_that_only_they_had() {
    let mut state = with_epochs(&[1, 1, 2, 3, 4, 5, 6]);
    let last_ms = u64::MAX;
    assert_eq!(with(&mut state, |host| prune(host, 9_999)), 0, "epoch 0 ended at 10,000 ms");
    assert_eq!(with(&mut state, |host| prune(host, 10_000)), 1);
    assert_eq!(with(&mut state, |host| set(host, 1)), set_of(&[1]), "epoch 1 has it");
    assert_eq!(with(&mut state, |host| prune(host, last_ms)), 2);
    assert_eq!(with(&mut state, oldest), 3);
    assert_eq!(with(&mut state, |host| epoch_at(host, 30)), None);
    assert_eq!(with(&mut state, |host| epoch_at(host, 31)).unwrap().number, 3);
    // Epoch 6 begins with block 61; blocks speak of heights from 44 on, which are epoch 4's and later.
    assert_eq!(with(&mut state, |host| prune(host, last_ms)), 1);
    assert_eq!(with(&mut state, |host| prune(host, last_ms)), 0);
    // Every slot of what is forgotten is free again.
    let mut fresh = with_epochs(&[1, 1, 2, 3, 4, 5, 6]);
    let slots = |state: &mut State, versions: std::ops::Range<u64>| -> Vec<U256> {
        let slots = versions.flat_map(|v| (0..4).map(move |i| set_slot(v) + U256::from(i)));
        slots.map(|slot| state.storage(STAKING, slot).unwrap()).collect()
    };
    assert_eq!(slots(&mut state, 1..4), vec![U256::ZERO; 12]);
    assert_eq!(slots(&mut state, 4..7), slots(&mut fresh, 4..7));
}

#[test]
fn loaded_sets_are_those_that_a_running_node_has() {
    let powers = [1, 1, 2, 3, 3, 4, 5, 6];
    let mut running = ValidatorSets::starting(1, set_of(&[1]));
    let mut state = state();
    for (e, power) in (0..).zip(powers) {
        let first_block = 1 + 10 * e;
        with(&mut state, |host| start(host, first_block, 10_000 * e, &set_of(&[power])));
        with(&mut state, |host| prune(host, u64::MAX));
        running.push(first_block, set_of(&[power]).into());
        let loaded = with(&mut state, load_sets).unwrap();
        for height in first_block.saturating_sub(REACH_BLOCKS).max(1)..first_block + 20 {
            assert_eq!(loaded.get(height), running.get(height), "{height} after {first_block}");
            assert!(loaded.get(height).is_some());
        }
    }
    let all = with(&mut with_epochs(&powers), |host| sets_between(host, 0, 45)).unwrap();
    let power_at = |height| all.get(height).map(|set| set[0].power);
    assert_eq!([0, 1, 20, 21, 45].map(power_at), [None, Some(1), Some(1), Some(2), Some(3)]);
}
