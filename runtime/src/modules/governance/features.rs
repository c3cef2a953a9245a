//! Features: a vote turns one on, validators' blocks say that their nodes know it, and once more than two
//! thirds of the power do, its first block is fixed. A node that lacks it does not execute that block.

use super::{
    IGovernance, emit,
    state::{Feature, FeatureList, Head, Ready, broken},
};
use crate::{
    features::id,
    modules::{
        Host, ModuleError, params,
        staking::{Epoch, epochs, params::EPOCH_BLOCKS},
    },
};
use std::{collections::BTreeSet, sync::Arc};

/// Most features whose first block has not come: every block looks at each of them.
pub(super) const MAX_WAITING: u8 = 8;

/// A feature that is, or becomes, a rule of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveFeature {
    /// Its name.
    pub name: String,
    /// Version of the node that knows it.
    pub min_version: String,
    /// First block under its rules.
    pub block: u64,
}

/// The first block under a feature's rules: the beginning of the epoch after the next one, so that at
/// least one whole epoch lies before it. An epoch whose length is changed meanwhile does not move it.
fn activation_block(epoch: &Epoch, epoch_blocks: u64) -> u64 {
    epoch.first_block.saturating_add(epoch_blocks.saturating_mul(2))
}

/// Turns a feature on.
pub(super) fn add(
    host: &mut dyn Host,
    name: String,
    min_version: String,
) -> Result<(), ModuleError> {
    FeatureList::push(host, name, min_version)?;
    let mut head = Head::load(host)?;
    head.features = head.features.saturating_add(1);
    head.save(host)
}

/// Hears what the block's proposer signals, and schedules features that are ready. At most
/// [`MAX_WAITING`] times the validators of a set are looked at.
pub(super) fn listen(host: &mut dyn Host) -> Result<(), ModuleError> {
    let Some(current) = epochs::current(host)? else { return Ok(()) };
    let number = host.block().number;
    let is_new_set = current.first_block > number;
    let of_block = match is_new_set {
        true => epochs::epoch(host, current.number.saturating_sub(1))?.unwrap_or(current),
        false => current,
    };
    let facts = Arc::clone(&host.block().consensus);
    let proposer = epochs::member(host, of_block.set_version, facts.proposer)?;
    let mut waiting = 0u8;
    for index in 0..FeatureList::len(host)? {
        let activation = Feature::activation_block(host, index)?;
        if activation != 0 && activation <= number {
            continue;
        }
        let mut feature = Feature::load(host, index)?;
        let mut is_risen = is_new_set;
        if let Some(proposer) = &proposer {
            let signals = facts.signals.contains(&id(&feature.name));
            let before = Ready::epoch(host, index, proposer.operator)?;
            let now = signals.then_some(of_block.number);
            if before != now {
                Ready::set(host, index, proposer.operator, now)?;
            }
            is_risen |= signals && before.is_none();
        }
        if activation == 0 && is_risen {
            schedule(host, &current, &mut feature)?;
        }
        waiting = waiting.saturating_add(1);
    }
    let mut head = Head::load(host)?;
    if head.features != waiting {
        head.features = waiting;
        head.save(host)?;
    }
    Ok(())
}

fn schedule(
    host: &mut dyn Host,
    current: &Epoch,
    feature: &mut Feature,
) -> Result<(), ModuleError> {
    let (ready, total) = power(host, current, feature.index)?;
    if u128::from(ready).saturating_mul(3) <= u128::from(total).saturating_mul(2) {
        return Ok(());
    }
    let epoch_blocks = params::narrow(host, &EPOCH_BLOCKS)?;
    feature.activation_block = activation_block(current, epoch_blocks);
    feature.save(host)?;
    let (name, block) = (feature.name.clone(), feature.activation_block);
    emit(host, &IGovernance::FeatureScheduled { name, activationBlock: block })
}

/// Power of the epoch's validators that are ready for a feature, and of all.
fn power(host: &mut dyn Host, epoch: &Epoch, feature: u64) -> Result<(u64, u64), ModuleError> {
    let (mut ready, mut total) = (0u64, 0u64);
    for member in epochs::set(host, epoch.set_version)? {
        total = total.saturating_add(member.power);
        if Ready::epoch(host, feature, member.operator)?.is_some() {
            ready = ready.saturating_add(member.power);
        }
    }
    Ok((ready, total))
}

/// All features with the power that is ready for them.
pub(super) fn list(host: &mut dyn Host) -> Result<Vec<IGovernance::Feature>, ModuleError> {
    let epoch = epochs::current(host)?.ok_or_else(|| broken("there is no epoch"))?;
    let mut listed = Vec::new();
    for feature in FeatureList::all(host)? {
        let (ready, total) = power(host, &epoch, feature.index)?;
        listed.push(IGovernance::Feature {
            name: feature.name,
            minVersion: feature.min_version,
            readyPower: ready,
            totalPower: total,
            activationBlock: feature.activation_block,
        });
    }
    Ok(listed)
}

/// The first block under a feature's rules; `None` where that is not fixed. What asks by a feature's name
/// compares it with the block under way.
///
/// # Errors
/// Only of the store.
pub fn feature_activation(host: &mut dyn Host, name: &str) -> Result<Option<u64>, ModuleError> {
    let found = FeatureList::all(host)?.into_iter().find(|feature| feature.name == name);
    Ok(found.map(|feature| feature.activation_block).filter(|block| *block > 0))
}

/// A feature among the rules of block `next_block` that is not among those `known`.
///
/// # Errors
/// Only of the store.
pub fn unknown_feature_at(
    host: &mut dyn Host,
    known: &BTreeSet<String>,
    next_block: u64,
) -> Result<Option<ActiveFeature>, ModuleError> {
    for index in 0..FeatureList::len(host)? {
        let block = Feature::activation_block(host, index)?;
        if block == 0 || block > next_block {
            continue;
        }
        let Feature { name, min_version, .. } = Feature::load(host, index)?;
        if !known.contains(&name) {
            return Ok(Some(ActiveFeature { name, min_version, block }));
        }
    }
    Ok(None)
}
