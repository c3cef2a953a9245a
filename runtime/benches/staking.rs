//! What staking costs: the end of an epoch with 100 validators and few or many delegators, and single calls
//! with a warm cache (without signature, root and commit).

use alloy_primitives::{Address, FixedBytes, U256};
use alloy_sol_types::SolCall;
use btt_runtime::{
    block::{BlockFacts, Header},
    config::{ChainConfig, ParamDefaults},
    modules::{
        Moment, NATIVE, OverlayHost, dispatch,
        market::Cleared,
        run_hooks,
        staking::{GenesisDelegation, GenesisValidator, IStaking, Staking, init},
    },
    primitives::{
        DEV_CHAIN_ID, WEI_PER_BTT,
        addresses::{EMISSION_RESERVE, FEE_POOL, STAKING},
    },
    state::{MemoryStore, NewAccount, Overlay},
};
use divan::Bencher;
use k256::{SecretKey, elliptic_curve::sec1::ToSec1Point as _};
use std::{collections::BTreeMap, sync::OnceLock};

const VALIDATORS: u64 = 100;
const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
const EPOCH_BLOCKS: u64 = 20;

fn main() {
    divan::main();
}

fn facts(number: u64) -> BlockFacts {
    let config = ChainConfig::new(DEV_CHAIN_ID, ParamDefaults::LOCAL, Vec::new());
    let header = Header { number, timestamp: 1_700_000_000 + number, ..Header::default() };
    BlockFacts::of(&config, &header)
}

fn operator(number: u64) -> Address {
    Address::left_padding_from(&(0x1000 + number).to_be_bytes())
}

fn delegator(number: u64) -> Address {
    Address::left_padding_from(&(0x1_0000_0000 + number).to_be_bytes())
}

/// A state with so many delegations, spread over all validators.
fn state(delegations: u64) -> &'static MemoryStore {
    static STATES: [OnceLock<MemoryStore>; 2] = [const { OnceLock::new() }; 2];
    STATES[usize::from(delegations == MANY)].get_or_init(|| make(delegations))
}

fn make(delegations: u64) -> MemoryStore {
    let validators: Vec<_> = (1..=VALIDATORS)
        .map(|number| {
            let secret = SecretKey::from_slice(&U256::from(number).to_be_bytes::<32>()).unwrap();
            let point = secret.public_key().to_sec1_point(true);
            GenesisValidator {
                operator: operator(number),
                public_key: FixedBytes::from_slice(point.as_bytes()),
                name: format!("v{number}"),
                self_stake_wei: 100_000_000 * WEI_PER_BTT,
                commission_bps: 500,
                max_commission_bps: 2_000,
                max_commission_change_bps: 100,
            }
        })
        .collect();
    let delegations: Vec<_> = (0..delegations)
        .map(|number| GenesisDelegation {
            delegator: delegator(number),
            validator: operator(1 + number % VALIDATORS),
            wei: 1_000 * WEI_PER_BTT,
        })
        .collect();
    let coins =
        |wei: u128| NewAccount { nonce: 1, balance: U256::from(wei), ..NewAccount::default() };
    let staked = validators.iter().map(|v| v.self_stake_wei).sum::<u128>()
        + delegations.iter().map(|d| d.wei).sum::<u128>();
    let mut accounts = BTreeMap::from([
        (STAKING, coins(staked)),
        (FEE_POOL, coins(1_000_000 * WEI_PER_BTT)),
        (EMISSION_RESERVE, coins(100_000_000_000 * WEI_PER_BTT)),
    ]);
    accounts.insert(delegator(u64::from(u32::MAX)), coins(1_000_000 * WEI_PER_BTT));
    let mut store = MemoryStore::with_accounts(accounts).unwrap();
    let facts = facts(0);
    let mut overlay = Overlay::new(store.clone());
    init(&mut OverlayHost::new(&mut overlay, &facts), &validators, &delegations).unwrap();
    store.apply(&mut overlay.into_changes()).unwrap();
    store
}

/// Rewards, jail, election and the next set.
#[divan::bench(args = [FEW, MANY], sample_count = 20)]
fn end_of_epoch(bencher: Bencher<'_, '_>, delegations: u64) {
    let store = state(delegations);
    let facts = facts(EPOCH_BLOCKS);
    let signed = || {
        let mut overlay = Overlay::new(store);
        (2..=EPOCH_BLOCKS).for_each(|number| sign(&mut overlay, number));
        overlay
    };
    bencher.with_inputs(signed).bench_local_values(|mut overlay| {
        let (_, failures) =
            run_hooks(NATIVE, Moment::EndBlock, &mut overlay, &facts, &Cleared::default()).unwrap();
        assert!(failures.is_empty(), "{failures:?}");
        overlay
    });
}

fn run(overlay: &mut Overlay<&MemoryStore>, caller: Address, wei: u128, input: &[u8]) {
    let facts = facts(EPOCH_BLOCKS + 5);
    let mut host = OverlayHost::new(overlay, &facts);
    dispatch(&Staking, &mut host, caller, U256::from(wei), false, input).unwrap();
}

/// A delegation to a validator that the account has stake with already.
#[divan::bench(args = [FEW, MANY])]
fn delegate(bencher: Bencher<'_, '_>, delegations: u64) {
    let store = state(delegations);
    let input = IStaking::delegateCall { validator: operator(8) }.abi_encode();
    let (caller, wei) = (delegator(7), 10 * WEI_PER_BTT);
    let mut overlay = Overlay::new(store);
    overlay.credit(STAKING, U256::from(wei) << 40).unwrap();
    run(&mut overlay, caller, wei, &input);
    bencher.bench_local(|| run(&mut overlay, caller, wei, &input));
}

/// A claim of rewards.
#[divan::bench(args = [FEW, MANY])]
fn claim(bencher: Bencher<'_, '_>, delegations: u64) {
    let store = state(delegations);
    let input = IStaking::claimRewardsCall { validator: operator(8) }.abi_encode();
    let end = facts(EPOCH_BLOCKS);
    bencher
        .with_inputs(|| {
            let mut overlay = Overlay::new(store);
            (2..=EPOCH_BLOCKS).for_each(|number| sign(&mut overlay, number));
            run_hooks(NATIVE, Moment::EndBlock, &mut overlay, &end, &Cleared::default()).unwrap();
            overlay
        })
        .bench_local_values(|mut overlay| {
            run(&mut overlay, delegator(7), 0, &input);
            overlay
        });
}

/// A block of the first epoch whose parent everybody signed.
fn sign(overlay: &mut Overlay<&MemoryStore>, number: u64) {
    use btt_runtime::block::{Certified, ConsensusFacts};
    let certificate = Certified {
        height: number - 1,
        signers: (0..100).collect(),
        signed_power: 1,
        total_power: 1,
    };
    let consensus = ConsensusFacts { certificate: Some(certificate), ..Default::default() };
    let facts = BlockFacts { consensus: consensus.into(), ..facts(number) };
    run_hooks(NATIVE, Moment::BeginBlock, overlay, &facts, &Cleared::default()).unwrap();
}

/// What every block costs: booking a certificate of 100 signatures.
#[divan::bench]
fn begin_of_block(bencher: Bencher<'_, '_>) {
    let store = state(FEW);
    bencher.with_inputs(|| Overlay::new(store)).bench_local_values(|mut overlay| {
        sign(&mut overlay, 2);
        overlay
    });
}
