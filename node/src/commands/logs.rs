//! Logs: text for people, JSON for machines, always on stderr.

use crate::config::{LogFormat, Settings};
use std::io::IsTerminal as _;
use tracing_subscriber::{EnvFilter, fmt};

/// What is logged where nothing else is said.
pub(super) const DEFAULT: &str = "info,jsonrpsee_server=warn,arc_malachitebft_core_consensus=warn,arc_malachitebft_core_driver=warn,arc_malachitebft_core_votekeeper=warn,libp2p_swarm=warn";

/// Starts logging; `fallback` is the filter where none is set.
pub(super) fn start(settings: &Settings, fallback: &str) {
    let wanted = settings.log.as_deref().unwrap_or(fallback);
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|error| {
        eprintln!("warning: log filter '{wanted}': {error}; using '{fallback}'");
        EnvFilter::new(fallback)
    });
    let builder = fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start, as in tests, keeps the first.
    let _ = match settings.log_format.unwrap_or(LogFormat::Text) {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
