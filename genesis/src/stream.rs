//! Reads a spec of any size in one pass: accounts go to a sink as they come, nothing is collected.

use crate::{AllocAccount, ChainSpec, SpecError, dev, predeploys, stake};
use alloy_primitives::{Address, U256};
use btt_runtime::primitives::{SUPPLY_WEI, addresses::STAKING};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use std::{collections::BTreeMap, io::Read};

/// Takes a genesis state, account by account, in any order.
pub trait AccountSink {
    /// Stores one account.
    ///
    /// # Errors
    /// Any reason why it cannot; it ends up in [`SpecError::Sink`]. An account that was there before is
    /// [`SpecError::Duplicate`], which the sink finds, because only it knows all.
    fn account(&mut self, address: Address, account: AllocAccount) -> Result<(), SpecError>;
}

impl<F: FnMut(Address, AllocAccount) -> Result<(), SpecError>> AccountSink for F {
    fn account(&mut self, address: Address, account: AllocAccount) -> Result<(), SpecError> {
        self(address, account)
    }
}

/// What went to the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Accounts.
    pub accounts: u64,
    /// Wei they hold.
    pub balance_wei: U256,
    /// Whether one of them is of the public test mnemonic.
    pub has_test_keys: bool,
}

/// Reads and checks a spec; its accounts, with the predeployed ones and the remainder, go to `sink`.
///
/// # Errors
/// The first wrong field. What the sink took until then is of no use.
pub fn stream_spec(
    json: impl Read,
    sink: &mut impl AccountSink,
) -> Result<(ChainSpec, Totals), SpecError> {
    let mut counter = Counter::new(sink);
    let mut reader = serde_json::Deserializer::from_reader(json);
    let parsed = reader.deserialize_map(SpecVisitor(&mut counter));
    if let Some(error) = counter.failed.take() {
        return Err(error);
    }
    let spec = parsed.map_err(|error| SpecError::Json(error.to_string()))?;
    reader.end().map_err(|error| SpecError::Json(error.to_string()))?;
    finish(spec, counter)
}

impl ChainSpec {
    /// Hands the accounts of a spec in memory to `sink`, as [`stream_spec`] does for a file.
    pub fn stream(mut self, sink: &mut impl AccountSink) -> Result<(ChainSpec, Totals), SpecError> {
        let mut counter = Counter::new(sink);
        for (address, account) in std::mem::take(&mut self.alloc) {
            counter.take(address, account)?;
        }
        finish(self, counter)
    }
}

fn finish<S: AccountSink>(
    spec: ChainSpec,
    mut counter: Counter<'_, S>,
) -> Result<(ChainSpec, Totals), SpecError> {
    spec.validate()?;
    if counter.totals.has_test_keys && !spec.allows_test_keys() {
        return Err(SpecError::field(
            "alloc",
            "holds accounts of the public test mnemonic, whose keys everybody has",
        ));
    }
    // An exported state brings its stake with it.
    if counter.missing.contains_key(&STAKING) {
        counter.take(STAKING, stake::account(&spec)?)?;
    } else if !counter.has_stake {
        return Err(SpecError::field(
            format!("alloc.{STAKING}"),
            "follows from validators and delegations; leave it out",
        ));
    }
    let left = U256::from(SUPPLY_WEI).checked_sub(counter.totals.balance_wei);
    match (left, spec.remainder_to) {
        (Some(left), Some(holder)) => {
            let account = AllocAccount { balance: left, ..AllocAccount::default() };
            counter.take(holder, account)?;
        }
        (Some(left), None) if left.is_zero() => {}
        _ => {
            return Err(SpecError::Supply {
                have_wei: counter.totals.balance_wei.to_string(),
                want_wei: SUPPLY_WEI,
            });
        }
    }
    for (address, account) in std::mem::take(&mut counter.missing) {
        counter.account(address, account)?;
    }
    Ok((spec, counter.totals))
}

/// Counts what passes to the sink.
struct Counter<'s, S> {
    sink: &'s mut S,
    totals: Totals,
    /// Predeployed accounts that the spec has not named.
    missing: BTreeMap<Address, AllocAccount>,
    /// Whether the spec brings the staking module's records.
    has_stake: bool,
    failed: Option<SpecError>,
}

