//! Methods that other nodes have and this one does not, with the reason.

/// Why a method is not served; `name` is one that no module has.
pub(super) fn why(name: &str) -> String {
    let reason = match name {
        "evm_snapshot" | "evm_revert" | "anvil_snapshot" | "anvil_revert" => {
            "a block is final the moment it is made: there is no way back"
        }
        "evm_mine" | "evm_increaseTime" | "evm_setNextBlockTimestamp" => {
            "only a dev chain (bttd dev) lets its user make blocks and set the clock"
        }
        "admin_peers" | "admin_nodeInfo" | "admin_addPeer" | "admin_removePeer" => {
            "it is off; start the node with --admin-token-file FILE and send the header \
             Authorization: Bearer TOKEN"
        }
        "anvil_setBalance" | "hardhat_setBalance" | "tenderly_setBalance" | "anvil_dealERC20" => {
            "the supply is fixed: coins move only by transactions (try btt faucet on a dev chain)"
        }
        "eth_sendTransaction"
        | "eth_signTransaction"
        | "eth_sign"
        | "eth_signTypedData"
        | "eth_signTypedData_v4"
        | "personal_sign"
        | "eth_requestAccounts" => {
            "the node holds nobody's keys: sign in a wallet and send by eth_sendRawTransaction"
        }
        "eth_mining" | "eth_hashrate" | "eth_getWork" | "eth_submitWork" | "miner_start"
        | "miner_stop" => "there is no mining: validators make blocks in turn",
        _ if is_subscription(name) => "subscriptions need a WebSocket connection",
        _ if name.starts_with("anvil_") || name.starts_with("hardhat_") => {
            "this is a chain with final blocks and a fixed supply, not a simulator: its state changes \
             only by transactions"
        }
        _ if name.starts_with("engine_") => {
            "consensus is part of this program: there is no engine API"
        }
        _ => return format!("the method {name} does not exist; rpc.discover lists all that do"),
    };
    format!("the method {name} is not available: {reason}")
}

/// Whether a method begins or ends a subscription, which only a WebSocket connection can hold.
pub(super) fn is_subscription(name: &str) -> bool {
    let verb = ["eth_", "channel_", "market_"].iter().find_map(|space| name.strip_prefix(space));
    matches!(verb, Some("subscribe" | "unsubscribe"))
}

#[cfg(test)]
mod tests {
    use super::why;

    #[test]
    fn refused_methods_say_why() {
        assert!(why("evm_snapshot").contains("final"));
        assert!(why("anvil_setBalance").contains("supply is fixed"));
        assert!(why("hardhat_impersonateAccount").contains("not a simulator"));
        assert!(why("eth_sendTransaction").contains("eth_sendRawTransaction"));
        for name in ["eth_subscribe", "channel_unsubscribe", "market_subscribe"] {
            assert!(why(name).ends_with("subscriptions need a WebSocket connection"), "{name}");
        }
        assert!(why("market_subscribeAll").contains("does not exist"));
        assert!(why("eth_fooBar").contains("eth_fooBar does not exist"));
    }
}
