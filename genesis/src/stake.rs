//! The stake that a chain begins with: what the staking module's account holds and stores in block 0.

use crate::{AllocAccount, ChainSpec, SpecError};
use alloy_primitives::{Address, U256};
use btt_runtime::{
    block::{BlockFacts, Header},
    config::Validator,
    modules::{
        ModuleError, OverlayHost,
        staking::{self, GenesisDelegation, GenesisValidator, IStaking},
    },
    primitives::{WEI_PER_BTT, addresses::STAKING},
    state::{MemoryStore, Overlay},
};
use serde::{Deserialize, Serialize};

/// A validator as a spec names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpecValidator {
    /// Compressed secp256k1 public key of its consensus key.
    pub public_key: alloy_primitives::FixedBytes<33>,
    /// Account that operates it.
    pub operator: Address,
    /// Its own stake in whole BTT, which is its voting power (rule A.8).
    pub power: u64,
    /// What people call it; at most 32 bytes.
    #[serde(default = "unnamed")]
    pub name: String,
    /// Part of the rewards that it keeps, in 1/10,000.
    #[serde(default = "five_percent")]
    pub commission_bps: u16,
    /// Most it may ever keep.
    #[serde(default = "twenty_percent")]
    pub max_commission_bps: u16,
    /// Most it may raise that in a day.
    #[serde(default = "one_percent")]
    pub max_commission_change_bps: u16,
}

fn unnamed() -> String {
    "validator".to_owned()
}

fn five_percent() -> u16 {
    500
}

fn twenty_percent() -> u16 {
    2_000
}

fn one_percent() -> u16 {
    100
}

impl SpecValidator {
    /// What it is in the set.
    pub(crate) fn member(&self) -> Validator {
        Validator { public_key: self.public_key, operator: self.operator, power: self.power }
    }
}

impl From<Validator> for SpecValidator {
    fn from(Validator { public_key, operator, power }: Validator) -> Self {
        Self {
            public_key,
            operator,
            power,
            name: unnamed(),
            commission_bps: five_percent(),
            max_commission_bps: twenty_percent(),
            max_commission_change_bps: one_percent(),
        }
    }
}

/// A delegation as a spec names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SpecDelegation {
    /// Who delegates.
    pub delegator: Address,
    /// Operator of the validator.
    pub validator: Address,
    /// Wei.
    #[serde(with = "crate::quantity")]
    pub amount: U256,
}

/// The staking module's account in block 0: the stake of all validators and delegations, and its records.
///
/// # Errors
/// What the module says of a validator or a delegation that it refuses.
pub(crate) fn account(spec: &ChainSpec) -> Result<AllocAccount, SpecError> {
    let wei_of = |power: u64| u128::from(power) * WEI_PER_BTT;
    let validators: Vec<_> = spec
        .validators
        .iter()
        .map(|v| GenesisValidator {
            operator: v.operator,
            public_key: v.public_key,
            name: v.name.clone(),
            self_stake_wei: wei_of(v.power),
            commission_bps: v.commission_bps,
            max_commission_bps: v.max_commission_bps,
            max_commission_change_bps: v.max_commission_change_bps,
        })
        .collect();
    let delegations: Vec<_> = spec
        .delegations
        .iter()
        .map(|d| GenesisDelegation {
            delegator: d.delegator,
            validator: d.validator,
            wei: d.amount.saturating_to(),
        })
        .collect();
    let sum = validators.iter().map(|v| v.self_stake_wei).chain(delegations.iter().map(|d| d.wei));
    let balance = sum.fold(U256::ZERO, |sum, wei| sum.saturating_add(U256::from(wei)));
    let header = Header {
        timestamp: spec.genesis_time_ms / 1000,
        extra_data: spec.genesis_time_ms.to_be_bytes().to_vec().into(),
        ..Header::default()
    };
    let facts = BlockFacts::of(&spec.config(), &header);
    let mut overlay = Overlay::new(MemoryStore::default());
    let stored = overlay.credit(STAKING, balance);
    stored.map_err(|error| SpecError::Sink(error.to_string()))?;
    let mut host = OverlayHost::new(&mut overlay, &facts);
    staking::init(&mut host, &validators, &delegations).map_err(refused)?;
    let changes = overlay.into_changes();
    let slots = changes.accounts.get(&STAKING).map(|account| account.slots.iter());
    let storage = slots.into_iter().flatten().map(|(slot, change)| (*slot, change.after)).collect();
    Ok(AllocAccount { balance, storage, ..AllocAccount::default() })
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
fn refused(error: ModuleError) -> SpecError {
    use alloy_sol_types::SolInterface as _;
    let reason = match &error {
        ModuleError::Revert(data) => match IStaking::IStakingErrors::abi_decode(data) {
            Ok(revert) => format!("{revert:?}"),
            Err(_) => data.to_string(),
        },
        other => format!("{other:?}"),
    };
    SpecError::field("validators or delegations", reason)
}
