//! Results as people read them. Pure: text from values.

mod block;
mod channel;
mod fields;
mod gov;
pub mod market;
mod network;
mod params;
mod quantity;
mod receipt;
mod stake;
mod table;
mod text;
mod time;
mod transaction;
mod units;
mod validators;

pub use block::BlockReport;
pub use channel::{ChannelListReport, ChannelReport, ChannelRow, Role};
pub use fields::Fields;
pub(crate) use gov::MODULES;
pub use gov::{FeaturesReport, ProposalReport, ProposalsReport, action_lines};
pub use market::{CheckedRow, ClearReport, MarketReport};
pub use network::{PeersReport, StatusReport};
pub use params::{ParamRow, ParamsReport};
pub use quantity::{is_wei, quantity};
pub use receipt::{LogReport, ReceiptReport};
pub use stake::{
    DelegatorReport, RewardsReport, ShowReport, SlashesReport, StakeListReport, UnbondingReport,
    ValidatorRow, about, next_epoch,
};
pub use text::{clean, shortened};
pub use time::{deadline, moment, now_ms, span, utc, utc_ms};
pub use transaction::TransactionReport;
pub use units::{
    counted, grouped, gwei, in_unit, milliseconds, percent, short_address, short_btt, short_id,
};
pub use validators::{CommitReport, ValidatorsReport};
