//! Results as people read them. Pure: text from values.

mod block;
mod fields;
mod params;
mod receipt;
mod time;
mod transaction;
mod units;

pub use block::BlockReport;
pub use fields::Fields;
pub use params::{ParamRow, ParamsReport};
pub use receipt::{LogReport, ReceiptReport};
pub use time::utc;
pub use transaction::TransactionReport;
pub use units::{grouped, gwei, in_unit};
