//! The simulator: whole networks in one thread and virtual time, with everything that can go wrong drawn
//! from one seed, and promises checked at every step.
//!
//! ```text
//! scenario + seed ─► build ─► world (heap of events) ─► report, or a failure that the seed repeats
//!                                │
//!        nemesis ─ net ─ node (driver, ledger, disk) ─ byzantine ─► oracle, replay, trace
//! ```

pub mod build;
pub mod byzantine;
pub mod commit;
pub mod disk;
pub mod ledger;
pub mod life;
pub mod market;
pub mod mutation;
pub mod nemesis;
pub mod net;
pub mod node;
pub mod oracle;
mod payments;
pub mod receive;
pub mod replay;
pub mod rng;
pub mod run;
pub mod scenario;
pub mod shell;
pub mod trace;
pub mod workload;
pub mod world;

pub use run::{Failure, Report, run};

/// The chain's types as Malachite's generics name them.
type Btt = btt_node::consensus::context::BttContext;
