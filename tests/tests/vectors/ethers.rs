//! Transactions that ethers signed: hash, sender, fields and digest by our decoder.

use alloy_consensus::Transaction as _;
use alloy_primitives::{B256, Bytes, TxKind, U256, keccak256};
use btt_runtime::tx::{DecodeError, Transaction, UnrecoveredTransaction, signing_hash};
use btt_tests::{
    keys::Key,
    vectors::{find, read_json},
};
use eyre::WrapErr as _;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    name: String,
    transaction: Fields,
    private_key: B256,
    unsigned_legacy: Bytes,
    unsigned_eip155: Bytes,
    unsigned_berlin: Bytes,
    unsigned_london: Bytes,
    signed_legacy: Bytes,
    signed_eip155: Bytes,
    signed_berlin: Bytes,
    signed_london: Bytes,
    signed_cancun: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    to: Option<alloy_primitives::Address>,
    nonce: Option<U256>,
    gas_limit: Option<U256>,
    data: Option<Bytes>,
    value: Option<U256>,
}

impl Fields {
    fn assert_are_of(&self, tx: &Transaction, name: &str) {
        let have = tx.envelope();
        assert_eq!(have.kind(), self.to.map_or(TxKind::Create, TxKind::Call), "{name}");
        assert_eq!(U256::from(have.nonce()), self.nonce.unwrap_or_default(), "{name}");
        assert_eq!(U256::from(have.gas_limit()), self.gas_limit.unwrap_or_default(), "{name}");
        assert_eq!(*have.input(), self.data.clone().unwrap_or_default(), "{name}");
        assert_eq!(have.value(), self.value.unwrap_or_default(), "{name}");
    }
}

#[test]
fn transactions_of_ethers_decode_to_what_was_signed() -> eyre::Result<()> {
    let Some(path) = find("ethers/transactions.json.gz") else { return Ok(()) };
    let tests: Vec<Test> = read_json(&path)?;
    assert!(!tests.is_empty());
    for test in tests {
        let sender = Key::new(test.private_key).address();
        let pairs = [
            (test.signed_legacy, test.unsigned_legacy),
            (test.signed_eip155, test.unsigned_eip155),
            (test.signed_berlin, test.unsigned_berlin),
            (test.signed_london, test.unsigned_london),
        ];
        // Types that cannot hold the fields are left empty by the file.
        for (signed, unsigned) in pairs.into_iter().filter(|(signed, _)| !signed.is_empty()) {
            let tx = Transaction::decode(signed.clone()).wrap_err_with(|| test.name.clone())??;
            assert_eq!(tx.sender(), sender, "{}", test.name);
            assert_eq!(tx.hash(), keccak256(&signed), "{}", test.name);
            assert_eq!(signing_hash(tx.envelope()), keccak256(&unsigned), "{}", test.name);
            test.transaction.assert_are_of(&tx, &test.name);
        }
        if !test.signed_cancun.is_empty() {
            let blob = UnrecoveredTransaction::decode(test.signed_cancun);
            assert_eq!(blob, Err(DecodeError::Blob), "{}", test.name);
        }
    }
    Ok(())
}
