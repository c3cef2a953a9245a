//! Features: turned on by a vote, scheduled when two thirds of the power are ready.

use super::world::{NEEDED, PROPOSER, World, feature};
use crate::{
    config::ChainConfig,
    executor::{BlockError, check_features},
    features::id as signal,
    modules::{
        ModuleError,
        governance::{
            self, ActiveFeature,
            IGovernance::{self, Kind, Status},
            state::FeatureList,
        },
        tests_support::config,
    },
    state::MemoryStore,
};
use std::collections::BTreeSet;

/// Four validators of equal power, and the feature `blue` turned on.
fn with_blue() -> World {
    let mut w = World::new(&[1_000; 4], &[]);
    turn_on(&mut w, "blue");
    w
}

fn turn_on(w: &mut World, name: &str) {
    let id = w.open(Kind::ActivateFeature, &feature(name));
    for who in 1..=4 {
        w.vote(who, id, IGovernance::Choice::Yes).unwrap();
    }
    assert_eq!((w.pass(id), w.pass(id)), (Status::Passed, Status::Enacted));
}

/// A block of the validator at this place, with these signals.
fn propose(w: &mut World, place: u16, names: &[&str]) {
    w.proposer = place;
    w.signals = names.iter().map(|name| signal(name)).collect();
    w.block();
    w.signals.clear();
}

fn list(w: &mut World) -> Vec<IGovernance::Feature> {
    w.gov(PROPOSER, 0, &IGovernance::featuresCall {}).unwrap()
}

fn activation(w: &mut World, name: &str) -> Option<u64> {
    w.host(|host| governance::feature_activation(host, name)).unwrap()
}

#[test]
fn a_feature_is_scheduled_when_more_than_two_thirds_of_the_power_signal_it() {
    let mut w = with_blue();
    let length = 20;
    assert_eq!((activation(&mut w, "blue"), activation(&mut w, "green")), (None, None));
    // The block that `propose` begins is looked at when the next one ends it.
    propose(&mut w, 0, &["blue"]);
    propose(&mut w, 1, &["blue", "green"]);
    propose(&mut w, 0, &["green"]);
    propose(&mut w, 2, &["blue"]);
    propose(&mut w, 0, &["blue"]);
    let waiting = &list(&mut w)[0];
    assert_eq!(
        (waiting.readyPower, waiting.totalPower, waiting.activationBlock),
        (2_000, 4_000, 0)
    );
    w.logs.clear();
    w.proposer = 3;
    w.block();
    let epoch = w.epoch();
    let block = epoch.first_block + 2 * length;
    let scheduled = w.take_events::<IGovernance::FeatureScheduled>();
    let expected =
        IGovernance::FeatureScheduled { name: "blue".to_owned(), activationBlock: block };
    assert_eq!(scheduled, [expected]);
    assert_eq!(activation(&mut w, "blue"), Some(block));
    assert!(block > w.facts.number + length, "a whole epoch lies before it");
    let shown = IGovernance::Feature {
        name: "blue".to_owned(),
        minVersion: "2.0.0".to_owned(),
        readyPower: 3_000,
        totalPower: 4_000,
        activationBlock: block,
    };
    assert_eq!(list(&mut w), [shown]);
    // It stays so whatever is signalled later.
    propose(&mut w, 0, &[]);
    propose(&mut w, 1, &[]);
    w.block();
    assert_eq!(activation(&mut w, "blue"), Some(block));
    assert!(w.take_events::<IGovernance::FeatureScheduled>().is_empty());
}

#[test]
fn a_set_that_changes_is_looked_at_anew() {
    // The first has half of the power.
    let mut w = World::new(&[3_000, 1_000, 1_000, 1_000], &[]);
    turn_on(&mut w, "blue");
    w.next_epoch();
    propose(&mut w, 0, &["blue"]);
    propose(&mut w, 1, &["blue"]);
    w.proposer = 2;
    w.blocks(2);
    assert_eq!(activation(&mut w, "blue"), None, "4,000 of 6,000 are not more than two thirds");
    // The one that is not ready gets smaller.
    let call = crate::modules::staking::IStaking::exitCall {};
    w.stake(4, 0, &call).unwrap();
    w.next_epoch();
    let epoch = w.epoch();
    assert_eq!(w.set_at(epoch.first_block).len(), 3);
    assert_eq!(activation(&mut w, "blue"), Some(epoch.first_block + 40));
}