impl<'s, S: AccountSink> Counter<'s, S> {
    fn new(sink: &'s mut S) -> Self {
        Self {
            sink,
            totals: Totals::default(),
            missing: predeploys::all(),
            has_stake: false,
            failed: None,
        }
    }

    fn take(&mut self, address: Address, mut account: AllocAccount) -> Result<(), SpecError> {
        self.has_stake |= address == STAKING && !account.storage.is_empty();
        if let Some(predeployed) = self.missing.remove(&address) {
            account.nonce = account.nonce.max(predeployed.nonce);
            if account.code.is_empty() {
                account.code = predeployed.code;
            } else if account.code != predeployed.code {
                return Err(SpecError::field(
                    format!("alloc.{address}.code"),
                    "is fixed for this account; leave it out",
                ));
            }
        }
        self.account(address, account)
    }
}

impl<S: AccountSink> AccountSink for Counter<'_, S> {
    fn account(&mut self, address: Address, account: AllocAccount) -> Result<(), SpecError> {
        let balance_wei = self.totals.balance_wei.checked_add(account.balance);
        self.totals.balance_wei = balance_wei.ok_or_else(|| SpecError::Supply {
            have_wei: "more than 2^256".into(),
            want_wei: SUPPLY_WEI,
        })?;
        self.totals.accounts += 1;
        self.totals.has_test_keys |= dev::is_test_account(&address);
        self.sink.account(address, account)
    }
}

/// Reads the spec field by field, each at most once, as serde does where nothing is streamed.
struct SpecVisitor<'c, 's, S>(&'c mut Counter<'s, S>);

/// Names of a spec's fields.
const FIELDS: &[&str] = &[
    "name",
    "chainId",
    "fork",
    "genesisTimeMs",
    "params",
    "validators",
    "delegations",
    "remainderTo",
    "alloc",
];

impl<'de, S: AccountSink> Visitor<'de> for SpecVisitor<'_, '_, S> {
    type Value = ChainSpec;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a chain spec")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ChainSpec, M::Error> {
        let (mut name, mut chain_id, mut fork, mut params) = (None, None, None, None);
        let (mut genesis_time_ms, mut validators, mut remainder_to) = (None, None, None);
        let (mut delegations, mut alloc) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let is_twice = match key.as_str() {
                "name" => name.replace(map.next_value()?).is_some(),
                "chainId" => chain_id.replace(map.next_value()?).is_some(),
                "fork" => fork.replace(map.next_value()?).is_some(),
                "genesisTimeMs" => genesis_time_ms.replace(map.next_value()?).is_some(),
                "params" => params.replace(map.next_value()?).is_some(),
                "validators" => validators.replace(map.next_value()?).is_some(),
                "delegations" => delegations.replace(map.next_value()?).is_some(),
                "remainderTo" => remainder_to.replace(map.next_value()?).is_some(),
                "alloc" => alloc.replace(map.next_value_seed(AllocSeed(&mut *self.0))?).is_some(),
                _ => return Err(M::Error::unknown_field(&key, FIELDS)),
            };
            if is_twice {
                return Err(M::Error::custom(format!("duplicate field `{key}`")));
            }
        }
        let missing = M::Error::missing_field;
        Ok(ChainSpec {
            name: name.ok_or_else(|| missing("name"))?,
            chain_id: chain_id.ok_or_else(|| missing("chainId"))?,
            fork: fork.ok_or_else(|| missing("fork"))?,
            genesis_time_ms: genesis_time_ms.unwrap_or_default(),
            params: params.ok_or_else(|| missing("params"))?,
            validators: validators.unwrap_or_default(),
            delegations: delegations.unwrap_or_default(),
            remainder_to: remainder_to.unwrap_or_default(),
            alloc: BTreeMap::new(),
        })
    }
}

struct AllocSeed<'c, 's, S>(&'c mut Counter<'s, S>);

impl<'de, S: AccountSink> DeserializeSeed<'de> for AllocSeed<'_, '_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, S: AccountSink> Visitor<'de> for AllocSeed<'_, '_, S> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("accounts by address")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some((address, account)) = map.next_entry::<Address, AllocAccount>()? {
            if let Err(error) = self.0.take(address, account) {
                let text = error.to_string();
                self.0.failed = Some(error);
                return Err(M::Error::custom(text));
            }
        }
        Ok(())
    }
}
