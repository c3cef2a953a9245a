//! `bttd create-validator`: the transaction that makes this node's key a validator, signed by its operator's key
//! on this machine and sent from anywhere.

use crate::{keys, storage::Store};
use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_primitives::{B256, Bytes, Signature, TxKind, U256};
use alloy_sol_types::SolCall as _;
use btt_genesis::ChainSpec;
use btt_runtime::{
    modules::staking::{IStaking, possession_digest},
    primitives::{
        addresses::STAKING,
        amount::{format_btt, parse_amount},
    },
    tx::Envelope,
};
use clap::Args;
use eyre::{Result, WrapErr as _, eyre};
use k256::{SecretKey, ecdsa::SigningKey};
use std::path::PathBuf;

/// More than the call takes; what is left returns.
const GAS_LIMIT: u64 = 1_500_000;
/// Without --max-fee the transaction pays up to so many times the least base fee.
const FEE_ROOM: u128 = 20;

/// Print the signed transaction that makes this node's key a validator.
#[derive(Debug, Args)]
pub(super) struct CreateValidator {
    /// Data folder; tells the chain, and holds the validator's key. The node may be running.
    #[arg(long, env = "BTT_DATADIR", value_name = "FOLDER")]
    datadir: PathBuf,
    /// Key of the account that operates the validator and pays: a V3 keystore, or 64 hexadecimal digits.
    #[arg(long, value_name = "FILE")]
    operator_key: PathBuf,
    /// What people call it, up to 64 bytes.
    #[arg(long)]
    name: String,
    /// Where people read of it.
    #[arg(long, default_value = "")]
    website: String,
    /// Its own stake, such as "1000 BTT".
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    self_stake: u128,
    /// Its part of delegators' rewards, in 1/10,000.
    #[arg(long, value_name = "BPS", default_value_t = 500)]
    commission_bps: u16,
    /// Never above this.
    #[arg(long, value_name = "BPS", default_value_t = 2_000)]
    max_commission_bps: u16,
    /// Rises by no more a day.
    #[arg(long, value_name = "BPS", default_value_t = 100)]
    max_commission_change_bps: u16,
    /// Transactions that the operator has sent before.
    #[arg(long, default_value_t = 0)]
    nonce: u64,
    /// Most that it pays for a gas, such as "50 gwei" [default: 20 times the chain's least base fee]
    #[arg(long, value_name = "AMOUNT", value_parser = parse_amount)]
    max_fee: Option<u128>,
    /// The validator's key file; default `keys/validator` in the data folder.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File whose first line is the password of whichever key is encrypted.
    #[arg(long, env = "BTT_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl CreateValidator {
    pub(super) fn run(self) -> Result<()> {
        let spec = Store::read_spec(&self.datadir)?;
        let file = self.key_file.clone();
        let file = file.unwrap_or_else(|| keys::validator_key_path(&self.datadir));
        let load = |file: &PathBuf| {
            keys::load(file, || keys::password(self.password_file.as_deref(), file))
        };
        let (validator, operator) = (load(&file)?, load(&self.operator_key)?);
        let raw = self.signed(&spec, &validator, &operator)?;
        eprintln!("chain      {} (id {})", spec.name, spec.chain_id);
        eprintln!("operator   {}, transaction {}", keys::address_of(&operator), self.nonce);
        eprintln!("self stake {}", format_btt(U256::from(self.self_stake)));
        eprintln!("next       send it from anywhere: btt rpc eth_sendRawTransaction TRANSACTION");
        println!("{raw}");
        Ok(())
    }

    fn signed(
        &self,
        spec: &ChainSpec,
        validator: &SecretKey,
        operator: &SecretKey,
    ) -> Result<Bytes> {
        if self.commission_bps > self.max_commission_bps || self.max_commission_bps > 10_000 {
            return Err(eyre!(
                "the commission, {} of 10,000, is above its own limit, {} of 10,000",
                self.commission_bps,
                self.max_commission_bps
            ));
        }
        let digest = possession_digest(spec.chain_id, keys::address_of(operator));
        let possession = keys::sign_digest(&SigningKey::from(validator), digest);
        let call = IStaking::createValidatorCall {
            publicKey: Bytes::copy_from_slice(keys::public_key_of(validator).as_slice()),
            possession: Bytes::copy_from_slice(possession.as_slice()),
            name: self.name.clone(),
            website: self.website.clone(),
            commissionBps: self.commission_bps,
            maxCommissionBps: self.max_commission_bps,
            maxCommissionChangeBps: self.max_commission_change_bps,
        };
        let floor_wei = u128::from(spec.params.min_base_fee_wei);
        let max_fee_wei = self.max_fee.unwrap_or(floor_wei.saturating_mul(FEE_ROOM));
        let tx = TxEip1559 {
            chain_id: spec.chain_id,
            nonce: self.nonce,
            gas_limit: GAS_LIMIT,
            max_fee_per_gas: max_fee_wei,
            max_priority_fee_per_gas: floor_wei.min(max_fee_wei),
            to: TxKind::Call(STAKING),
            value: U256::from(self.self_stake),
            access_list: Default::default(),
            input: call.abi_encode().into(),
        };
        let hash: B256 = tx.signature_hash();
        let signature = keys::sign_digest(&SigningKey::from(operator), hash);
        let signature = Signature::from_raw(signature.as_slice()).wrap_err("signing failed")?;
        Ok(Envelope::from(tx.into_signed(signature)).encoded_2718().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        storage::History,
        testing::{block, dev_chain},
    };
    use btt_genesis::dev_accounts;
    use btt_runtime::{primitives::WEI_PER_BTT, tx::Transaction};
    use std::sync::Arc;

    fn options() -> CreateValidator {
        CreateValidator {
            datadir: PathBuf::new(),
            operator_key: PathBuf::new(),
            name: "newcomer".to_owned(),
            website: String::new(),
            self_stake: 5_000 * WEI_PER_BTT,
            commission_bps: 500,
            max_commission_bps: 2_000,
            max_commission_change_bps: 100,
            nonce: 0,
            max_fee: None,
            key_file: None,
            password_file: None,
        }
    }

    #[test]
    fn the_transaction_makes_a_validator() {
        let folder = tempfile::tempdir().unwrap();
        let chain = dev_chain(folder.path(), History::Archive);
        let operator = SecretKey::from_slice(dev_accounts()[4].secret_key.as_slice()).unwrap();
        let validator = SecretKey::from_slice(&[9; 32]).unwrap();
        let raw = options().signed(chain.spec(), &validator, &operator).unwrap();
        let tx = Transaction::decode(raw).unwrap().unwrap();
        assert_eq!(tx.sender(), dev_accounts()[4].address);
        // Panics unless it is included and succeeds.
        let hash = block(&chain, vec![Arc::new(tx)]);
        let number = chain.number_of(hash).unwrap().unwrap();
        let logs = chain.block(number).unwrap().unwrap().receipts[0].logs.clone();
        assert!(logs.iter().any(|log| log.address == STAKING));
    }

    #[test]
    fn a_commission_above_its_own_limit_is_not_signed() {
        let key = SecretKey::from_slice(&[9; 32]).unwrap();
        let spec = btt_genesis::Preset::Dev.spec(Vec::new());
        let greedy = CreateValidator { commission_bps: 2_001, ..options() };
        let error = greedy.signed(&spec, &key, &key).unwrap_err().to_string();
        assert!(error.contains("above its own limit"), "{error}");
    }
}
