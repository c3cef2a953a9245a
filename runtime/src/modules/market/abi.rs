//! The module's Solidity interface. Its errors are the module's errors; `Receipt` is the EIP-712 type that buyers
//! sign (rule E.5).

alloy_sol_types::sol! {
    /// The bandwidth market: sellers offer upload capacity, buyers bid sealed for units of it (8 MiB delivered within
    /// the lease), every epoch is cleared as a whole, and leases pay by signed receipts. Prices are ticks (a
    /// millionth of a BTT) per unit, amounts wei, block times ms since 1970.
    #[derive(Debug, PartialEq, Eq)]
    #[sol(abi)]
    interface IMarket {
        enum Phase {
            /// Bids come in, sealed.
            Commit,
            /// They are opened.
            Reveal,
            /// The book is frozen, the result is awaited.
            Clearing
        }

        /// So many units at this price each, in ticks.
        struct Tier {
            uint64 price;
            uint32 quantity;
        }
        /// Signed by the bid's signer: what has been delivered of a lease in all.
        struct Receipt {
            bytes32 leaseId;
            uint128 deliveredBytes;
        }
        struct SignedReceipt {
            bytes32 leaseId;
            uint128 deliveredBytes;
            bytes signature;
        }
        /// What the market is doing.
        struct Clock {
            /// The epoch whose book is open or frozen.
            uint32 epoch;
            Phase phase;
            /// The phase ends in the first block with both of them come, and not before what is under way is done.
            uint64 endsAtMs;
            uint64 endsAtBlock;
            /// The block at whose beginning the book was frozen; 0 before.
            uint64 freezeBlock;
            /// What breaks ties of the newest frozen book; 0 until two blocks after the freeze.
            bytes32 seed;
            /// The epoch whose result is being applied; 0 for none.
            uint32 applyingEpoch;
            /// Bids and offers in the book, and pairs of an offer and a swarm.
            uint32 bids;
            uint32 offers;
            uint32 edges;
        }
        struct Bid {
            address buyer;
            address signer;
            bytes32 swarm;
            uint32 epoch;
            uint32 qmax;
            /// Locked for each epoch.
            uint64 lockTicks;
            /// This epoch counted.
            uint32 epochsLeft;
            bool isRevealed;
            /// Whether it stands from an earlier epoch.
            bool isRenewed;
            /// What it bids; without a reveal `qmax` units at the ceiling.
            Tier[] tiers;
            /// The sealed hash; 0 once it is revealed.
            bytes32 commitHash;
        }
        struct Offer {
            address seller;
            uint32 capacity;
            uint64 reserveTicks;
            bytes32[] swarms;
            uint32 fromEpoch;
            uint32 toEpoch;
            /// Leases that are not closed.
            uint32 openLeases;
            /// What of the bond it binds.
            uint256 requiredWei;
            uint256 storageDepositWei;
        }
        struct Lease {
            uint32 epoch;
            uint64 bidId;
            uint64 offerId;
            bytes32 swarm;
            address buyer;
            address seller;
            address signer;
            uint32 units;
            uint256 buyerWei;
            uint256 sellerWei;
            uint128 deliveredBytes;
            uint128 dueBytes;
            /// When the time to deliver is over.
            uint64 endsAtMs;
            uint64 endsAtBlock;
            /// When the time to hand in receipts is over.
            uint64 receiptsUntilMs;
            uint64 receiptsUntilBlock;
        }
        struct Terms {
            uint16 feeBps;
            uint16 penaltyBps;
            uint64 minAskTicks;
            uint256 bookFeeWei;
            uint32 leaseS;
            uint32 receiptS;
        }

        event PhaseChanged(uint32 indexed epoch, Phase phase, uint64 endsAtMs, uint64 endsAtBlock);
        event OfferPosted(uint64 indexed offerId, address indexed seller, uint32 capacity, uint64 reserveTicks, bytes32[] swarms, uint32 fromEpoch, uint32 toEpoch);
        /// By its seller, before its time.
        event OfferWithdrawn(uint64 indexed offerId, address indexed seller, uint32 lastEpoch);
        /// Its last epoch is over.
        event OfferEnded(uint64 indexed offerId, address indexed seller, uint32 lastEpoch);
        event BondChanged(address indexed seller, uint256 bondWei, uint256 requiredWei, bool isEnough);
        event BidCommitted(uint64 indexed bidId, address indexed buyer, bytes32 indexed swarm, uint32 epoch, uint32 qmax, uint64 lockTicks, bytes32 commitHash, address signer, uint32 epochs);
        event BidRevealed(uint64 indexed bidId, address indexed buyer, bytes32 indexed swarm, uint32 epoch, Tier[] tiers);
        /// Nobody revealed it: it bids its ceiling for all its units.
        event BidDefaulted(uint64 indexed bidId, address indexed buyer, bytes32 indexed swarm, uint32 epoch);
        /// A standing bid ends with this epoch.
        event BidCancelled(uint64 indexed bidId, address indexed buyer, uint32 lastEpoch, uint256 refundWei);
        /// A standing bid is in the next epoch's book.
        event BidRenewed(uint64 indexed bidId, address indexed buyer, bytes32 indexed swarm, uint32 epoch, uint32 epochsLeft);
        event EpochFrozen(uint32 indexed epoch, uint64 block, uint32 bids, uint32 offers);
        event EpochCleared(uint32 indexed epoch, bytes32 root, uint256 welfareWei, uint256 volumeWei, uint64 ops);
        event EpochVoided(uint32 indexed epoch);
        /// What a bid came to; the payment is kept for its leases, the refund has gone to the buyer.
        event Won(uint64 indexed bidId, address indexed buyer, bytes32 indexed swarm, uint32 epoch, uint32 units, uint256 paymentWei, uint256 refundWei);
        event LeaseOpened(bytes32 indexed leaseId, address indexed buyer, address indexed seller, uint32 epoch, uint64 bidId, uint64 offerId, bytes32 swarm, address signer, uint32 units, uint256 buyerWei, uint256 sellerWei);
        /// All leases of the epoch are open.
        event LeasesStarted(uint32 indexed epoch, uint32 leases, uint64 endsAtMs, uint64 endsAtBlock, uint64 receiptsUntilMs, uint64 receiptsUntilBlock);
        event ReceiptSubmitted(bytes32 indexed leaseId, uint128 deliveredBytes);
        event LeaseClosed(bytes32 indexed leaseId, address indexed buyer, address indexed seller, uint128 deliveredBytes, uint128 dueBytes, uint256 netWei, uint256 feeWei, uint256 refundWei, uint256 burntWei, uint256 bondBurntWei);
        /// `marginalTicks`: most that one unit cost its winner; `sellerTicks`: the sellers' uniform price.
        event SwarmPriced(bytes32 indexed swarm, uint32 indexed epoch, uint32 units, uint32 sellers, uint32 bids, uint64 marginalTicks, uint256 sellerTicks, bool isFallback);

        error UnknownBid(uint64 bidId);
        error UnknownOffer(uint64 offerId);
        error UnknownLease(bytes32 leaseId);
        /// Another epoch is under way.
        error WrongEpoch(uint32 epoch, uint32 current);
        /// This cannot be done in the phase under way.
        error WrongPhase(Phase phase);
        /// Only the buyer may do this.
        error NotBuyer(address caller);
        /// Only the seller may do this.
        error NotSeller(address caller);
        /// The value is not lock times epochs plus the most that the place may cost.
        error WrongValue(uint256 valueWei, uint256 wantedWei);
        error BadQuantity(uint32 qmax, uint32 max);
        /// The lock is zero or does not divide evenly by the units.
        error LockNotMultiple(uint64 lockTicks, uint32 qmax);
        error BadEpochs(uint32 epochs, uint32 max);
        /// The swarm is zero.
        error NoSwarm();
        /// The account has a bid for this swarm in the epoch.
        error BidTwice(bytes32 swarm);
        /// The account has as many bids in the epoch as it may.
        error TooManyBids(uint256 max);
        /// The epoch's book has no place left.
        error BookFull(uint32 max);
        /// The place costs more than the caller was ready to pay.
        error BookFeeTooHigh(uint256 feeWei, uint256 maxWei);
        error AlreadyRevealed(uint64 bidId);
        /// Not the tiers and salt that were sealed.
        error RevealMismatch(bytes32 hash);
        error BadTierCount(uint256 count, uint256 max);
        error ZeroPrice();
        error ZeroQuantity();
        /// A tier above the one before it.
        error RisingPrice(uint64 price);
        error AboveCeiling(uint64 price, uint64 ceiling);
        error TooManyUnits(uint256 units, uint32 qmax);
        /// The tiers cost more than is locked.
        error AboveLock(uint256 ticks, uint64 lockTicks);
        /// The bid ends with this epoch anyway.
        error NotStanding(uint64 bidId);
        error BadCapacity(uint32 capacity, uint32 max);
        error BadReserve(uint64 reserveTicks);
        /// None, or more than an offer may list.
        error BadSwarmCount(uint256 count, uint256 max);
        /// Swarms must rise, each once.
        error SwarmsNotRising();
        /// An offer's last epoch must lie after the current one, and not too far.
        error BadLastEpoch(uint32 toEpoch, uint32 first, uint32 last);
        error TooManyOffers(uint32 max);
        error TooManyEdges(uint32 max);
        /// Too little for what the seller offers; storage deposit and book fee are taken off the value first.
        error BondTooLow(uint256 bondWei, uint256 requiredWei);
        /// Less is free.
        error BondBound(uint256 amountWei, uint256 freeWei);
        /// The offer ends with this epoch or an earlier one.
        error OfferEnding(uint64 offerId, uint32 lastEpoch);
        error ReceiptTooLate(uint64 untilMs, uint64 untilBlock);
        /// A higher one or the same was handed in.
        error ReceiptNotIncreasing(uint128 deliveredBytes, uint128 known);
        /// More than the lease is of.
        error AboveLease(uint128 deliveredBytes, uint128 dueBytes);
        /// Not 64 or 65 bytes, malleable, or not of the bid's signer.
        error BadSignature();
        error TooMany(uint256 count, uint256 max);

        /// Offers capacity (units an epoch) for any of the swarms from the next epoch to `toEpoch`. The value pays
        /// the book fee of each epoch and the storage deposit; the rest goes to the bond, which must cover all offers.
        function postOffer(uint32 capacity, uint64 reserveTicks, bytes32[] calldata swarms, uint32 toEpoch) external payable returns (uint64 offerId);
        /// Ends an offer with the current epoch and posts another.
        function changeOffer(uint64 offerId, uint32 capacity, uint64 reserveTicks, bytes32[] calldata swarms, uint32 toEpoch) external payable returns (uint64 newOfferId);
        /// Ends an offer with the current epoch. What it binds of the bond is free when its last lease is closed.
        function withdrawOffer(uint64 offerId) external;
        /// Adds the value to the caller's bond.
        function topUpBond() external payable;
        /// Pays out of the bond what no offer binds.
        function withdrawBond(uint256 amountWei) external;

        /// Bids for a swarm. The value is `lockTicks` × 10^12 × `epochs` + `maxBookFeeWei`; what the place does not
        /// cost returns at once. `lockTicks` / `qmax` is the ceiling of every price. `signer` (zero: the caller) signs
        /// receipts. With `epochs` above 1 the bid stands, sealed or revealed, for so many epochs.
        function commitBid(uint32 epoch, bytes32 swarm, uint32 qmax, uint64 lockTicks, bytes32 commitHash, address signer, uint256 maxBookFeeWei, uint32 epochs) external payable returns (uint64 bidId);
        /// Opens a bid. Without it, it bids its ceiling for all its units.
        function revealBid(uint64 bidId, Tier[] calldata tiers, bytes32 salt) external;
        /// Ends a standing bid with its current epoch and returns what is locked for later ones.
        function cancelBid(uint64 bidId) external returns (uint256 refundWei);
        /// Hands in a receipt; anyone may. Only a higher one than before counts.
        function submitReceipt(bytes32 leaseId, uint128 deliveredBytes, bytes calldata signature) external;
        /// Hands in up to 512 receipts, each by itself; returns a status byte for each: 0 counts, 1 not higher, 2 no
        /// such lease, 3 too late, 4 above the lease, 5 not signed by the signer.
        function submitReceipts(SignedReceipt[] calldata receipts) external returns (bytes memory statuses);
        /// Moves coins that were forced upon the module to the treasury.
        function sweep() external returns (uint256 amountWei);

        function clock() external view returns (Clock memory clock);
        function terms() external view returns (Terms memory terms);
        function bid(uint64 bidId) external view returns (Bid memory bid);
        /// The account's bids of the epoch under way, and of one under application.
        function bidsOf(address account) external view returns (uint64[] memory bidIds);
        function offer(uint64 offerId) external view returns (Offer memory offer);
        /// Those of a seller among `limit` standing offers from `offset` on (at most 1,024); `next` is 0 at the end.
        function offersOf(address seller, uint32 offset, uint32 limit) external view returns (uint64[] memory offerIds, uint32 next);
        /// Those that list a swarm, likewise.
        function offersFor(bytes32 swarm, uint32 offset, uint32 limit) external view returns (uint64[] memory offerIds, uint32 next);
        function lease(bytes32 leaseId) external view returns (Lease memory lease);
        /// Leases of an epoch that are not closed, among `limit` from `offset` on (at most 1,024); `total` were opened.
        function leasesOf(uint32 epoch, uint32 offset, uint32 limit) external view returns (bytes32[] memory leaseIds, uint32 total);
        /// A seller's bond, what its offers bind of it, and whether that is enough. With less than half of it they are in no
        /// later book (`activeFrom` is 2³² − 1) until it is whole again, and then from the epoch `activeFrom` on.
        function bond(address seller) external view returns (uint256 bondWei, uint256 requiredWei, bool isEnough, uint32 activeFrom);
        /// What a place in the book costs now, for each epoch of a bid for the swarm, and of an offer.
        function bookFee(bytes32 swarm) external view returns (uint256 bidWei, uint256 offerWei);
        /// What `postOffer` takes beside the book fee, in wei.
        function offerCost(uint32 capacity, uint64 reserveTicks, uint32 swarmCount) external view returns (uint256 bondWei, uint256 storageDepositWei);
        /// All that the module owes, and of it bonds and storage deposits.
        function totals() external view returns (uint256 escrowWei, uint256 bondsWei, uint256 depositsWei);
        /// What `commitBid` seals.
        function commitHash(uint32 epoch, address buyer, bytes32 swarm, Tier[] calldata tiers, bytes32 salt) external view returns (bytes32 hash);
        function leaseIdOf(uint32 epoch, uint64 bidId, uint64 offerId) external view returns (bytes32 leaseId);
        /// What the signer of a receipt signs (EIP-712).
        function receiptDigest(bytes32 leaseId, uint128 deliveredBytes) external view returns (bytes32 digest);
        /// EIP-5267: its domain.
        function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);
    }
}
