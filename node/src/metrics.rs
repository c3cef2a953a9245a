//! Prometheus metrics. `docs/metrics.md` lists every one; a test holds it to that.

use crate::{mempool::Mempool, storage::StoredBlock};
use btt_runtime::block::Header;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::{sync::OnceLock, time::Duration};

/// Buckets of durations, in seconds.
const DURATION_BUCKETS: [f64; 10] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Every metric: name, kind, meaning; then those of a node in a network, then the watchtower's. The documentation's tables are this
/// one.
pub const METRICS: &[(&str, &str, &str)] = &[
    ("btt_consensus_height", "gauge", "number of the newest final block"),
    ("btt_block_transactions_total", "counter", "transactions in final blocks"),
    ("btt_block_gas_used_total", "counter", "gas used by final blocks"),
    ("btt_block_base_fee_wei", "gauge", "base fee of the newest block, in wei per gas"),
    (
        "btt_lane_base_fee_wei",
        "gauge",
        "base fee of the newest block's payment lane, in wei per gas",
    ),
    ("btt_lane_transactions_total", "counter", "transactions that rode in the payment lane"),
    ("btt_market_epoch", "gauge", "the newest epoch of the market that this node has cleared"),
    ("btt_market_bids", "gauge", "bids in that epoch's book"),
    ("btt_market_offers", "gauge", "offers in that epoch's book"),
    (
        "btt_market_clearing_seconds",
        "histogram",
        "reading and clearing an epoch's book, beside the chain",
    ),
    ("btt_block_execute_seconds", "histogram", "from building a block to its state root"),
    ("btt_block_commit_seconds", "histogram", "from building a block until it is durable"),
    ("btt_mempool_pending", "gauge", "waiting transactions that can be executed"),
    ("btt_mempool_queued", "gauge", "waiting transactions that miss an earlier nonce"),
    ("btt_rpc_calls_total", "counter", "JSON-RPC calls, each of a batch counted"),
    ("btt_rpc_errors_total", "counter", "JSON-RPC calls answered with an error"),
    ("btt_rpc_raw_batches_total", "counter", "batches of nothing but raw transactions"),
    ("btt_process_resident_bytes", "gauge", "memory of the process"),
    ("btt_consensus_round", "gauge", "round that decided the newest block"),
    ("btt_consensus_rounds_lost_total", "counter", "rounds that decided nothing"),
    (
        "btt_consensus_finalize_seconds",
        "histogram",
        "from the start of a height until its decision",
    ),
    (
        "btt_consensus_wal_sync_seconds",
        "histogram",
        "making log and guard durable, once for many events",
    ),
    (
        "btt_consensus_missed_votes_total",
        "counter",
        "validators missing in certificates that blocks carry",
    ),
    ("btt_consensus_evidence_total", "counter", "proofs of misbehaviour seen"),
    (
        "btt_consensus_block_transactions_missing_total",
        "counter",
        "transactions of proposed blocks that the mempool lacked",
    ),
    ("btt_sync_target", "gauge", "newest block that a peer tells of, or the own one"),
    ("btt_sync_blocks_per_second", "gauge", "speed of catching up"),
    ("btt_sync_eta_seconds", "gauge", "time until caught up, at this speed"),
    (
        "btt_mempool_refused_from_peers_total",
        "counter",
        "transactions of peers that were refused, known ones too",
    ),
    (
        "btt_mempool_dropped_from_peers_total",
        "counter",
        "transactions of peers dropped unseen: too many waited",
    ),
    ("btt_network_peers", "gauge", "connected peers, by role"),
    ("btt_network_in_bytes_total", "counter", "bytes of frames from peers, by class"),
    ("btt_network_out_bytes_total", "counter", "bytes of frames to peers, by class"),
    (
        "btt_network_dropped_total",
        "counter",
        "messages from and to peers that were dropped, by reason",
    ),
    ("btt_network_bans_total", "counter", "bans of peers"),
    (
        "btt_network_connection_failures_total",
        "counter",
        "connections that came to no valid hello, by reason",
    ),
    ("btt_tower_vouchers", "gauge", "vouchers that the watchtower keeps"),
    (
        "btt_tower_settlements_sent_total",
        "counter",
        "settlements sent by the watchtower, those with a higher fee too",
    ),
    (
        "btt_tower_settlements_final_total",
        "counter",
        "settlements of the watchtower that are final",
    ),
    (
        "btt_tower_settlements_failed_total",
        "counter",
        "settlements of the watchtower that paid nothing",
    ),
    (
        "btt_tower_grace_left_seconds",
        "gauge",
        "until the first watched channel that is closing and not settled may be gone; 0 without one",
    ),
];

/// Starts collecting; later calls give the same collector.
pub fn install() -> Result<(), BuildError> {
    if HANDLE.get().is_some() {
        return Ok(());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &DURATION_BUCKETS)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        let _ = HANDLE.set(handle);
    }
    for (name, kind, meaning) in METRICS {
        match *kind {
            "counter" => describe_counter!(*name, *meaning),
            "gauge" => describe_gauge!(*name, *meaning),
            _ => describe_histogram!(*name, *meaning),
        }
    }
    Ok(())
}

