//! bttd: validator and RPC provider of btt-chain.

use clap::Parser as _;
use std::process::ExitCode;

/// A fifth less CPU under RPC load than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    btt_node::commands::Cli::parse().run()
}
