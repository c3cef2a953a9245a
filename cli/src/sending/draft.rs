//! A transaction before it is signed: what the node says it needs, and whether there is money for it.

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{TransactionInput, TransactionReceipt, TransactionRequest};
use btt_api::keystore::SecretKey;
use btt_runtime::primitives::amount::format_btt;
use btt_runtime::primitives::limits::TX_GAS_LIMIT_CAP;

use super::envelope::{Fees, SignedTransaction, Unsigned};
use crate::error::{CliError, Code};
use crate::render::{Fields, grouped};
use crate::revert;
use crate::rpc::{CallTrace, Rpc, RpcError};

/// Gas of a transfer to an account without code; needs no margin.
const TRANSFER_GAS: u64 = 21_000;

/// What the user wants.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Receiver, or a creation.
    pub to: TxKind,
    /// Amount, in wei.
    pub value: U256,
    /// Call data or init code.
    pub input: Bytes,
    /// Instead of the estimate.
    pub gas_limit: Option<u64>,
    /// Makes it a legacy transaction, in wei per gas.
    pub gas_price: Option<u128>,
    /// Instead of the node's advice, in wei per gas.
    pub tip: Option<u128>,
    /// Instead of the next one.
    pub nonce: Option<u64>,
    /// What it will do, where the wallet knows; shown in place of receiver and call data.
    pub effect: Option<Fields>,
}

impl Intent {
    /// A transfer with everything else left to the node.
    pub fn transfer(to: Address, value: U256) -> Self {
        Self {
            to: TxKind::Call(to),
            value,
            input: Bytes::new(),
            gas_limit: None,
            gas_price: None,
            tip: None,
            nonce: None,
            effect: None,
        }
    }

    /// A call whose effect is known.
    pub fn call(to: Address, value: U256, input: Bytes, effect: Fields) -> Self {
        Self { input, effect: Some(effect), ..Self::transfer(to, value) }
    }
}

/// A complete transaction, unsigned, with what is known of its cost.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Who sends it.
    pub from: Address,
    /// What is signed.
    pub unsigned: Unsigned,
    /// What the sender owns, in wei.
    pub balance: U256,
    /// The fee to expect, in wei.
    pub expected_fee: U256,
    /// What it will do, where the wallet knows.
    pub effect: Option<Fields>,
}

impl Draft {
    /// Asks the node for all that `intent` leaves open.
    ///
    /// # Errors
    /// [`Code::Reverted`] where the estimate already fails, [`Code::InsufficientFunds`] where the
    /// amount alone is more than the balance, and whatever [`RpcError`] becomes.
    pub async fn prepare(rpc: &Rpc, from: Address, intent: Intent) -> Result<Self, CliError> {
        let nonce = async {
            match intent.nonce {
                Some(nonce) => Ok(nonce),
                None => rpc.next_nonce(from).await,
            }
        };
        let (chain_id, nonce, balance, head) = tokio::try_join!(
            rpc.chain_id(),
            nonce,
            rpc.balance(from, BlockId::latest()),
            rpc.known_block(BlockId::latest()),
        )?;
        // The node would say so when it estimates, but in wei and without saying what to do.
        check_balance(from, balance, intent.value)?;
        let base_fee = u128::from(head.header.base_fee_per_gas.unwrap_or_default());
        let fees = choose_fees(rpc, &intent, base_fee).await?;
        let estimate = match intent.gas_limit {
            Some(limit) => limit,
            None => rpc.estimate_gas(&request(from, &intent)).await?,
        };
        let gas_limit = intent.gas_limit.unwrap_or_else(|| with_margin(estimate));
        Ok(Self {
            from,
            balance,
            effect: intent.effect,
            expected_fee: U256::from(estimate) * U256::from(fees.at_base_fee(base_fee)),
            unsigned: Unsigned {
                chain_id,
                nonce,
                gas_limit,
                fees,
                to: intent.to,
                value: intent.value,
                input: intent.input,
            },
        })
    }

    /// The most the fee can be, in wei.
    pub fn highest_fee(&self) -> U256 {
        U256::from(self.unsigned.gas_limit) * U256::from(self.unsigned.fees.highest())
    }

