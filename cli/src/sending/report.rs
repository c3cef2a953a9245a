//! What `btt send` prints.

use std::time::Duration;

use alloy_primitives::{Address, B256, Log, TxKind, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use btt_runtime::primitives::amount::format_btt;
use serde::Serialize;

use super::Draft;
use crate::error::{CliError, Code};
use crate::output::Report;
use crate::render::{Fields, grouped};

/// What came of a transaction that was just sent.
#[derive(Debug, Clone, Serialize)]
pub struct SentReport {
    /// Its hash.
    pub transaction_hash: B256,
    /// `submitted`, `success` or `reverted`.
    pub status: &'static str,
    /// The final block it is in.
    pub block_number: Option<u64>,
    /// From sending to finality, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// Who sent it.
    pub from: Address,
    /// To whom.
    pub to: Option<Address>,
    /// The contract it created.
    pub contract_address: Option<Address>,
    /// Amount, in wei.
    pub value_wei: String,
    /// Gas used.
    pub gas_used: Option<u64>,
    /// The whole fee, in wei.
    pub fee_wei: Option<String>,
    /// Why it reverted.
    pub revert_reason: Option<String>,
    #[serde(skip)]
    fee: U256,
    #[serde(skip)]
    logs: Vec<Log>,
}

impl SentReport {
    pub(super) fn submitted(draft: &Draft, hash: B256) -> Self {
        Self {
            transaction_hash: hash,
            status: "submitted",
            block_number: None,
            elapsed_ms: None,
            from: draft.from,
            to: receiver(draft),
            contract_address: None,
            value_wei: draft.unsigned.value.to_string(),
            gas_used: None,
            fee_wei: None,
            revert_reason: None,
            fee: U256::ZERO,
            logs: Vec::new(),
        }
    }

    pub(super) fn included(
        draft: &Draft,
        receipt: &TransactionReceipt,
        elapsed: Duration,
        revert_reason: Option<String>,
    ) -> Self {
        let fee = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
        Self {
            status: if receipt.status() { "success" } else { "reverted" },
            block_number: receipt.block_number,
            elapsed_ms: Some(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)),
            contract_address: receipt.contract_address.filter(|_| receipt.status()),
            gas_used: Some(receipt.gas_used),
            fee_wei: Some(fee.to_string()),
            revert_reason,
            fee,
            logs: receipt.logs().iter().map(|log| log.inner.clone()).collect(),
            ..Self::submitted(draft, receipt.transaction_hash)
        }
    }

    /// Its events; none of one that was not waited for.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// What people read: how it went, its lines, and `more` of them below.
    pub fn human_with(&self, more: Fields) -> String {
        let (Some(block), Some(elapsed_ms)) = (self.block_number, self.elapsed_ms) else {
            return self.transaction_hash.to_string();
        };
        let verdict = if self.status == "success" { "" } else { " but reverted" };
        let tenths = elapsed_ms.saturating_add(50) / 100;
        let seconds = format!("{}.{} s", tenths / 10, tenths % 10);
        let fields = Fields::new()
            .line("transaction", self.transaction_hash)
            .maybe("contract", self.contract_address)
            .line("fee", format_btt(self.fee))
            .and(more);
        format!("finalized in block {}{verdict} ({seconds})\n{}", grouped(block), fields.render())
    }

    /// A reverted transaction is final, and yet a failure of the command.
    ///
    /// # Errors
    /// [`Code::Reverted`] with the reason.
    pub fn check_success(&self) -> Result<(), CliError> {
        match &self.revert_reason {
            None => Ok(()),
            Some(reason) => Err(CliError::new(
                Code::Reverted,
                format!(
                    "the transaction reverted: {reason}; its fee is paid, nothing else happened"
                ),
            )),
        }
    }
}

fn receiver(draft: &Draft) -> Option<Address> {
    match draft.unsigned.to {
        TxKind::Call(to) => Some(to),
        TxKind::Create => None,
    }
}

impl Report for SentReport {
    fn human(&self) -> String {
        self.human_with(Fields::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::assert_golden;

    fn sample() -> SentReport {
        SentReport {
            transaction_hash: B256::repeat_byte(1),
            status: "success",
            block_number: Some(1812),
            elapsed_ms: Some(949),
            from: Address::repeat_byte(2),
            to: Some(Address::repeat_byte(3)),
            contract_address: None,
            value_wei: "1500000000000000000".to_owned(),
            gas_used: Some(21_000),
            fee_wei: Some("21000000000000".to_owned()),
            revert_reason: None,
            fee: U256::from(21_000_000_000_000u64),
            logs: Vec::new(),
        }
    }

    #[test]
    fn finality_is_said_aloud() {
        assert!(sample().human().starts_with("finalized in block 1,812 (0.9 s)\n"));
        assert_golden("send.txt", &sample().human());
        assert_golden("send.json", &serde_json::to_string_pretty(&sample()).unwrap());
        assert_eq!(sample().check_success(), Ok(()));
    }

    #[test]
    fn a_new_contract_is_shown() {
        let created =
            SentReport { to: None, contract_address: Some(Address::repeat_byte(4)), ..sample() };
        assert_golden("send-creation.txt", &created.human());
    }

    #[test]
    fn without_waiting_there_is_only_the_hash() {
        let sent = SentReport { block_number: None, elapsed_ms: None, ..sample() };
        assert_eq!(sent.human(), sent.transaction_hash.to_string());
    }

    #[test]
    fn a_revert_is_an_error_with_its_reason() {
        let reverted =
            SentReport { status: "reverted", revert_reason: Some("nope".to_owned()), ..sample() };
        assert!(reverted.human().starts_with("finalized in block 1,812 but reverted (0.9 s)"));
        let error = reverted.check_success().unwrap_err();
        assert_eq!(error.code, Code::Reverted);
        assert!(error.message.starts_with("the transaction reverted: nope;"), "{error}");
    }
}
