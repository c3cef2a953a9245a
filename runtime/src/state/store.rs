//! What the runtime reads state through. Implemented by the memory store here and by RocksDB in `btt-node`.

use super::Account;
use alloy_primitives::{Address, B256, U256};
use revm::state::Bytecode;

/// The store could not answer: I/O failed or its content is damaged. The only error that stops a node.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("state store: {0}")]
pub struct StoreError(pub String);

impl StoreError {
    /// Wraps any reason.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl revm::database_interface::DBErrorMarker for StoreError {}

/// Read access to the flat state after one block.
pub trait StateReader {
    /// The account at `address`, if there is one.
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError>;

    /// The value of one storage slot; zero where nothing was written.
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError>;

    /// Code by its hash, analysed for the EVM. `None` means that the store has never seen it.
    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError>;

    /// Hash of the block at `number`; `None` above the head.
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError>;
}

impl<T: StateReader + ?Sized> StateReader for &T {
    fn account(&self, address: Address) -> Result<Option<Account>, StoreError> {
        (**self).account(address)
    }
    fn storage(&self, address: Address, slot: U256) -> Result<U256, StoreError> {
        (**self).storage(address, slot)
    }
    fn code(&self, code_hash: B256) -> Result<Option<Bytecode>, StoreError> {
        (**self).code(code_hash)
    }
    fn block_hash(&self, number: u64) -> Result<Option<B256>, StoreError> {
        (**self).block_hash(number)
    }
}
