//! Chain specs: what a chain is before its first block.
//!
//! ```text
//! presets, JSON files ──► spec ──► validate ──► build (accounts streamed to a sink) ──► genesis block
//! ```

mod block;
mod dev;
mod error;
mod predeploys;
mod presets;
mod quantity;
mod spec;
mod stake;
mod stream;

pub use block::genesis_header;
pub use dev::{DEV_ACCOUNT_BALANCE_WEI, DEV_MNEMONIC, DevAccount, dev_accounts};
pub use error::SpecError;
pub use presets::{ALLOCATION, AllocationRow, Preset};
pub use spec::{AllocAccount, ChainSpec};
pub use stake::{SpecDelegation, SpecValidator};
pub use stream::{AccountSink, Totals, stream_spec};
