//! The chain spec: the JSON file that says what a chain is.

use crate::{SpecDelegation, SpecError, SpecValidator, dev::is_test_account, quantity};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use btt_runtime::{
    block::consensus_address,
    config::{ChainConfig, Fork, ParamDefaults, Validator},
    modules::{governance, params::registry},
    primitives::{
        DEV_CHAIN_ID, LOCALNET_CHAIN_ID, WEI_PER_BTT,
        limits::{MAX_VALIDATORS, TX_GAS_LIMIT_CAP},
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Chain ids that wallets know as other chains.
const TAKEN_CHAIN_IDS: [u64; 6] = [1, 199, 1028, 1029, 1337, 31337];
/// Longest chain name, in bytes.
const MAX_NAME_BYTES: usize = 32;

/// Everything of a chain spec but its accounts, which are streamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChainSpec {
    /// Name of the chain; lower case, also its folder's name.
    pub name: String,
    /// EIP-155 id.
    pub chain_id: u64,
    /// Ethereum rules.
    pub fork: Fork,
    /// Time of the genesis block in ms since 1970.
    #[serde(default)]
    pub genesis_time_ms: u64,
    /// Chain parameters until governance changes them.
    pub params: ParamDefaults,
    /// Validators of the first blocks; their stakes are part of the supply, beside `alloc`.
    #[serde(default)]
    pub validators: Vec<SpecValidator>,
    /// Stake of others behind them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<SpecDelegation>,
    /// Who holds what `alloc` leaves of the supply. Without it `alloc` must hold all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remainder_to: Option<Address>,
    /// Accounts. Empty after [`crate::stream_spec`], which hands them to a sink.
    #[serde(default)]
    pub alloc: BTreeMap<Address, AllocAccount>,
}

/// One account of a spec.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllocAccount {
    /// Wei.
    #[serde(with = "quantity", default)]
    pub balance: U256,
    /// Transactions sent.
    #[serde(
        deserialize_with = "quantity::small::deserialize",
        default,
        skip_serializing_if = "is_zero"
    )]
    pub nonce: u64,
    /// Code.
    #[serde(default, skip_serializing_if = "no_code")]
    pub code: Bytes,
    /// Slots.
    #[serde(
        deserialize_with = "quantity::slots",
        default,
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub storage: BTreeMap<U256, U256>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(nonce: &u64) -> bool {
    *nonce == 0
}

fn no_code(code: &Bytes) -> bool {
    code.is_empty()
}

impl ChainSpec {
    /// Reads a spec with all its accounts.
    pub fn from_json(json: &str) -> Result<Self, SpecError> {
        serde_json::from_str(json).map_err(|error| SpecError::Json(error.to_string()))
    }

    /// The spec as a JSON file.
    pub fn to_json(&self) -> Result<String, SpecError> {
        serde_json::to_string_pretty(self).map_err(|error| SpecError::Json(error.to_string()))
    }

    /// What the runtime needs of it.
    pub fn config(&self) -> ChainConfig {
        let mut config = ChainConfig::new(self.chain_id, self.params, self.validators());
        config.fork = self.fork;
        if self.fork != Fork::Osaka {
            config.tx_gas_limit_cap = None;
        }
        config
    }

    /// The first set, in its order: by falling power, equal ones by operator.
    pub fn validators(&self) -> Vec<Validator> {
        let mut set: Vec<Validator> = self.validators.iter().map(SpecValidator::member).collect();
        for delegation in &self.delegations {
            // Powers of a spec that passed the checks: whole BTT of stake.
            let wei = delegation.amount.saturating_to::<u128>();
            let extra = u64::try_from(wei / WEI_PER_BTT).unwrap_or(u64::MAX);
            if let Some(v) = set.iter_mut().find(|v| v.operator == delegation.validator) {
                v.power = v.power.saturating_add(extra);
            }
        }
        set.sort_by_key(|v| (std::cmp::Reverse(v.power), v.operator));
        set
    }

