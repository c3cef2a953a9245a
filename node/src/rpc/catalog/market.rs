//! `market_` of the catalogue.

use super::{Entry, entry};

pub(super) const MARKET: &[Entry] = &[
    entry(
        "market_awards",
        &["account: Address", "limit?: Quantity"],
        "Award[] {bid, epoch, swarm, units, paymentWei, refundWei, block}",
        "What an account's bids came to, newest first",
    ),
    entry(
        "market_bid",
        &["id: Quantity"],
        "MarketBid",
        "A bid, in the book or over, with what it came to",
    ),
    entry("market_bids", &["account: Address"], "MarketBid[]", "An account's bids in the book"),
    entry(
        "market_book",
        &["epoch?: Quantity"],
        "MarketBook or null {epoch, seed, minAskTicks, feeBps, offers, bids, root}",
        "The book of an epoch from its freeze on, or the newest one: all that clearing looks at",
    ),
    entry(
        "market_bookFee",
        &["swarm: Bytes32"],
        "BookFees {bidWei, offerWei}",
        "What a place in the book costs now; it doubles as the book fills",
    ),
    entry(
        "market_cancelBid",
        &["request: CancelBid {from, id}"],
        "PreparedTransaction",
        "Unsigned: ends a standing bid with its current epoch",
    ),
    entry(
        "market_changeOffer",
        &["request: ChangeOffer {id, from, capacity, reserveTicks, swarms, toEpoch?, bondWei?}"],
        "PreparedTransaction",
        "Unsigned: ends an offer with the current epoch and posts another",
    ),
    entry(
        "market_commit",
        &[
            "request: CommitBid {from, swarm, tiers, salt, ceilingTicks?, qmax?, signer?, maxBookFeeWei?, epochs?}",
        ],
        "PreparedTransaction",
        "Unsigned: seals a bid and locks its ceiling; keep tiers and salt for the reveal",
    ),
    entry(
        "market_commitHash",
        &["query: CommitHashQuery {epoch?, buyer, swarm, tiers, salt}"],
        "Bytes32",
        "What a commit seals",
    ),
    entry(
        "market_epoch",
        &[],
        "MarketEpoch {epoch, phase, endsAtMs, msLeft, blocksLeft, bids, offers, feeBps, …}",
        "The epoch under way: phase, countdown, terms",
    ),
    entry(
        "market_epochs",
        &["limit?: Quantity"],
        "EpochResult[] {epoch, block, isVoid, root, welfareWei, volumeWei, ops}",
        "Epochs that are over, newest first",
    ),
    entry("market_lease", &["id: Bytes32"], "MarketLease", "A lease, open or closed"),
    entry(
        "market_leases",
        &["account: Address", "limit?: Quantity"],
        "MarketLease[]",
        "Leases of an account as buyer or seller, newest first",
    ),
    entry("market_offer", &["id: Quantity"], "MarketOffer", "A standing offer"),
    entry(
        "market_offers",
        &["swarm: Bytes32", "offset?: Quantity"],
        "OfferPage {offers, next}",
        "Standing offers for a swarm; activeFrom is null while a seller's bond keeps them out of the books",
    ),
    entry(
        "market_offersOf",
        &["seller: Address", "offset?: Quantity"],
        "OfferPage {offers, next}",
        "A seller's standing offers",
    ),
    entry(
        "market_postOffer",
        &["request: PostOffer {from, capacity, reserveTicks, swarms, toEpoch?, bondWei?}"],
        "PreparedTransaction",
        "Unsigned: offers upload capacity from the next epoch on, with the bond it needs",
    ),
    entry(
        "market_prices",
        &["swarm: Bytes32", "limit?: Quantity"],
        "SwarmPrice[] {epoch, block, units, sellers, bids, marginalTicks, sellerTicks, isFallback}",
        "What a swarm's units cost, newest epoch first",
    ),
    entry(
        "market_receiptDigest",
        &["leaseId: Bytes32", "deliveredBytes: Quantity"],
        "ReceiptDigest {digest, typedData}",
        "What the signer of a receipt signs, as a hash and for eth_signTypedData_v4",
    ),
    entry(
        "market_reveal",
        &["request: RevealBid {from, id, tiers, salt}"],
        "PreparedTransaction",
        "Unsigned: opens a bid in the reveal phase; without it, it bids its ceiling",
    ),
    entry(
        "market_seller",
        &["seller: Address"],
        "MarketSeller {bondWei, requiredWei, isEnough, activeFrom, closedLeases, leasedBytes, deliveredBytes, netWei, bondBurntWei}",
        "A seller's bond, and what it delivered of what it leased",
    ),
    entry(
        "market_simulateBid",
        &["bid: SimulateBid {swarm, tiers, epochs?}"],
        "SimulatedBid[] {epoch, units, paymentWei, marginalTicks}",
        "What a bid would have won and paid in the newest epochs, at most 8; fewer where their books are large",
    ),
    entry(
        "market_submitReceipts",
        &["request: SubmitReceipts {from?, receipts: [{leaseId, deliveredBytes, signature}]}"],
        "PreparedTransaction",
        "Unsigned: hands in receipts, at most 512; anyone may send it",
    ),
    entry(
        "market_subscribe",
        &["filter?: MarketFilter {swarm?, account?}"],
        "SubscriptionId",
        "Phases, bids, awards, leases as blocks bring them, written as in results; WebSocket only",
    ),
    entry(
        "market_topUpBond",
        &["request: TopUpBond {from, amountWei}"],
        "PreparedTransaction",
        "Unsigned: adds to a seller's bond",
    ),
    entry("market_unsubscribe", &["id: SubscriptionId"], "boolean", "Ends a subscription"),
    entry(
        "market_withdrawBond",
        &["request: WithdrawBond {from, amountWei?}"],
        "PreparedTransaction",
        "Unsigned: takes out of a bond what no offer binds",
    ),
    entry(
        "market_withdrawOffer",
        &["request: WithdrawOffer {from, id}"],
        "PreparedTransaction",
        "Unsigned: ends an offer with the current epoch",
    ),
];
