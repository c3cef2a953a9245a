//! Makes the world of a scenario: validators and their powers, who is byzantine, set changes, disks.

use super::{
    byzantine::Behaviour,
    disk::Disk,
    ledger::Shared,
    market,
    mutation::Mutation,
    node::Node,
    node::Speed,
    rng::Rng,
    scenario::Scenario,
    workload::{staking_workload, workload},
    world::World,
};
use crate::{chain::Chain, keys::Key};
use alloy_primitives::U256;
use btt_genesis::{AllocAccount, Preset};
use btt_runtime::{config::Validator, primitives::WEI_PER_BTT};
use std::{collections::BTreeMap, sync::Arc};

/// Where validator keys begin; far from the keys that others use.
const FIRST_KEY: u64 = 0x51_0000;
/// Validators of genesis where others join by staking.
const STAKERS: usize = 4;

/// The world of a scenario and a seed.
pub fn world_of(scenario: &Scenario, rng: &mut Rng, mutation: Option<Mutation>) -> World {
    let validators = rng.range(scenario.validators.0, scenario.validators.1) as usize;
    let observers = if scenario.has_observer { 1 } else { 0 };
    let keys: Vec<Key> =
        (0..validators + observers).map(|i| Key::numbered(FIRST_KEY + i as u64)).collect();
    let behaviours = behaviours(scenario, rng, validators);
    let members = if scenario.has_staking { STAKERS } else { validators };
    let all: Vec<usize> = (0..members).collect();
    let has_powers = !scenario.has_staking && rng.happens(300_000);
    let mut first = set_of(&keys, &behaviours, &all, has_powers, rng);
    if scenario.has_staking {
        first.iter_mut().for_each(|v| v.power *= 1_000);
    }
    let mut spec = Preset::Dev.spec(first);
    if scenario.has_staking {
        spec.params.staking.epoch_blocks = 10;
        spec.params.staking.jail_s = 1;
        spec.params.staking.min_signed_bps = 5_000;
        for key in &keys {
            let balance = U256::from(1_000_000 * WEI_PER_BTT);
            spec.alloc.insert(key.address(), AllocAccount { balance, ..AllocAccount::default() });
        }
    }
    spec.params.market = market::PARAMS;
    market::endow(&mut spec.alloc);
    let chain = if scenario.changes_sets {
        Chain::without_stake(spec, keys.clone())
    } else {
        Chain::of_spec(spec, keys.clone())
    };
    let mut config = chain.config.clone();
    if scenario.changes_sets {
        config.validator_changes = changes(&keys, &behaviours, rng);
    }
    let workload = if scenario.has_staking {
        staking_workload(config.chain_id, &keys[..validators], STAKERS)
    } else {
        workload(config.chain_id)
    };
    let nodes = keys.into_iter().enumerate().map(|(index, key)| Node {
        key,
        behaviour: behaviours.get(&index).copied(),
        running: None,
        disk: Disk::new(chain.head.clone(), chain.store.clone()),
        run: 0,
        skew_ms: 0,
        snapshot: None,
        closed_until: 0,
        speed: Speed::GOOD,
        crash_at: None,
        rng: rng.fork(),
        applied: 0,
        hashes: Vec::new(),
        heard: Vec::new(),
    });
    let nodes = nodes.collect();
    let supply = chain.store.total_balance().unwrap_or_default();
    let shared = Shared::new(Arc::new(config), supply, workload);
    World::new(nodes, shared, rng.fork(), mutation)
}

fn behaviours(scenario: &Scenario, rng: &mut Rng, validators: usize) -> BTreeMap<usize, Behaviour> {
    let mut chosen = BTreeMap::new();
    if scenario.byzantine.is_empty() {
        return chosen;
    }
    let most = (validators - 1) / 3;
    for _ in 0..rng.range(1, most.max(1) as u64) {
        let node = rng.below(validators as u64) as usize;
        chosen.insert(node, *rng.pick(scenario.byzantine));
    }
    chosen
}

/// A set of these nodes; byzantine ones have less than a third of the power.
fn set_of(
    keys: &[Key],
    behaviours: &BTreeMap<usize, Behaviour>,
    members: &[usize],
    has_powers: bool,
    rng: &mut Rng,
) -> Vec<Validator> {
    let power = |index: &usize, rng: &mut Rng| match behaviours.get(index) {
        _ if !has_powers => 1,
        Some(_) => 5,
        None => rng.range(5, 10),
    };
    members.iter().map(|index| keys[*index].validator(power(index, rng))).collect()
}

/// Other sets every few heights: some honest nodes leave and come back, powers change.
fn changes(
    keys: &[Key],
    behaviours: &BTreeMap<usize, Behaviour>,
    rng: &mut Rng,
) -> BTreeMap<u64, Vec<Validator>> {
    let mut changes = BTreeMap::new();
    let mut height = 0;
    for _ in 0..40 {
        height += rng.range(3, 12);
        let mut honest: Vec<_> = (0..keys.len()).filter(|i| !behaviours.contains_key(i)).collect();
        rng.shuffle(&mut honest);
        let least = (2 * behaviours.len() + 1).max(3).min(honest.len());
        honest.truncate(rng.range(least as u64, honest.len() as u64) as usize);
        let mut members: Vec<_> = honest.into_iter().chain(behaviours.keys().copied()).collect();
        rng.shuffle(&mut members);
        let has_powers = rng.happens(500_000);
        changes.insert(height, set_of(keys, behaviours, &members, has_powers, rng));
    }
    changes
}
