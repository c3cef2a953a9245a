//! Validators and delegators as people read them.

mod delegator;
mod list;
mod slashes;
mod standing;
mod validator;

pub use delegator::{DelegatorReport, RewardsReport, UnbondingReport};
pub use list::StakeListReport;
pub use slashes::SlashesReport;
pub use standing::{about, next_epoch};
pub use validator::{ShowReport, ValidatorRow};