#[test]
fn a_feature_is_turned_on_once_and_their_number_is_bounded() {
    let mut w = with_blue();
    let refused = w.propose(Kind::ActivateFeature, &feature("blue"), NEEDED);
    let reason = "the feature is turned on already".to_owned();
    assert_eq!(refused, Err(ModuleError::revert(IGovernance::NotAllowed { reason })));
    for n in 1..8 {
        w.host(|host| governance::features::add(host, format!("f{n}"), String::new())).unwrap();
    }
    let refused = w.propose(Kind::ActivateFeature, &feature("green"), NEEDED);
    let reason = "too many features wait for their first block".to_owned();
    assert_eq!(refused, Err(ModuleError::revert(IGovernance::NotAllowed { reason })));
    let names: Vec<_> = list(&mut w).into_iter().map(|f| f.name).collect();
    assert_eq!(names, ["blue", "f1", "f2", "f3", "f4", "f5", "f6", "f7"]);
    // One whose first block has come waits no longer.
    for place in 0..4 {
        propose(&mut w, place, &["blue"]);
    }
    w.block();
    let block = activation(&mut w, "blue").unwrap();
    while w.facts.number <= block {
        let refused = w.propose(Kind::ActivateFeature, &feature("green"), NEEDED);
        assert!(refused.is_err(), "block {}", w.facts.number);
        w.block();
    }
    let green = w.propose(Kind::ActivateFeature, &feature("green"), NEEDED / 10);
    assert!(green.is_ok());
    w.host(|host| {
        for n in 8..32 {
            FeatureList::push(host, format!("f{n}"), String::new()).unwrap();
        }
    });
    let refused = w.propose(Kind::ActivateFeature, &feature("red"), NEEDED);
    let reason = "the list of features is full".to_owned();
    assert_eq!(refused, Err(ModuleError::revert(IGovernance::NotAllowed { reason })));
}

#[test]
fn a_node_that_lacks_a_feature_executes_no_block_under_its_rules() {
    let mut w = with_blue();
    for place in 0..4 {
        propose(&mut w, place, &["blue"]);
    }
    w.block();
    let block = activation(&mut w, "blue").unwrap();
    let known = BTreeSet::from(["blue".to_owned()]);
    let unknown = ActiveFeature { name: "blue".to_owned(), min_version: "2.0.0".to_owned(), block };
    let mut ask = |known: &BTreeSet<String>, next| {
        w.host(|host| governance::unknown_feature_at(host, known, next)).unwrap()
    };
    assert_eq!(ask(&BTreeSet::new(), block - 1), None);
    assert_eq!(ask(&BTreeSet::new(), block), Some(unknown.clone()));
    assert_eq!(ask(&BTreeSet::new(), u64::MAX), Some(unknown));
    assert_eq!(ask(&known, block), None);

    let mut store = MemoryStore::default();
    store.apply(&mut w.state.into_changes()).unwrap();
    let lacking = config();
    let knowing = ChainConfig { features: known, ..config() };
    assert_eq!(check_features(&lacking, &store, block - 2), Ok(()));
    assert_eq!(check_features(&knowing, &store, block - 1), Ok(()));
    let refused = check_features(&lacking, &store, block - 1).unwrap_err();
    let (name, min_version) = ("blue".to_owned(), "2.0.0".to_owned());
    assert_eq!(refused, BlockError::UnknownFeature { name, min_version, block });
    assert_eq!(
        refused.to_string(),
        format!(
            "feature blue is a rule of the chain from block {block} on, and this node lacks it: it needs version \
             2.0.0 or newer"
        )
    );
}