    /// Whether the balance covers amount and highest fee.
    ///
    /// # Errors
    /// [`Code::InsufficientFunds`].
    pub fn check_funds(&self) -> Result<(), CliError> {
        let fee = self.highest_fee();
        match self.unsigned.value.checked_add(fee) {
            Some(needed) if needed <= self.balance => Ok(()),
            _ => Err(too_little(self.from, self.balance, self.unsigned.value, Some(fee))),
        }
    }

    /// What the user is asked to agree to.
    pub fn summary(&self, label: Option<&str>) -> String {
        let from = match label {
            Some(label) => format!("{label} ({})", self.from),
            None => self.from.to_string(),
        };
        let Unsigned { to, value, input, .. } = &self.unsigned;
        let fee = format!(
            "about {}, at most {}",
            format_btt(self.expected_fee),
            format_btt(self.highest_fee())
        );
        let after = self.balance.saturating_sub(*value).saturating_sub(self.expected_fee);
        let (receiver, data) = match to {
            TxKind::Call(to) => (to.to_string(), "call data"),
            TxKind::Create => ("a new contract".to_owned(), "bytecode"),
        };
        let what = match &self.effect {
            Some(effect) => {
                let paid = (!value.is_zero()).then(|| format_btt(*value));
                Fields::new().line("from", from).and(effect.clone()).maybe("pays", paid)
            }
            None => Fields::new()
                .line("from", from)
                .line("to", receiver)
                .line("amount", format_btt(*value))
                .maybe(
                    data,
                    (!input.is_empty()).then(|| format!("{} bytes", grouped(input.len() as u64))),
                ),
        };
        what.line("fee", fee).line("balance after", format!("about {}", format_btt(after))).render()
    }

    /// Signs it.
    pub fn sign(&self, key: &SecretKey) -> SignedTransaction {
        self.unsigned.sign(key)
    }

    /// Why the included transaction reverted; receipts hold no reason. The node's replay knows it. Where there is
    /// none, the same call on the state before its block is asked: what the block does before the transaction, by
    /// itself or by others, may have made the difference; then the call does not revert here, and this says so.
    pub async fn revert_reason(&self, rpc: &Rpc, receipt: &TransactionReceipt) -> String {
        let gas_limit = self.unsigned.gas_limit;
        if receipt.gas_used >= gas_limit {
            return format!("out of gas (limit {gas_limit})");
        }
        match rpc.trace(receipt.transaction_hash).await {
            Ok(CallTrace { error: Some(error), output }) => match output {
                Some(data) => revert::reason(&data),
                None => error,
            },
            _ => self.reason_before(rpc, receipt).await,
        }
    }

    async fn reason_before(&self, rpc: &Rpc, receipt: &TransactionReceipt) -> String {
        let before = BlockId::number(receipt.block_number.unwrap_or_default().saturating_sub(1));
        let Unsigned { to, value, input, gas_limit, .. } = self.unsigned.clone();
        let call = TransactionRequest {
            from: Some(self.from),
            to: Some(to),
            value: Some(value),
            gas: Some(gas_limit),
            input: TransactionInput::new(input),
            ..Default::default()
        };
        match rpc.call(&call, before).await {
            Err(error) => match error.revert_data() {
                Some(data) => revert::reason(data),
                None => error.to_string(),
            },
            Ok(_) => "no reason to be found: on the state before its block the call succeeds, and \
                      the node tells no trace of it"
                .to_owned(),
        }
    }
}

fn request(from: Address, intent: &Intent) -> TransactionRequest {
    TransactionRequest {
        from: Some(from),
        to: Some(intent.to),
        value: Some(intent.value),
        input: TransactionInput::new(intent.input.clone()),
        ..Default::default()
    }
}

/// A contract's state may change before the transaction runs: a fifth more than the estimate.
fn with_margin(estimate: u64) -> u64 {
    if estimate <= TRANSFER_GAS {
        return estimate;
    }
    estimate.saturating_add(estimate / 5).min(TX_GAS_LIMIT_CAP.max(estimate))
}

