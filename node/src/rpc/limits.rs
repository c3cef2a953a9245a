//! Every limit of the JSON-RPC server. A request above one is refused with an error that names it.

use serde::{Deserialize, Serialize};

/// Limits of the JSON-RPC server; each can be set in the configuration file's `[rpc_limits]`.
///
/// JSON is refused above 128 levels (`serde_json`'s own limit).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RpcLimits {
    /// Largest request body or WebSocket message, in bytes (rule A.6).
    pub request_bytes: u32,
    /// Largest response, in bytes; of a batch, in all.
    pub response_bytes: u32,
    /// Most calls in a batch.
    pub batch_items: u32,
    /// Most HTTP requests under way and WebSocket connections, together.
    pub connections: u32,
    /// Most subscriptions of one WebSocket connection.
    pub subscriptions_per_connection: u32,
    /// Messages that wait for one WebSocket client before its subscriptions wait too.
    pub subscription_queue: u32,
    /// How long a subscription waits for a client that does not read, in ms; then it ends.
    pub subscription_patience_ms: u64,
    /// Most blocks that one log query looks at.
    pub log_blocks: u64,
    /// Most logs that one query returns.
    pub logs: usize,
    /// Most addresses of a log filter, and most topics.
    pub filter_values: usize,
    /// Most filters kept.
    pub filters: usize,
    /// A filter that nobody asks for this long is forgotten, in ms.
    pub filter_idle_ms: u64,
    /// Gas of one simulated call.
    pub call_gas: u64,
    /// Time of one slow request (calls, traces, log queries, proofs), waiting included, in ms.
    pub call_time_ms: u64,
    /// Slow requests that run at once; 0 takes the number of processors.
    pub calls_at_once: usize,
    /// Most slots of one proof.
    pub proof_slots: usize,
    /// Most blocks of a fee history.
    pub fee_history_blocks: u64,
    /// Most steps that a struct-logger trace records.
    pub trace_steps: u32,
    /// Most calls that a trace records.
    pub trace_calls: u32,
    /// Most bytes of inputs, outputs and memory that a trace records; as hex they take twice that of a response.
    pub trace_bytes: usize,
    /// Most channels, or events of one, that an answer lists.
    pub channel_page: usize,
    /// Most vouchers of one `channel_prepareBatch`.
    pub channel_batch_items: usize,
    /// Longest that `eth_sendRawTransactionSync` waits, in ms.
    pub send_sync_max_ms: u64,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self {
            request_bytes: 16 * MIB,
            response_bytes: 32 * MIB,
            batch_items: 1_000,
            connections: 500,
            subscriptions_per_connection: 32,
            subscription_queue: 256,
            subscription_patience_ms: 10_000,
            log_blocks: 100_000,
            logs: 20_000,
            filter_values: 1_000,
            filters: 1_000,
            filter_idle_ms: 5 * 60 * 1_000,
            call_gas: 100_000_000,
            call_time_ms: 5_000,
            calls_at_once: 0,
            proof_slots: 1_024,
            fee_history_blocks: 1_024,
            trace_steps: 100_000,
            trace_calls: 50_000,
            trace_bytes: 16 * MIB as usize,
            channel_page: 500,
            channel_batch_items: 4_096,
            send_sync_max_ms: 60_000,
        }
    }
}

const MIB: u32 = 1024 * 1024;

/// Channels, or events of one, that an answer lists unless told.
pub(super) const DEFAULT_CHANNEL_PAGE: usize = 100;
/// Rows of the index that one list of channels looks at; then it gives a cursor, however little it found.
pub(super) const CHANNEL_ROWS_PER_PAGE: usize = 5_000;
/// Most reward percentiles of a fee history, as geth.
pub(super) const MAX_REWARD_PERCENTILES: usize = 100;
/// How long `eth_sendRawTransactionSync` waits unless told, in ms.
pub(super) const DEFAULT_SEND_SYNC_MS: u64 = 5_000;
/// Slow requests that may wait for each that runs; more are refused at once.
pub(super) const WAITING_PER_SLOT: usize = 64;
/// A WebSocket client is pinged this often, in seconds.
pub(super) const PING_INTERVAL_SECS: u64 = 30;
/// A WebSocket client that answers no ping this long is gone, in seconds.
pub(super) const PING_PATIENCE_SECS: u64 = 40;
