//! Vouchers in the wallet: how they are written, what of them is money and is kept, and what the chain would
//! say of them. The rules themselves are the chain's own (`btt_runtime::modules::channels`).
//!
//! ```text
//! payer   amount ──► Signed (never above the deposit, never below the last) ──► line of JSON
//! payee   line of JSON ──► Book.check (signer, deposit, what is settled) ──► Kept ──► settle
//!                                    both on the disk before anything is said ──► Ledger
//! ```

mod book;
mod check;
mod kept;
mod ledger;
mod line;
mod price;
mod signed;
mod status;
mod stream;

pub use book::{Book, Terms};
pub use check::{Fault, Verdict, check};
pub use kept::{Kept, KeptKey, same_lane};
pub use ledger::{Entry, Ledger};
pub(crate) use ledger::{make_private_folder, private_file, sync_folder};
pub use line::{Typed, claim_wei, digest, parse_line, payment, read_lines, to_line, typed};
pub use price::Price;
pub use signed::{Signed, SignedKey, tick_secret};
pub use status::status_name;
pub use stream::Chunks;

use std::path::PathBuf;

use crate::context::Context;

/// Where the wallet keeps what it knows of a chain's channels: beside the folder of its key files.
pub fn folder(context: &Context, chain_id: u64) -> PathBuf {
    context.folder.path().with_file_name("channels").join(chain_id.to_string())
}
