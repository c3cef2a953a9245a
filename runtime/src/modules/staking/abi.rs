//! The module's Solidity interface. Its errors are the module's errors.

alloy_sol_types::sol! {
    /// Validators, delegations, rewards and slashing. Amounts are wei; shares are a validator's own unit,
    /// worth `stakeWei / shares` each; times are ms since 1970; a validator is named by its operator.
    #[derive(Debug, PartialEq, Eq)]
    #[sol(abi)]
    interface IStaking {
        /// Where a validator stands.
        enum Status {
            /// Stands for election; has no power in this epoch.
            Candidate,
            /// Decides blocks in this epoch.
            Active,
            /// Left out for downtime until it calls `unjail`.
            Jailed,
            /// Guilty of signing twice; for ever, unless governance cancels the slash.
            Tombstoned,
            /// Away by its own word, comes back by itself.
            Maintenance,
            /// Leaving, or gone.
            Exited
        }

        /// A validator.
        struct Validator {
            address operator;
            Status status;
            /// Compressed secp256k1 consensus key.
            bytes publicKey;
            string name;
            string website;
            uint16 commissionBps;
            uint16 maxCommissionBps;
            uint16 maxCommissionChangeBps;
            uint256 stakeWei;
            uint256 selfStakeWei;
            uint256 shares;
            /// Voting power in this epoch: whole BTT.
            uint64 power;
            uint256 commissionOwedWei;
            uint64 jailedUntilMs;
            uint64 maintenanceUntilEpoch;
            /// Whether it accepts delegations of others.
            bool acceptsDelegations;
            /// Blocks of this epoch that it signed, and that it missed for certain.
            uint32 signedBlocks;
            uint32 missedBlocks;
        }

        /// A delegation and what it has earned.
        struct Delegation {
            address validator;
            uint256 shares;
            uint256 stakeWei;
            /// Part of the stake that earns from the next epoch on.
            uint256 enteringWei;
            /// Part of the stake that was redelegated and cannot move yet.
            uint256 lockedWei;
            uint256 rewardsWei;
            uint16 unbondings;
        }

        /// Stake on its way out.
        struct Unbonding {
            address validator;
            uint256 amountWei;
            /// Both must have come.
            uint64 unlocksAtMs;
            uint64 unlocksAtBlock;
            /// The validator is accused; nothing leaves until that is decided.
            bool isFrozen;
            bool isUnlocked;
        }

        /// Stake that was redelegated and stays liable for its former validator.
        struct Redelegation {
            address fromValidator;
            address toValidator;
            uint256 shares;
            uint64 unlocksAtMs;
            uint64 unlocksAtBlock;
        }

        /// The epoch under way.
        struct Epoch {
            uint64 number;
            uint64 firstBlock;
            uint64 firstMs;
            /// The last block, at the earliest.
            uint64 lastBlock;
            uint16 validators;
            uint64 totalPower;
        }

        /// One of the two statements of a proof; see `submitEvidence`.
        struct Statement {
            bytes32 blockHash;
            uint64 polRoundPlusOne;
            bytes signature;
        }

        /// A slash. `state`: 0 open, 1 burnt, 2 cancelled.
        struct Slash {
            address validator;
            /// 0 signed twice, 1 downtime.
            uint8 reason;
            uint8 state;
            /// Parts of 10¹⁸ that are lost.
            uint64 fraction;
            uint256 amountWei;
            uint64 infractionBlock;
            uint64 acceptedBlock;
            uint64 acceptedMs;
            /// When an open one is burnt unless governance cancels it.
            uint64 decidedAtMs;
        }

        /// Sums over all validators.
        struct Totals {
            uint256 bondedWei;
            uint256 unbondingWei;
            uint256 rewardsWei;
            uint256 slashEscrowWei;
            uint16 candidates;
        }

        event ValidatorCreated(address indexed operator, bytes publicKey, uint256 selfStakeWei);
        event ValidatorEdited(address indexed operator, string name, string website);
        event CommissionChanged(address indexed operator, uint16 oldBps, uint16 newBps);
        event ConsensusKeyRotationScheduled(address indexed operator, bytes publicKey);
        event ConsensusKeyRotated(address indexed operator, bytes publicKey);
        event ValidatorRanked(address indexed operator);
        event ValidatorUnranked(address indexed operator);
        event ValidatorJailed(address indexed operator, uint64 jailedUntilMs);
        event ValidatorUnjailed(address indexed operator);
        event MaintenanceDeclared(address indexed operator, uint64 untilEpoch);
        event ValidatorExited(address indexed operator);
        event Delegated(address indexed delegator, address indexed validator, uint256 amountWei, uint256 shares);
        event Undelegated(address indexed delegator, address indexed validator, uint256 amountWei, uint256 shares, uint64 unlocksAtMs, uint64 unlocksAtBlock);
        event Redelegated(address indexed delegator, address indexed fromValidator, address indexed toValidator, uint256 amountWei);
        event Withdrawn(address indexed delegator, address indexed validator, uint256 amountWei);
        event RewardsClaimed(address indexed delegator, address indexed validator, uint256 amountWei);
        event RewardsCompounded(address indexed delegator, address indexed validator, uint256 amountWei);
        event CommissionClaimed(address indexed operator, uint256 amountWei);
        event EvidenceAccepted(address indexed operator, bytes32 indexed evidence, uint64 infractionBlock, uint64 fraction, uint256 amountWei);
        event SlashRaised(address indexed operator, uint64 fraction, uint256 addedWei);
        event SlashBurnt(address indexed operator, uint256 amountWei);
        event SlashCancelled(address indexed operator, uint256 amountWei);
        event DowntimeSlashed(address indexed operator, uint256 amountWei);
        event EpochStarted(uint64 indexed number, uint64 firstBlock, uint16 validators, uint64 totalPower);
        event RewardsDistributed(uint64 indexed epoch, uint256 amountWei, uint256 emissionWei);

        /// No validator has this operator.
        error UnknownValidator(address operator);
        /// This account operates a validator already.
        error ValidatorExists(address operator);
        /// Not a compressed secp256k1 public key.
        error BadPublicKey();
        /// The key did not sign the digest of possession for this operator and chain.
        error BadProofOfPossession();
        /// The key is, or was, somebody's consensus key.
        error ConsensusKeyUsed(address key);
        /// A second rotation in one epoch, or a fifth within the evidence age.
        error TooManyRotations();
        /// Commission above its maximum, or a maximum above 10,000.
        error CommissionTooHigh(uint16 bps, uint16 maxBps);
        /// A larger step than `maxCommissionChangeBps` a day.
        error CommissionStepTooLarge(uint16 oldBps, uint16 newBps, uint16 maxChangeBps);
        /// The name is empty or longer than 32 bytes, or the website longer than 64.
        error BadDescription();
        /// Below the least self stake.
        error SelfStakeTooLow(uint256 amountWei, uint256 minWei);
        /// Below the least delegation, or of a size that buys no share.
        error AmountTooLow(uint256 amountWei, uint256 minWei);
        /// More than the delegation holds free.
        error ExceedsDelegation(uint256 amountWei, uint256 freeWei);
        /// There is no such delegation.
        error NoDelegation(address delegator, address validator);
        /// The validator has lost all its stake, or left, or is tombstoned: it takes none.
        error ValidatorClosed(address operator);
        /// The validator holds its share of all stake already.
        error DelegationCapReached(address operator, uint16 capBps);
        /// A slash of the validator is open; stake cannot move until it is decided.
        error SlashOpen(address operator);
        /// Seven entries are on their way out already.
        error TooManyUnbondings();
        /// Seven redelegations into this validator are locked already.
        error TooManyRedelegations();
        /// Delegations to as many validators as one account may have.
        error TooManyDelegations();
        /// Stake that was redelegated cannot move before then.
        error RedelegationLocked(uint256 lockedWei);
        /// From a validator to itself.
        error SameValidator();
        /// There is nothing to claim or withdraw.
        error NothingToClaim();
        /// The validator is not jailed.
        error NotJailed(address operator);
        /// Jailed for longer.
        error StillJailed(uint64 untilMs);
        /// Tombstoned: for ever.
        error Tombstoned(address operator);
        /// Maintenance of 1 to that many epochs, and not again before as many epochs have passed.
        error BadMaintenance(uint64 maxEpochs);
        /// Already among the candidates.
        error AlreadyRanked(address operator);
        /// All places for candidates are taken by larger stakes.
        error RankingFull(uint256 neededWei);
        /// Not fit to stand: jailed, leaving, in maintenance, or with too little self stake.
        error NotEligible(address operator);
        /// The statements do not prove anything; `reason` says why.
        error BadEvidence(string reason);
        /// Too old, or of a block to come.
        error EvidenceTooOld(uint64 height);
        /// The offender is tombstoned already.
        error AlreadyTombstoned(address operator);
        /// No open slash of this validator.
        error NoOpenSlash(address operator);
        /// Only governance may do this.
        error NotGovernance(address caller);
        /// A list longer than allowed.
        error TooMany(uint256 count, uint256 max);

        /// Makes the caller the operator of a validator; the value is its self stake. `possession` is the
        /// key's signature of `possessionDigest(caller)`, 65 bytes.
        function createValidator(bytes calldata publicKey, bytes calldata possession, string calldata name, string calldata website, uint16 commissionBps, uint16 maxCommissionBps, uint16 maxCommissionChangeBps) external payable;
        /// Changes name and website.
        function editValidator(string calldata name, string calldata website) external;
        /// Changes the commission; from the next epoch's rewards on.
        function setCommission(uint16 commissionBps) external;
        /// Replaces the consensus key at the next epoch. The old one stays liable.
        function rotateConsensusKey(bytes calldata publicKey, bytes calldata possession) external;
        /// Puts a validator among the candidates where its stake suffices. Anyone may call.
        function enterRanking(address operator) external;
        /// Ends the jail of the caller's validator.
        function unjail() external;
        /// Leaves the set for so many epochs from the next one on, without being jailed.
        function declareMaintenance(uint64 epochs) external;
        /// Leaves for good: the set at the next epoch; delegators take their stake out as they like.
        function exit() external;
        /// Delegates the value.
        function delegate(address validator) external payable returns (uint256 shares);
        /// Takes stake out; it unlocks after the unbonding time. The largest number means all that is free.
        function undelegate(address validator, uint256 amountWei) external returns (uint256 takenWei, uint64 unlocksAtMs, uint64 unlocksAtBlock);
        /// Moves stake to another validator at once; it stays liable for the former one for the unbonding
        /// time, and cannot move again before.
        function redelegate(address fromValidator, address toValidator, uint256 amountWei) external returns (uint256 movedWei);
        /// Pays out the caller's unlocked stake of a validator.
        function withdrawUnbonded(address validator) external returns (uint256 amountWei);
        /// Pays out the caller's rewards of a validator.
        function claimRewards(address validator) external returns (uint256 amountWei);
        /// Pays out the caller's rewards of up to 32 validators.
        function claimAllRewards(address[] calldata validators) external returns (uint256 amountWei);
        /// Delegates the caller's rewards of a validator to it.
        function compound(address validator) external returns (uint256 amountWei);
        /// Pays out the commission of the caller's validator.
        function claimCommission() external returns (uint256 amountWei);
        /// Proves that a validator made two statements that exclude each other. `kind`: 0 prevotes,
        /// 1 precommits, 2 proposals. The sender earns nothing by it.
        function submitEvidence(uint8 kind, uint64 height, uint32 round, Statement calldata first, Statement calldata second) external;
        /// Cancels an open slash and lifts the tombstone. Governance only.
        function cancelSlash(address operator) external;

        /// What a consensus key signs to prove that its holder operates this validator.
        function possessionDigest(address operator) external view returns (bytes32 digest);
        function epoch() external view returns (Epoch memory epoch);
        function totals() external view returns (Totals memory totals);
        function validator(address operator) external view returns (Validator memory validator);
        /// Operators of candidates in the order of their places; at most 128.
        function candidates(uint256 offset, uint256 limit) external view returns (address[] memory operators, uint256 total);
        /// All operators that ever were, in the order of their creation; at most 128.
        function validators(uint256 offset, uint256 limit) external view returns (address[] memory operators, uint256 total);
        /// Operators that decide the epoch's blocks, in the order of the set.
        function activeSet() external view returns (address[] memory operators, uint64[] memory powers);
        /// The operator whose consensus key this is or was, and the first epoch it could sign in.
        function keyOwner(address key) external view returns (address operator, uint64 fromEpoch);
        function delegation(address delegator, address validator) external view returns (Delegation memory delegation);
        /// All delegations of an account.
        function delegations(address delegator) external view returns (Delegation[] memory delegations);
        function unbondings(address delegator, address validator) external view returns (Unbonding[] memory unbondings);
        function redelegations(address delegator, address validator) external view returns (Redelegation[] memory redelegations);
        function rewards(address delegator, address validator) external view returns (uint256 amountWei);
        /// The newest slashes, newest first; at most 64.
        function slashes(uint256 limit) external view returns (Slash[] memory slashes);
    }
}
