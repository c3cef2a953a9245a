//! The same case by plain revm, a flat map and alloy's trie: tells this chain's faults from revm's.

use super::{
    case::{Case, Verdict},
    fork::{self, ETHEREUM_CHAIN_ID},
    format::PreAccount,
};
use crate::keys::Key;
use alloy_primitives::{Address, B256, Log, U256, keccak256};
use alloy_trie::{
    TrieAccount,
    root::{state_root_unhashed, storage_root_unhashed},
};
use revm::{
    Context, ExecuteEvm as _, MainBuilder as _, MainContext as _,
    bytecode::Bytecode,
    context::{CfgEnv, TxEnv},
    context_interface::either::Either,
    database::{CacheDB, EmptyDB},
    primitives::hardfork::SpecId,
    state::{AccountInfo, EvmState},
};
use std::collections::BTreeMap;

impl Case<'_> {
    /// Runs the case by plain revm. Which refusal it was is not compared: revm has other names.
    pub fn run_plain(&self) -> Verdict {
        let Ok(spec) = fork::by_name(self.fork) else {
            return Verdict::Skipped("not a fork that runs here");
        };
        if self.test.transaction.max_fee_per_blob_gas.is_some() {
            return Verdict::Skipped("this chain has no blob transactions (EIP-4844)");
        }
        let (state, logs, refused) = match self.transact(spec) {
            Ok((state, logs)) => (state, logs, None),
            Err(reason) => (EvmState::default(), Vec::new(), Some(reason)),
        };
        let root = root_after(&self.test.pre, state);
        let logs_hash = keccak256(alloy_rlp::encode(&logs));
        match (refused, &self.post.expect_exception) {
            (Some(reason), None) => Verdict::Failed(format!("refused: {reason}")),
            (None, Some(expected)) => Verdict::Failed(format!("executed, expected {expected}")),
            _ if root != self.post.hash => Verdict::Failed(format!("state root {root}")),
            _ if logs_hash != self.post.logs => Verdict::Failed(format!("logs hash {logs_hash}")),
            _ => Verdict::Passed,
        }
    }

    fn transact(&self, spec: SpecId) -> Result<(EvmState, Vec<Log>), String> {
        let mut db = CacheDB::new(EmptyDB::default());
        for (address, account) in &self.test.pre {
            let code = Bytecode::new_raw_checked(account.code.clone())
                .map_err(|error| format!("{error:?}"))?;
            let info = AccountInfo::new(
                account.balance,
                account.nonce.saturating_to(),
                keccak256(&account.code),
                code,
            );
            db.insert_account_info(*address, info);
            for (slot, value) in &account.storage {
                let Ok(()) = db.insert_account_storage(*address, *slot, *value);
            }
        }
        let cfg =
            CfgEnv::new().with_chain_id(ETHEREUM_CHAIN_ID).with_spec_and_mainnet_gas_params(spec);
        let mut evm = Context::mainnet()
            .with_db(db)
            .with_block(self.block_env(spec))
            .with_cfg(cfg)
            .build_mainnet();
        let ran = evm.transact(self.plain_tx()?).map_err(|error| format!("{error:?}"))?;
        let success = ran.result.is_success();
        Ok((ran.state, if success { ran.result.into_logs() } else { Vec::new() }))
    }

    fn plain_tx(&self) -> Result<TxEnv, String> {
        let family = &self.test.transaction;
        let indexes = self.post.indexes;
        let price = family.max_fee_per_gas.or(family.gas_price).unwrap_or_default();
        let access_list = family
            .access_lists
            .as_ref()
            .and_then(|lists| lists.get(indexes.data).cloned().flatten());
        let tx_type = if family.authorization_list.is_some() {
            4
        } else if family.max_fee_per_gas.is_some() {
            2
        } else {
            u8::from(access_list.is_some())
        };
        let mut authorization_list = Vec::new();
        for authorization in family.authorization_list.iter().flatten() {
            authorization_list
                .push(Either::Left(super::sign::signed_authorization(authorization)?));
        }
        Ok(TxEnv {
            tx_type,
            caller: family.sender.unwrap_or_else(|| Key::new(family.secret_key).address()),
            gas_limit: narrow(family.gas_limit.get(indexes.gas).copied())?,
            gas_price: u128::try_from(price).map_err(|_| "gas price above 128 bits")?,
            kind: family.to,
            value: family.value.get(indexes.value).and_then(|value| value.0).ok_or("no value")?,
            data: family.data.get(indexes.data).cloned().ok_or("no data")?,
            nonce: narrow(Some(family.nonce))?,
            chain_id: Some(ETHEREUM_CHAIN_ID),
            access_list: access_list.unwrap_or_default(),
            gas_priority_fee: family.max_priority_fee_per_gas.map(|fee| fee.saturating_to()),
            authorization_list,
            ..TxEnv::default()
        })
    }
}

fn narrow(number: Option<U256>) -> Result<u64, String> {
    let number = number.ok_or("no such place in a list")?;
    u64::try_from(number).map_err(|_| "a number above 64 bits".into())
}

/// The root of `pre` with revm's changes, by Ethereum's rules since EIP-161.
fn root_after(pre: &BTreeMap<Address, PreAccount>, changes: EvmState) -> B256 {
    let mut accounts: BTreeMap<Address, (u64, U256, B256, BTreeMap<U256, U256>)> = pre
        .iter()
        .map(|(address, account)| {
            let nonce = account.nonce.saturating_to();
            let code_hash = keccak256(&account.code);
            (*address, (nonce, account.balance, code_hash, account.storage.clone()))
        })
        .collect();
    for (address, account) in changes {
        if !account.is_touched() {
            continue;
        }
        let old = accounts.remove(&address);
        if account.is_selfdestructed() || account.is_empty() {
            continue;
        }
        let mut slots = match old {
            Some((.., slots)) if !account.is_created() => slots,
            _ => BTreeMap::new(),
        };
        slots.extend(account.storage.iter().map(|(slot, value)| (*slot, value.present_value())));
        let info = account.info;
        accounts.insert(address, (info.nonce, info.balance, info.code_hash, slots));
    }
    state_root_unhashed(accounts.into_iter().map(
        |(address, (nonce, balance, code_hash, slots))| {
            let slots = slots.into_iter().filter(|(_, value)| !value.is_zero());
            let slots = slots.map(|(slot, value)| (B256::from(slot), value));
            let storage_root = storage_root_unhashed(slots);
            (address, TrieAccount { nonce, balance, storage_root, code_hash })
        },
    ))
}