    /// Whether the publicly known keys of the test mnemonic may hold coins here.
    pub fn allows_test_keys(&self) -> bool {
        matches!(self.chain_id, DEV_CHAIN_ID | LOCALNET_CHAIN_ID)
            || !matches!(self.chain_id, 990_000..=990_009)
    }

    /// keccak256 of everything that execution depends on; the genesis block carries it as its mix, so
    /// that two chains with different rules never share a genesis hash.
    pub fn rules_hash(&self) -> Result<B256, SpecError> {
        let mut rules = self.clone();
        rules.alloc.clear();
        let json =
            serde_json::to_vec(&rules).map_err(|error| SpecError::Json(error.to_string()))?;
        Ok(keccak256(json))
    }

    /// Checks every field but the accounts.
    pub fn validate(&self) -> Result<(), SpecError> {
        let name_is_good = !self.name.is_empty()
            && self.name.len() <= MAX_NAME_BYTES
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !name_is_good {
            return Err(SpecError::field("name", "1 to 32 of a-z, 0-9 and -"));
        }
        if self.chain_id == 0 || TAKEN_CHAIN_IDS.contains(&self.chain_id) {
            return Err(SpecError::field(
                "chainId",
                format!("{} is another chain's id in wallets; take one of your own", self.chain_id),
            ));
        }
        for param in registry() {
            let value = (param.default)(&self.params);
            if !param.allows(U256::from(value)) {
                return Err(SpecError::field(
                    format!("params.{}", param.name),
                    format!("{value} {} is not in {} to {}", param.unit, param.min, param.max),
                ));
            }
        }
        let together =
            governance::check_together(|param| Ok::<_, SpecError>((param.default)(&self.params)));
        if let Err((name, reason)) = together? {
            return Err(SpecError::field(format!("params.{name}"), reason));
        }
        if self.params.block_gas_limit < TX_GAS_LIMIT_CAP {
            return Err(SpecError::field("params.blockGasLimit", "below one transaction's cap"));
        }
        self.validate_validators()
    }

    fn validate_validators(&self) -> Result<(), SpecError> {
        if self.validators.is_empty() {
            return Err(SpecError::field(
                "validators",
                "at least one is needed; add one with --validator PUBLIC_KEY:OPERATOR:POWER",
            ));
        }
        if self.validators.len() > MAX_VALIDATORS {
            return Err(SpecError::field("validators", format!("more than {MAX_VALIDATORS}")));
        }
        let mut total = 0u64;
        for (index, validator) in self.validators.iter().enumerate() {
            let field = |name: &str| format!("validators[{index}].{name}");
            if consensus_address(&validator.public_key).is_none() {
                return Err(SpecError::field(
                    field("publicKey"),
                    "not a compressed secp256k1 public key",
                ));
            }
            if !self.allows_test_keys() && is_test_account(&validator.operator) {
                let reason = "is of the public test mnemonic, whose keys everybody has";
                return Err(SpecError::field(field("operator"), reason));
            }
            let min_wei = self.params.staking.min_self_stake_wei;
            if u128::from(validator.power) * WEI_PER_BTT < min_wei {
                let reason = format!("the least self stake is {} BTT", min_wei / WEI_PER_BTT);
                return Err(SpecError::field(field("power"), reason));
            }
            if self.validators[..index].iter().any(|v| v.public_key == validator.public_key) {
                return Err(SpecError::field(field("publicKey"), "stands twice"));
            }
            if self.validators[..index].iter().any(|v| v.operator == validator.operator) {
                return Err(SpecError::field(field("operator"), "stands twice"));
            }
            total = total
                .checked_add(validator.power)
                .filter(|total| total.checked_mul(3).is_some())
                .ok_or_else(|| {
                    SpecError::field(field("power"), "three times the sum exceeds 64 bits")
                })?;
        }
        Ok(())
    }
}
