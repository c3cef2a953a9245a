//! Proposals and features as people read them.

mod action;
mod features;
mod list;
mod proposal;

pub(crate) use action::MODULES;
pub use action::action_lines;
pub use features::FeaturesReport;
pub use list::ProposalsReport;
pub use proposal::ProposalReport;
