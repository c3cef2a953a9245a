//! `channel_` of the catalogue.

use super::{Entry, entry};

pub(super) const CHANNEL: &[Entry] = &[
    entry(
        "channel_byPayee",
        &["payee: Address", "cursor?: Bytes"],
        "ChannelPage",
        "Channels that pay an account, in the order of their opening",
    ),
    entry(
        "channel_byPayer",
        &["payer: Address", "cursor?: Bytes"],
        "ChannelPage",
        "Channels and pools that an account opened, in the order of their opening",
    ),
    entry(
        "channel_close",
        &["request: CloseChannel {from, id, voucher?, tick?, signature?, captureWei?}"],
        "PreparedTransaction",
        "Unsigned: payee or operator is paid by the newest voucher and ends a channel",
    ),
    entry(
        "channel_coopClose",
        &["request: CoopCloseChannel {from?, split, signerSignature, payeeSignature}"],
        "PreparedTransaction",
        "Unsigned: ends a channel at once by a split that both sides signed",
    ),
    entry(
        "channel_digest",
        &["voucher: Voucher, PoolVoucher or ConditionalVoucher"],
        "VoucherDigest {digest, typedData}",
        "What a voucher's signer signs, as a hash and for eth_signTypedData_v4",
    ),
    entry(
        "channel_estimateFee",
        &["query: ChannelFeeQuery {kind} or {call}"],
        "ChannelFee",
        "Gas and fee of a kind of call, or of a call that is tried",
    ),
    entry(
        "channel_expire",
        &["request: FromChannel {from?, id}"],
        "PreparedTransaction",
        "Unsigned: refunds the payer after expiry and grace",
    ),
    entry("channel_get", &["id: Bytes32"], "ChannelInfo", "A channel or pool, open or closed"),
    entry(
        "channel_history",
        &["id: Bytes32", "cursor?: Bytes"],
        "ChannelEventPage",
        "What happened to a channel or pool, oldest first",
    ),
    entry(
        "channel_list",
        &["query?: ChannelQuery {payer?, payee?, status?, cursor?, limit?}"],
        "ChannelPage {channels, next}",
        "Channels and pools in the order of their opening",
    ),
    entry(
        "channel_open",
        &[
            "request: OpenChannel {from, payee, depositWei, operator?, signer?, salt?, graceS?, expiry?}",
        ],
        "PreparedTransaction",
        "Unsigned: opens a channel",
    ),
    entry(
        "channel_poolClaim",
        &["id: Bytes32", "payee: Address"],
        "PoolPayeeClaim",
        "What a payee was paid by a pool",
    ),
    entry("channel_poolGet", &["id: Bytes32"], "ChannelInfo", "A pool, open or closed"),
    entry(
        "channel_poolOpen",
        &[
            "request: OpenPool {from, depositWei, collateralWei?, minPayees?, signer?, salt?, graceS?, expiry?}",
        ],
        "PreparedTransaction",
        "Unsigned: opens a pool",
    ),
    entry(
        "channel_poolSettle",
        &["request: SettleChannel {from?, voucher, tick?, signature}"],
        "PreparedTransaction",
        "Unsigned: pays by a pool's voucher",
    ),
    entry(
        "channel_poolTopUp",
        &["request: TopUpPool {from, id, amountWei, collateralWei?}"],
        "PreparedTransaction",
        "Unsigned: adds to a pool's deposit and collateral",
    ),
    entry(
        "channel_prepareBatch",
        &["items: SignedVoucher[] {voucher, tick?, secret?, signature}", "from?: Address"],
        "PreparedBatch {transactions, refused, dueWei}",
        "Unsigned: pays by many vouchers, at most 1,024 and 128 KiB a transaction",
    ),
    entry(
        "channel_requestClose",
        &["request: FromChannel {from?, id}"],
        "PreparedTransaction",
        "Unsigned: the payer starts the grace of a channel or pool",
    ),
    entry(
        "channel_settle",
        &[
            "request: SettleChannel {from?, voucher, tick?, secret?, signature, watch?, watchSignature?}",
        ],
        "PreparedTransaction",
        "Unsigned: pays by a voucher of any shape; anyone may send it",
    ),
    entry(
        "channel_storageDeposit",
        &[],
        "StorageDeposits",
        "What opening takes for the records, in wei; it returns at the end",
    ),
    entry(
        "channel_subscribe",
        &["filter?: ChannelFilter {channel?, payer?, payee?}"],
        "SubscriptionId",
        "Events of channels as blocks bring them, close requests among them; WebSocket only",
    ),
    entry(
        "channel_topUp",
        &["request: TopUpChannel {from, id, amountWei}"],
        "PreparedTransaction",
        "Unsigned: adds to a deposit; by the payer it also takes a close request back",
    ),
    entry("channel_unsubscribe", &["id: SubscriptionId"], "boolean", "Ends a subscription"),
    entry(
        "channel_verifyVoucher",
        &["signed: SignedVoucher {voucher, tick?, secret?, signature}"],
        "VoucherVerdict {valid, reason?, signer, claimWei, settledWei, dueWei, status}",
        "Whether a voucher would be paid now, and how much",
    ),
    entry(
        "channel_watch",
        &["request: WatchRequest {voucher, tick?, signature, watch?, watchSignature?}"],
        "WatchedVoucher",
        "Hands the newest voucher to this node's watchtower, which has it on disk when it answers",
    ),
    entry(
        "channel_watched",
        &["id: Bytes32"],
        "WatchedVoucher[]",
        "What the watchtower keeps of a channel, by lane",
    ),
    entry(
        "channel_withdraw",
        &["request: FromChannel {from?, id}"],
        "PreparedTransaction",
        "Unsigned: refunds the payer after the grace of a close request",
    ),
];
