//! Batches: vouchers in a tight form, so that 1,024 of them fit one transaction. The same code encodes (the
//! wallet, the node), decodes (the module), and finds what has to be recovered (the node, in parallel).
//!
//! An item is its kind and then fixed fields, numbers big-endian, the signature in its 64-byte form:
//!
//! | kind | item | fields |
//! |---|---|---|
//! | 0 | voucher of lane 0 without ticks | id 32, amount 16 |
//! | 1 | any voucher | id 32, lane 4, amount 16, anchor 32, tick value 16, tick max 4, index 4, preimage 32 |
//! | 2 | pool voucher of lane 0 without ticks | id 32, payee 20, amount 16 |
//! | 3 | any pool voucher | id 32, payee 20, then as 1 |
//! | 4 | voucher with a condition | id 32, lane 4, amount 16, timeout 8, secret 32 |
//!
//! Kinds 0 and 2 stand for vouchers whose tick fields are zero.

mod item;
mod signers;

pub use item::{BatchItem, MAX_BATCH_ITEMS, MalformedItem, Payment, decode_all};
pub use signers::signatures_in;
