//! Transactions and the contract that the end-to-end tests send.

use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_sol_types::{SolCall, SolConstructor, sol};
use btt_runtime::primitives::DEV_CHAIN_ID;
use btt_tests::{
    keys::Key,
    rpc::{Rpc, typed},
};

sol! {
    /// `tests/data/e2e/Token.sol`.
    #[derive(Debug)]
    contract Token {
        event Transfer(address indexed from, address indexed to, uint256 value);
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error Refused(uint256 code, string why);
        constructor(uint256 supply);
        function name() external view returns (string);
        function totalSupply() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function transferOwn(address to, uint256 value) external returns (bool);
        function emitMany(uint256 count) external;
        function refuse(uint256 code) external pure;
        function overflow(uint256 value) external pure returns (uint256);
        function spin() external view returns (uint256 turns);
    }
}

/// What the token's creator gets.
pub(crate) const TOKEN_SUPPLY: u64 = 1_000_000;
/// A fee cap that every block of a test takes.
pub(crate) const FEE_CAP_WEI: u128 = 100_000_000_000;
/// A tip.
pub(crate) const TIP_WEI: u128 = 1_000_000_000;
/// One BTT.
pub(crate) const BTT: u128 = 1_000_000_000_000_000_000;

/// A type 2 transaction of the dev chain, to be changed before it is signed.
pub(crate) fn draft(nonce: u64, to: impl Into<TxKind>, gas_limit: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: DEV_CHAIN_ID,
        nonce,
        gas_limit,
        max_fee_per_gas: FEE_CAP_WEI,
        max_priority_fee_per_gas: TIP_WEI,
        to: to.into(),
        ..TxEip1559::default()
    }
}

/// A signed transfer of `wei`.
pub(crate) fn transfer(from: &Key, nonce: u64, to: Address, wei: u128) -> Bytes {
    from.sign_raw(TxEip1559 { value: U256::from(wei), ..draft(nonce, to, 21_000) })
}

/// A signed legacy transfer of `wei`, with a chain id or without.
pub(crate) fn legacy(from: &Key, nonce: u64, to: Address, chain_id: Option<u64>) -> Bytes {
    from.sign_raw(TxLegacy {
        chain_id,
        nonce,
        gas_price: FEE_CAP_WEI,
        gas_limit: 21_000,
        to: to.into(),
        value: U256::from(1),
        input: Bytes::new(),
    })
}

/// A signed call of a contract.
pub(crate) fn call(from: &Key, nonce: u64, to: Address, call: &impl SolCall) -> Bytes {
    from.sign_raw(TxEip1559 { input: call.abi_encode().into(), ..draft(nonce, to, 10_000_000) })
}

/// The token's bytecode with its constructor's argument.
pub(crate) fn token_code() -> Bytes {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/e2e/Token.hex");
    let text = std::fs::read_to_string(path).expect("test data");
    let mut code = alloy_primitives::hex::decode(text.trim()).expect("hex");
    code.extend(Token::constructorCall { supply: U256::from(TOKEN_SUPPLY) }.abi_encode());
    code.into()
}

/// Creates the token with `from`'s next transaction; where it is.
pub(crate) async fn deploy_token(rpc: &Rpc, from: &Key, nonce: u64) -> Address {
    let creation = TxEip1559 { input: token_code(), ..draft(nonce, TxKind::Create, 3_000_000) };
    let receipt = rpc.include(&from.sign_raw(creation)).await;
    assert_eq!(receipt["status"], "0x1");
    typed(receipt["contractAddress"].clone())
}
