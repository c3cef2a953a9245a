//! Every method with its parameters, for `rpc.discover`. In order of name.

mod channel;
mod market;

/// A method.
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// `name: type`, or `name?: type` where it may be left out.
    pub(super) params: &'static [&'static str],
    pub(super) result: &'static str,
    pub(super) summary: &'static str,
}

const fn entry(
    name: &'static str,
    params: &'static [&'static str],
    result: &'static str,
    summary: &'static str,
) -> Entry {
    Entry { name, params, result, summary }
}

/// All of them, in order of name.
pub(super) fn catalog() -> Vec<&'static Entry> {
    let mut all: Vec<_> = CATALOG.iter().chain(channel::CHANNEL).chain(market::MARKET).collect();
    all.sort_by_key(|entry| entry.name);
    all
}

/// Those that have no file of their own.
const CATALOG: &[Entry] = &[
    entry("admin_addPeer", &["multiaddr: string"], "boolean", "Admin token: connects to a node"),
    entry("admin_nodeInfo", &[], "NodeInfo", "Admin token: the node itself"),
    entry("admin_peers", &[], "PeerInfo[]", "Admin token: connected nodes"),
    entry("admin_removePeer", &["peer: string"], "boolean", "Admin token: disconnects a node"),
    entry(
        "consensus_commit",
        &["height: Quantity"],
        "Commit or null",
        "The certificate that made a block final, with every signature",
    ),
    entry(
        "consensus_proposer",
        &["height?: Quantity", "round?: Quantity"],
        "Address or null",
        "Who proposes at a height in a round",
    ),
    entry("consensus_status", &[], "ConsensusStatus", "Height, round, step and this node's part"),
    entry(
        "consensus_validators",
        &["height?: Quantity"],
        "ValidatorSet",
        "Who decides a height, with power and who signed lately",
    ),
    entry(
        "debug_traceBlockByHash",
        &["hash: Hash", "options?: TracingOptions"],
        "BlockTrace[]",
        "Traces of every transaction of a block",
    ),
    entry(
        "debug_traceBlockByNumber",
        &["block: BlockTag", "options?: TracingOptions"],
        "BlockTrace[]",
        "Traces of every transaction of a block",
    ),
    entry(
        "debug_traceCall",
        &["request: CallRequest", "block?: BlockId", "options?: TracingCallOptions"],
        "Trace",
        "Trace of a call on the state after a block",
    ),
    entry(
        "debug_traceTransaction",
        &["hash: Hash", "options?: TracingOptions"],
        "Trace",
        "Trace of a transaction of a block",
    ),
    entry("eth_accounts", &[], "Address[]", "Empty: the node holds nobody's keys"),
    entry("eth_blobBaseFee", &[], "Quantity", "Zero: there are no blobs"),
    entry("eth_blockNumber", &[], "Quantity", "Number of the newest block"),
    entry(
        "eth_call",
        &[
            "request: CallRequest",
            "block?: BlockId",
            "stateOverrides?: StateOverride",
            "blockOverrides?: BlockOverrides",
        ],
        "Bytes",
        "What a call returns on the state after a block",
    ),
    entry("eth_chainId", &[], "Quantity", "EIP-155 id of the chain"),
    entry("eth_coinbase", &[], "Address", "Who the fees go to: the fee pool"),
    entry(
        "eth_createAccessList",
        &["request: CallRequest", "block?: BlockId", "stateOverrides?: StateOverride"],
        "AccessListResult",
        "Accounts and slots that a transaction touches",
    ),
    entry(
        "eth_estimateGas",
        &[
            "request: CallRequest",
            "block?: BlockId",
            "stateOverrides?: StateOverride",
            "blockOverrides?: BlockOverrides",
        ],
        "Quantity",
        "Least gas limit with which a transaction succeeds",
    ),
    entry(
        "eth_feeHistory",
        &["blockCount: Quantity", "newestBlock: BlockTag", "rewardPercentiles?: number[]"],
        "FeeHistory",
        "Base fees, fullness and tips of past blocks, and the next base fee",
    ),
    entry("eth_gasPrice", &[], "Quantity", "A legacy gas price that the next block takes, in wei"),
    entry(
        "eth_getBalance",
        &["address: Address", "block?: BlockId"],
        "Quantity",
        "Wei of an account",
    ),
    entry(
        "eth_getBlockByHash",
        &["hash: Hash", "full?: boolean"],
        "Block or null",
        "A block by hash",
    ),
    entry(
        "eth_getBlockByNumber",
        &["block: BlockTag", "full?: boolean"],
        "Block or null",
        "A block by number or tag",
    ),
    entry("eth_getBlockReceipts", &["block: BlockId"], "Receipt[] or null", "Receipts of a block"),
    entry(
        "eth_getBlockTransactionCountByHash",
        &["hash: Hash"],
        "Quantity or null",
        "How many transactions a block holds",
    ),
    entry(
        "eth_getBlockTransactionCountByNumber",
        &["block: BlockTag"],
        "Quantity or null",
        "How many transactions a block holds",
    ),
    entry("eth_getCode", &["address: Address", "block?: BlockId"], "Bytes", "Code of an account"),
    entry(
        "eth_getFilterChanges",
        &["id: FilterId"],
        "Log[], Hash[] or Transaction[]",
        "What came since the filter was last asked",
    ),
    entry("eth_getFilterLogs", &["id: FilterId"], "Log[]", "All logs of a log filter"),
    entry("eth_getHeaderByHash", &["hash: Hash"], "Header or null", "A header by hash"),
    entry(
        "eth_getHeaderByNumber",
        &["block: BlockTag"],
        "Header or null",
        "A header by number or tag",
    ),
    entry("eth_getLogs", &["filter: Filter"], "Log[]", "Logs of a range of blocks, or of one"),
    entry(
        "eth_getProof",
        &["address: Address", "slots: StorageKey[]", "block?: BlockId"],
        "AccountProof",
        "Account and slots with their Merkle proofs (EIP-1186)",
    ),
    entry(
        "eth_getRawTransactionByHash",
        &["hash: Hash"],
        "Bytes or null",
        "The signed envelope of a transaction",
    ),
    entry(
        "eth_getStorageAt",
        &["address: Address", "slot: StorageKey", "block?: BlockId"],
        "Bytes32",
        "One storage slot of an account",
    ),
    entry(
        "eth_getTransactionByBlockHashAndIndex",
        &["hash: Hash", "index: Quantity"],
        "Transaction or null",
        "A transaction by its place",
    ),
    entry(
        "eth_getTransactionByBlockNumberAndIndex",
        &["block: BlockTag", "index: Quantity"],
        "Transaction or null",
        "A transaction by its place",
    ),
    entry(
        "eth_getTransactionByHash",
        &["hash: Hash"],
        "Transaction or null",
        "A transaction, of a block or waiting",
    ),
    entry(
        "eth_getTransactionCount",
        &["address: Address", "block?: BlockId"],
        "Quantity",
        "Transactions sent by an account; with tag pending, those that wait included",
    ),
    entry(
        "eth_getTransactionReceipt",
        &["hash: Hash"],
        "Receipt or null",
        "The receipt of a transaction",
    ),
    entry(
        "eth_getUncleByBlockHashAndIndex",
        &["hash: Hash", "index: Quantity"],
        "null",
        "There are no uncles",
    ),
    entry(
        "eth_getUncleByBlockNumberAndIndex",
        &["block: BlockTag", "index: Quantity"],
        "null",
        "There are no uncles",
    ),
    entry(
        "eth_getUncleCountByBlockHash",
        &["hash: Hash"],
        "Quantity or null",
        "Zero: there are no uncles",
    ),
    entry(
        "eth_getUncleCountByBlockNumber",
        &["block: BlockTag"],
        "Quantity or null",
        "Zero: there are no uncles",
    ),
    entry(
        "eth_maxPriorityFeePerGas",
        &[],
        "Quantity",
        "A tip that the next block takes, in wei a gas",
    ),
    entry("eth_newBlockFilter", &[], "FilterId", "Remembers where the asker stands in the chain"),
    entry("eth_newFilter", &["filter: Filter"], "FilterId", "Remembers a log filter"),
    entry(
        "eth_newPendingTransactionFilter",
        &["full?: boolean"],
        "FilterId",
        "Collects waiting transactions",
    ),
    entry(
        "eth_sendRawTransaction",
        &["raw: Bytes"],
        "Hash",
        "Hands a signed envelope to the mempool",
    ),
    entry(
        "eth_sendRawTransactionSync",
        &["raw: Bytes", "timeoutMs?: Quantity"],
        "Receipt",
        "Sends and waits for the receipt (EIP-7966)",
    ),
    entry(
        "eth_subscribe",
        &["kind: string", "params?: Filter or boolean"],
        "SubscriptionId",
        "newHeads, logs, newPendingTransactions or syncing; WebSocket only",
    ),
    entry("eth_syncing", &[], "SyncStatus or false", "Whether the node is behind"),
    entry("eth_uninstallFilter", &["id: FilterId"], "boolean", "Forgets a filter"),
    entry("eth_unsubscribe", &["id: SubscriptionId"], "boolean", "Ends a subscription"),
    entry(
        "evm_increaseTime",
        &["seconds: Quantity"],
        "number",
        "Dev chains: sets the clock forward",
    ),
    entry("evm_mine", &["blocks?: Quantity"], "Quantity", "Dev chains: makes blocks now"),
    entry(
        "evm_setNextBlockTimestamp",
        &["timestamp: Quantity"],
        "Quantity",
        "Dev chains: time of the next block",
    ),
    entry("gov_features", &["block?: BlockId"], "Feature[]", "Features that votes turned on"),
    entry("gov_params", &["block?: BlockId"], "GovParam[]", "Parameters, with unit and range"),
    entry(
        "gov_proposal",
        &["id: Quantity", "block?: BlockId"],
        "Proposal",
        "A proposal, with what it does",
    ),
    entry(
        "gov_proposals",
        &["status?: ProposalStatus", "offset?: Quantity", "limit?: Quantity", "block?: BlockId"],
        "ProposalPage",
        "Proposals, newest first",
    ),
    entry(
        "gov_tally",
        &["id: Quantity", "block?: BlockId"],
        "Tally",
        "The votes of a proposal, and whether it would pass now",
    ),
    entry(
        "gov_votes",
        &["id: Quantity", "voter: Address", "block?: BlockId"],
        "Votes",
        "How an account has voted on a proposal",
    ),
    entry("net_listening", &[], "boolean", "Whether the node takes connections"),
    entry("net_peerCount", &[], "Quantity", "Connected nodes"),
    entry("net_version", &[], "string", "The chain id as a decimal string"),
    entry("rpc.discover", &[], "OpenRPC", "This document"),
    entry("rpc_discover", &[], "OpenRPC", "This document, under the name of older tools"),
    entry(
        "staking_delegations",
        &["delegator: Address", "block?: BlockId"],
        "Delegation[]",
        "An account's delegations",
    ),
    entry(
        "staking_delegator",
        &["delegator: Address", "block?: BlockId"],
        "Delegator",
        "All that an account has at stake, with sums",
    ),
    entry("staking_epoch", &["block?: BlockId"], "Epoch", "The epoch under way"),
    entry(
        "staking_rewards",
        &["delegator: Address", "validator?: Address", "block?: BlockId"],
        "Rewards",
        "Rewards that an account has not claimed yet",
    ),
    entry(
        "staking_slashes",
        &["limit?: Quantity", "block?: BlockId"],
        "Slash[]",
        "The newest slashes, newest first",
    ),
    entry("staking_totals", &["block?: BlockId"], "StakingTotals", "Sums over all validators"),
    entry(
        "staking_unbonding",
        &["delegator: Address", "block?: BlockId"],
        "Unbonding[]",
        "An account's stake on its way out",
    ),
    entry(
        "staking_validator",
        &["operator: Address", "block?: BlockId"],
        "StakingValidator",
        "A validator by its operator",
    ),
    entry(
        "staking_validators",
        &["status?: ValidatorStatus", "offset?: Quantity", "limit?: Quantity", "block?: BlockId"],
        "ValidatorPage",
        "Validators, or those of a status",
    ),
    entry("txpool_content", &[], "TxpoolContent", "All transactions that wait"),
    entry(
        "txpool_contentFrom",
        &["address: Address"],
        "TxpoolContent of one sender",
        "Transactions of a sender that wait",
    ),
    entry(
        "txpool_inspect",
        &[],
        "TxpoolContent of text",
        "All transactions that wait, a line each",
    ),
    entry("txpool_status", &[], "TxpoolStatus", "How many transactions wait"),
    entry("web3_clientVersion", &[], "string", "Name, version and platform of the program"),
    entry("web3_sha3", &["data: Bytes"], "Bytes32", "keccak256"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_in_order_and_no_name_stands_twice() {
        for part in [CATALOG, channel::CHANNEL] {
            assert!(part.is_sorted_by(|a, b| a.name < b.name));
        }
        assert!(catalog().is_sorted_by(|a, b| a.name < b.name));
    }
}
