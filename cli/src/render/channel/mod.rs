//! Channels and pools as people read them.

mod list;
mod show;

pub use list::{ChannelListReport, ChannelRow, Role};
pub use show::ChannelReport;

use btt_api::types::{ChannelInfo, ChannelStatus};

use super::{grouped, span};

/// `open`, or how long the grace lasts.
fn standing(info: &ChannelInfo, now_ms: u64) -> String {
    if info.is_frozen == Some(true) {
        return "frozen".to_owned();
    }
    match (info.status, info.closes_at_ms) {
        (ChannelStatus::Open, _) => "open".to_owned(),
        (ChannelStatus::Closed, _) => "closed".to_owned(),
        (ChannelStatus::Closing, Some(at)) if at > now_ms => {
            format!("closing: {} left", span(at - now_ms))
        }
        (ChannelStatus::Closing, _) => {
            let block = info.closes_at_block.unwrap_or_default();
            format!("grace over from block {} on", grouped(block))
        }
    }
}
