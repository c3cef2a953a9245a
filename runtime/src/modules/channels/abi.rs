//! The module's Solidity interface. Its errors are the module's errors; its structs without `Wei` in their
//! names are the EIP-712 types that people sign (rule D.3).

alloy_sol_types::sol! {
    /// Payment channels: a deposit on the chain, signed cumulative vouchers off it, one settlement. Amounts are
    /// wei; grace and validity are seconds, block times ms since 1970.
    #[derive(Debug, PartialEq, Eq, Default)]
    #[sol(abi)]
    interface IChannels {
        /// Signed by the channel's signer: `cumulativeAmount` is what the lane has been paid in all.
        struct Voucher {
            bytes32 channelId;
            uint32 lane;
            uint128 cumulativeAmount;
            bytes32 tickAnchor;
            uint128 tickValue;
            uint32 tickMax;
        }
        /// The same for one payee of a pool.
        struct PoolVoucher {
            bytes32 poolId;
            address payee;
            uint32 lane;
            uint128 cumulativeAmount;
            bytes32 tickAnchor;
            uint128 tickValue;
            uint32 tickMax;
        }
        /// A voucher that counts only with the preimage of `hashLock` (keccak256), before `timeout` (s since 1970).
        struct ConditionalVoucher {
            bytes32 channelId;
            uint32 lane;
            uint128 cumulativeAmount;
            bytes32 hashLock;
            uint64 timeout;
        }
        /// Signed by both sides: how what remains after `settled` is split, at once.
        struct CoopClose {
            bytes32 channelId;
            uint128 settled;
            uint128 payerPart;
            uint128 payeePart;
        }
        /// Signed by the payee: `tower` may keep so much of what it settles, until `validUntil` (s since 1970).
        struct Watch {
            bytes32 channelId;
            address tower;
            uint16 tipBps;
            uint64 validUntil;
        }
        /// How many ticks after a voucher have been paid, and the preimage that proves it; 0 for none.
        struct Tick {
            uint32 index;
            bytes32 preimage;
        }

        /// A channel.
        struct Channel {
            address payer;
            address payee;
            /// Who signs vouchers.
            address signer;
            uint64 openIndex;
            uint128 depositWei;
            /// Paid out in all lanes.
            uint128 settledWei;
            /// Of it, lane by lane.
            uint128[4] laneSettledWei;
            uint32 graceS;
            /// Returned to the payer when the channel is deleted.
            uint128 storageDepositWei;
            /// When the payer may withdraw after its close request; 0 where there is none.
            uint64 closesAtMs;
            uint64 closesAtBlock;
            /// When anyone may expire it; 0 if never.
            uint64 expiresAtMs;
            uint64 expiresAtBlock;
        }

        /// A pool.
        struct Pool {
            address payer;
            address signer;
            uint64 openIndex;
            uint128 depositWei;
            uint128 settledWei;
            /// Burnt when the payer has promised more than the deposit.
            uint128 collateralWei;
            /// No payee may claim more than deposit / minPayees.
            uint16 minPayees;
            bool isFrozen;
            uint32 graceS;
            uint128 storageDepositWei;
            uint64 closesAtMs;
            uint64 closesAtBlock;
            uint64 expiresAtMs;
            uint64 expiresAtBlock;
        }

        event ChannelOpened(bytes32 indexed channelId, address indexed payer, address indexed payee, address signer, address operator, bytes32 salt, uint64 openIndex, uint128 depositWei, uint32 graceS, uint64 expiry);
        event ToppedUp(bytes32 indexed channelId, address indexed from, uint128 amountWei, uint128 depositWei);
        event Settled(bytes32 indexed channelId, address indexed payee, uint32 lane, uint128 paidWei, uint128 settledWei);
        /// What a batch settled for one payee: 48 bytes for each item, id ‖ paid wei.
        event BatchSettled(address indexed payee, bytes items);
        event TowerPaid(bytes32 indexed channelId, address indexed tower, uint128 tipWei);
        event CloseRequested(bytes32 indexed channelId, address indexed payer, address indexed payee, uint64 closesAtMs, uint64 closesAtBlock);
        event CloseCancelled(bytes32 indexed channelId, address indexed payer, address indexed payee);
        event ChannelClosed(bytes32 indexed channelId, address indexed payer, address indexed payee, uint128 paidWei, uint128 refundedWei);
        event PoolOpened(bytes32 indexed poolId, address indexed payer, address signer, bytes32 salt, uint64 openIndex, uint128 depositWei, uint128 collateralWei, uint16 minPayees, uint32 graceS, uint64 expiry);
        event PoolToppedUp(bytes32 indexed poolId, address indexed payer, uint128 amountWei, uint128 depositWei, uint128 collateralWei);
        event PoolSettled(bytes32 indexed poolId, address indexed payee, uint32 lane, uint128 paidWei, uint128 settledWei);
        /// The payer promised more than there is: the payee got what remained, the collateral is burnt.
        event PoolFrozen(bytes32 indexed poolId, address indexed payer, address indexed payee, uint128 burntWei);
        event PoolCloseRequested(bytes32 indexed poolId, address indexed payer, uint64 closesAtMs, uint64 closesAtBlock);
        event PoolCloseCancelled(bytes32 indexed poolId, address indexed payer);
        event PoolClosed(bytes32 indexed poolId, address indexed payer, uint128 refundedWei);

        /// No open channel has this id.
        error UnknownChannel(bytes32 channelId);
        /// No open pool has this id.
        error UnknownPool(bytes32 poolId);
        /// Only the payer may do this.
        error NotPayer(address caller);
        /// Only the payee (or, by its own call, the operator) may do this.
        error NotPayee(address caller);
        /// Zero, the payer itself, or a module.
        error BadPayee(address payee);
        error BadGrace(uint32 graceS, uint32 minS, uint32 maxS);
        /// In the past, or too far away.
        error BadExpiry(uint64 expiry);
        /// Below the least deposit, after the storage deposit is taken off the value.
        error DepositTooLow(uint256 depositWei, uint256 minWei);
        /// The payer has as many channels and pools as it may.
        error TooManyChannels(uint32 max);
        /// The payer has as many channels with this payee as it may.
        error TooManyToPayee(address payee, uint32 max);
        /// A sum does not fit.
        error AmountOverflow();
        /// Not 64 or 65 bytes, malleable, or not of who must sign.
        error BadSignature();
        /// Lanes are 0 to 3.
        error BadLane(uint32 lane);
        /// The preimage does not lead to the anchor.
        error BadTick(uint32 index);
        /// Beyond the voucher's `tickMax`, or that beyond 1,024.
        error TickTooFar(uint32 index, uint32 max);
        /// The voucher and what other lanes were paid exceed the deposit.
        error AboveDeposit(uint256 claimWei, uint256 depositWei);
        /// Not the preimage of the hash lock.
        error BadSecret();
        /// The condition's time is over.
        error ConditionExpired(uint64 timeout);
        /// Outside of what the lane was paid and what the voucher claims.
        error BadCapture(uint128 captureWei, uint128 settledWei, uint128 claimWei);
        /// The parts are not what remains, or another amount was settled meanwhile.
        error BadSplit(uint128 settledWei, uint128 remainingWei);
        error AlreadyClosing(bytes32 id);
        /// Nobody asked to close it.
        error NotClosing(bytes32 id);
        /// It never expires.
        error NoExpiry(bytes32 id);
        /// Too early: both time and block must come.
        error TooEarly(uint64 untilMs, uint64 untilBlock);
        /// The payee named another tower.
        error WrongTower(address caller);
        /// The payee's word is too old.
        error WatchExpired(uint64 validUntil);
        error TipTooHigh(uint16 tipBps, uint16 maxBps);
        error CollateralTooLow(uint128 collateralWei, uint128 depositWei);
        error BadMinPayees(uint16 minPayees, uint16 min);
        /// More than one payee of the pool may ever claim.
        error AbovePayeeShare(uint256 claimWei, uint256 maxWei);
        error PoolIsFrozen(bytes32 poolId);
        /// A payee's first claim pays for its record.
        error ClaimTooSmall(uint128 claimWei, uint128 storageDepositWei);
        /// The pool is still open.
        error PoolIsOpen(bytes32 poolId);
        /// The payee has no record with the pool.
        error NoClaim(bytes32 poolId, address payee);
        error TooMany(uint256 count, uint256 max);
        /// The batch does not decode from this byte on.
        error MalformedBatch(uint256 offset);

        /// Opens a channel; the value is its deposit and the storage deposit. `signer` zero means the payer;
        /// `operator` may close for the payee; `graceS` is how long the payee has after a close request;
        /// `expiry` (s since 1970) may be zero.
        function open(address payee, address operator, address signer, bytes32 salt, uint32 graceS, uint64 expiry) external payable returns (bytes32 channelId);
        /// Adds the value to the deposit. By the payer it also takes a close request back.
        function topUp(bytes32 channelId) external payable;
        /// Pays the payee what the voucher says beyond what was paid. Anyone may; less than was paid pays nothing.
        function settle(Voucher calldata voucher, Tick calldata tick, bytes calldata signature) external returns (uint128 paidWei);
        /// The same by a voucher with a condition.
        function settleConditional(ConditionalVoucher calldata voucher, bytes32 secret, bytes calldata signature) external returns (uint128 paidWei);
        /// The same by the tower that the payee named, which keeps its tip.
        function settleWatched(Voucher calldata voucher, Tick calldata tick, bytes calldata signature, Watch calldata watch, bytes calldata watchSignature) external returns (uint128 paidWei, uint128 tipWei);
        /// By the payee: is paid up to `captureWei` in the lane, the rest returns to the payer, the channel ends.
        /// Where nothing more is paid, no signature is needed.
        function close(Voucher calldata voucher, Tick calldata tick, bytes calldata signature, uint128 captureWei) external;
        /// The same by the operator, which `salt` proves.
        function closeAsOperator(Voucher calldata voucher, Tick calldata tick, bytes calldata signature, uint128 captureWei, bytes32 salt) external;
        /// Ends the channel at once by a split that both signed.
        function coopClose(CoopClose calldata split, bytes calldata signerSignature, bytes calldata payeeSignature) external;
        /// By the payer: from now on the payee has the grace to settle.
        function requestClose(bytes32 channelId) external;
        /// After the grace: returns to the payer what is not settled.
        function withdraw(bytes32 channelId) external;
        /// After expiry and grace: the same.
        function expire(bytes32 channelId) external;
        /// Settles up to 1,024 items, each by itself; returns a status byte for each (see `docs/channels.md`).
        function batchSettle(bytes calldata items) external returns (bytes memory statuses);

        /// Opens a pool; the value is deposit, `collateralWei` and the storage deposit.
        function poolOpen(address signer, bytes32 salt, uint32 graceS, uint64 expiry, uint16 minPayees, uint128 collateralWei) external payable returns (bytes32 poolId);
        /// Adds the value, of which `collateralWei` goes to the collateral, and takes a close request back. By the payer.
        function poolTopUp(bytes32 poolId, uint128 collateralWei) external payable;
        /// Pays the voucher's payee. One claim above what remains freezes the pool and burns its collateral.
        function poolSettle(PoolVoucher calldata voucher, Tick calldata tick, bytes calldata signature) external returns (uint128 paidWei);
        function poolRequestClose(bytes32 poolId) external;
        /// After the grace, or after expiry and grace, or when frozen: returns what remains to the payer.
        function poolClose(bytes32 poolId) external;
        /// Deletes payees' records of a pool that is gone; a tenth of their storage deposits is the caller's.
        function poolPrune(bytes32 poolId, address[] calldata payees) external;
        /// Moves coins that were forced upon the module to the treasury.
        function sweep() external returns (uint256 amountWei);

        function channel(bytes32 channelId) external view returns (Channel memory channel);
        function pool(bytes32 poolId) external view returns (Pool memory pool);
        /// What a payee was paid by a pool, lane by lane.
        function poolClaim(bytes32 poolId, address payee) external view returns (uint128[4] memory laneSettledWei, uint128 storageDepositWei);
        /// The index that the payer's next channel or pool gets, and how many are open.
        function payerStatus(address payer) external view returns (uint64 nextIndex, uint32 openCount);
        /// What `open` and `poolOpen` take for the records, in wei.
        function storageDeposit() external view returns (uint128 channelWei, uint128 poolWei);
        /// All that the module owes, and how much is open.
        function totals() external view returns (uint128 escrowWei, uint64 channels, uint64 pools);
        /// The id of a channel (kind 0) or pool (kind 1: payee and operator zero).
        function idOf(uint8 kind, address payer, address payee, address operator, bytes32 salt, address signer, uint64 openIndex) external view returns (bytes32 id);
        /// What the signer of a voucher signs (EIP-712).
        function digest(Voucher calldata voucher) external view returns (bytes32 digest);
        function poolDigest(PoolVoucher calldata voucher) external view returns (bytes32 digest);
        function conditionalDigest(ConditionalVoucher calldata voucher) external view returns (bytes32 digest);
        function coopCloseDigest(CoopClose calldata split) external view returns (bytes32 digest);
        function watchDigest(Watch calldata watch) external view returns (bytes32 digest);
        /// EIP-5267: the domain of all of them.
        function eip712Domain() external view returns (bytes1 fields, string memory name, string memory version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] memory extensions);
    }
}
