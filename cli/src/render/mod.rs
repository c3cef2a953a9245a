//! Results as people read them. Pure: text from values.

mod block;
mod fields;
mod network;
mod params;
mod receipt;
mod table;
mod time;
mod transaction;
mod units;
mod validators;

pub use block::BlockReport;
pub use fields::Fields;
pub use network::{PeersReport, StatusReport};
pub use params::{ParamRow, ParamsReport};
pub use receipt::{LogReport, ReceiptReport};
pub use time::utc;
pub use transaction::TransactionReport;
pub use units::{grouped, gwei, in_unit, percent};
pub use validators::{CommitReport, ValidatorsReport};