/// The text that `/metrics` serves.
pub fn render(mempool: &Mempool) -> String {
    let (pending, queued) = mempool.status();
    gauge!("btt_mempool_pending").set(pending as f64);
    gauge!("btt_mempool_queued").set(queued as f64);
    gauge!("btt_process_resident_bytes").set(resident_bytes() as f64);
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Tells where the chain stands, before a block of this run does.
pub(crate) fn chain_opened(head: &Header) {
    set_head(head);
    counter!("btt_block_transactions_total").increment(0);
    counter!("btt_block_gas_used_total").increment(0);
    counter!("btt_lane_transactions_total").increment(0);
    gauge!("btt_lane_base_fee_wei").set(header_fee(head));
    gauge!("btt_market_epoch").set(0.0);
    gauge!("btt_market_bids").set(0.0);
    gauge!("btt_market_offers").set(0.0);
    let _registered = histogram!("btt_market_clearing_seconds");
}

/// Shows what a node of a network counts, before there is anything to count.
pub(crate) fn network_started() {
    counter!("btt_consensus_rounds_lost_total").increment(0);
    counter!("btt_consensus_missed_votes_total").increment(0);
    counter!("btt_consensus_evidence_total").increment(0);
    counter!("btt_consensus_block_transactions_missing_total").increment(0);
    counter!("btt_mempool_refused_from_peers_total").increment(0);
    counter!("btt_mempool_dropped_from_peers_total").increment(0);
    counter!("btt_network_bans_total").increment(0);
    counter!("btt_network_dropped_total", "reason" => "queue_full").increment(0);
    counter!("btt_network_connection_failures_total", "reason" => "hello").increment(0);
    gauge!("btt_consensus_round").set(0.0);
    set_sync_speed(0.0, 0.0);
    tower_started();
}

/// Shows what a watchtower counts, before there is anything to count.
pub(crate) fn tower_started() {
    tower_keeps(0);
    counter!("btt_tower_settlements_sent_total").increment(0);
    counter!("btt_tower_settlements_final_total").increment(0);
    counter!("btt_tower_settlements_failed_total").increment(0);
    tower_grace_left(None);
}

/// How many vouchers the watchtower keeps.
pub(crate) fn tower_keeps(vouchers: usize) {
    gauge!("btt_tower_vouchers").set(vouchers as f64);
}

/// Counts a settlement that the watchtower sent.
pub(crate) fn tower_sent() {
    counter!("btt_tower_settlements_sent_total").increment(1);
}

/// Counts a settlement of the watchtower that is over.
pub(crate) fn tower_concluded(is_settled: bool) {
    if is_settled {
        counter!("btt_tower_settlements_final_total").increment(1);
    } else {
        counter!("btt_tower_settlements_failed_total").increment(1);
    }
}

/// Seconds until the first of the closing channels that are not settled may be gone.
pub(crate) fn tower_grace_left(seconds: Option<u64>) {
    gauge!("btt_tower_grace_left_seconds").set(seconds.unwrap_or(0) as f64);
}

/// How fast a node catches up, and how long it still takes; zeros where it does not.
pub(crate) fn set_sync_speed(blocks_per_s: f64, eta_s: f64) {
    gauge!("btt_sync_blocks_per_second").set(blocks_per_s);
    gauge!("btt_sync_eta_seconds").set(eta_s);
}

fn set_head(header: &Header) {
    gauge!("btt_consensus_height").set(header.number as f64);
    gauge!("btt_block_base_fee_wei").set(header_fee(header));
}

fn header_fee(header: &Header) -> f64 {
    header.base_fee_per_gas.unwrap_or(0) as f64
}

/// Counts a block.
pub(crate) fn block_committed(
    block: &StoredBlock,
    validators_of_parent: usize,
    execute: Duration,
    commit: Duration,
) {
    let header = &block.block.header;
    set_head(header);
    gauge!("btt_lane_base_fee_wei").set(block.lane_fees.base_fee_wei as f64);
    counter!("btt_lane_transactions_total").increment(block.lane_fees.places.len() as u64);
    counter!("btt_block_transactions_total").increment(block.transactions.len() as u64);
    counter!("btt_block_gas_used_total").increment(header.gas_used);
    if let Some(certificate) = block.block.body.parent_certificate() {
        let missed = validators_of_parent.saturating_sub(certificate.signatures.len());
        counter!("btt_consensus_missed_votes_total").increment(missed as u64);
    }
    histogram!("btt_block_execute_seconds").record(execute.as_secs_f64());
    histogram!("btt_block_commit_seconds").record(commit.as_secs_f64());
}

/// Resident memory by Linux's account; 0 elsewhere.
fn resident_bytes() -> u64 {
    const PAGE_BYTES: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}

#[cfg(test)]
mod tests {
    use super::METRICS;

    #[test]
    fn the_documentation_lists_every_metric_and_no_other() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| `btt_")).collect();
        let wanted: Vec<String> = METRICS
            .iter()
            .map(|(n, kind, meaning)| format!("| `{n}` | {kind} | {meaning} |"))
            .collect();
        assert_eq!(rows, wanted);
    }
}