/// Twice the base fee and the tip: enough for six full blocks of rising base fee.
async fn choose_fees(rpc: &Rpc, intent: &Intent, base_fee: u128) -> Result<Fees, RpcError> {
    if let Some(gas_price) = intent.gas_price {
        return Ok(Fees::Legacy { gas_price });
    }
    let tip = match intent.tip {
        Some(tip) => tip,
        None => rpc.advised_tip().await?,
    };
    Ok(Fees::Dynamic { max_fee: base_fee.saturating_mul(2).saturating_add(tip), tip })
}

/// That a balance covers an amount, fees aside.
///
/// # Errors
/// [`Code::InsufficientFunds`].
pub fn check_balance(from: Address, balance: U256, value: U256) -> Result<(), CliError> {
    match balance < value {
        true => Err(too_little(from, balance, value, None)),
        false => Ok(()),
    }
}

fn too_little(from: Address, balance: U256, value: U256, fee: Option<U256>) -> CliError {
    let needed = match fee {
        None => format_btt(value),
        Some(fee) if value.is_zero() => format!("up to {} of fee", format_btt(fee)),
        Some(fee) => format!("{} and up to {} of fee", format_btt(value), format_btt(fee)),
    };
    CliError::new(
        Code::InsufficientFunds,
        format!("insufficient funds: {from} has {}, this needs {needed}", format_btt(balance)),
    )
    .hint("Send less, or get more; on a dev chain: btt faucet ADDRESS")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    const BTT: u128 = 1_000_000_000_000_000_000;

    fn draft(value: U256, balance: U256) -> Draft {
        Draft {
            from: Address::repeat_byte(1),
            unsigned: Unsigned {
                chain_id: 990_003,
                nonce: 0,
                gas_limit: 21_000,
                fees: Fees::Dynamic { max_fee: 2_000_000_000, tip: 0 },
                to: TxKind::Call(Address::repeat_byte(2)),
                value,
                input: Bytes::new(),
            },
            balance,
            expected_fee: U256::from(21_000_000_000_000u64),
            effect: None,
        }
    }

    #[test]
    fn amount_and_highest_fee_must_both_be_covered() {
        let balance = U256::from(BTT);
        let fee = draft(U256::ZERO, balance).highest_fee();
        assert_eq!(draft(balance - fee, balance).check_funds(), Ok(()));
        let error = draft(balance - fee + U256::from(1), balance).check_funds().unwrap_err();
        assert_eq!(error.code, Code::InsufficientFunds);
        let overflowing = draft(U256::MAX, U256::MAX).check_funds().unwrap_err();
        assert_eq!(overflowing.code, Code::InsufficientFunds);
    }

    #[test]
    fn the_summary_shows_who_what_and_the_fee_in_btt() {
        let draft =
            draft(U256::from(BTT) * U256::from(3) / U256::from(2), U256::from(BTT * 10_000));
        assert_golden("send-summary.txt", &draft.summary(Some("alice")));
        let creation = Draft {
            unsigned: Unsigned {
                to: TxKind::Create,
                input: vec![0; 1200].into(),
                ..draft.unsigned.clone()
            },
            ..draft
        };
        assert_golden("send-summary-creation.txt", &creation.summary(None));
    }

    #[test]
    fn a_known_effect_stands_in_place_of_call_data() {
        let effect = Fields::new().line("validator", "alpha").line("unlocks", "in 21 d");
        let mut draft = draft(U256::ZERO, U256::from(BTT * 10_000));
        draft.unsigned.input = vec![0; 100].into();
        draft.effect = Some(effect);
        assert_golden("send-summary-effect.txt", &draft.summary(Some("alice")));
    }

    #[test]
    fn only_contract_calls_get_a_margin_and_never_beyond_the_cap() {
        assert_eq!(with_margin(21_000), 21_000);
        assert_eq!(with_margin(100_000), 120_000);
        assert_eq!(with_margin(TX_GAS_LIMIT_CAP - 1), TX_GAS_LIMIT_CAP);
    }
}
