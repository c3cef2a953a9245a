//! The module's Solidity interface. Its errors are the module's errors.

alloy_sol_types::sol! {
    /// Proposals that stake decides. Weights are wei of stake; times are ms since 1970.
    #[derive(Debug, PartialEq, Eq)]
    #[sol(abi)]
    interface IGovernance {
        /// What a proposal does.
        enum Kind {
            /// Changes chain parameters.
            ChangeParams,
            /// Pays out of the treasury.
            SpendTreasury,
            /// Turns new rules on, once two thirds of the power are ready.
            ActivateFeature,
            /// Cancels an open slash.
            CancelSlash,
            /// Lets a module whose hook failed work again.
            Unpause
        }
        /// Where a proposal stands.
        enum Status {
            /// Collects its deposit.
            Deposit,
            /// Is voted on.
            Voting,
            /// Has passed; takes effect after a delay.
            Passed,
            /// Too few said yes.
            Rejected,
            /// A third vetoed it; its deposits are burnt.
            Vetoed,
            /// Too few voted.
            NoQuorum,
            /// Its deposit did not come together in time.
            Expired,
            /// Has taken effect.
            Enacted,
            /// Could not take effect.
            Failed
        }
        /// A vote.
        enum Choice {
            /// No vote.
            None,
            /// For it.
            Yes,
            /// Against it.
            No,
            /// Against it, and its deposits shall be burnt.
            NoWithVeto,
            /// Counts for the quorum only.
            Abstain
        }

        /// A parameter and its new value.
        struct Change { string name; uint256 value; }

        /// A proposal.
        struct Proposal {
            uint64 id;
            Kind kind;
            Status status;
            bool isExpedited;
            address proposer;
            string title;
            /// ABI encoding of what it does: `Change[]`; (address to, uint256 amountWei); (string feature,
            /// string minVersion); (address operator); (address module).
            bytes payload;
            uint256 depositWei;
            uint256 neededDepositWei;
            uint64 submittedMs;
            /// When the status ends at the earliest: deposits, votes, or the delay before its effect.
            uint64 endsAtMs;
            uint64 endsAtBlock;
            uint256 yesWei;
            uint256 noWei;
            uint256 vetoWei;
            uint256 abstainWei;
            /// Stake that counts for the quorum.
            uint256 totalWei;
            string failure;
        }

        /// A feature (hard fork) that a vote turned on.
        struct Feature {
            string name;
            string minVersion;
            /// Power of the validators whose newest block signals it, and the power of all.
            uint64 readyPower;
            uint64 totalPower;
            /// First block under the new rules; 0 while validators are not ready.
            uint64 activationBlock;
        }

        event Proposed(uint64 indexed id, address indexed proposer, Kind kind, bool isExpedited);
        event Deposited(uint64 indexed id, address indexed depositor, uint256 amountWei);
        event VotingStarted(uint64 indexed id, uint64 endsAtMs, uint64 endsAtBlock);
        event Voted(uint64 indexed id, address indexed voter, address indexed validator, Choice choice, uint256 weightWei);
        event ProposalClosed(uint64 indexed id, Status status);
        event ProposalEnacted(uint64 indexed id);
        event ProposalFailed(uint64 indexed id, string reason);
        event DepositReturned(uint64 indexed id, address indexed depositor, uint256 amountWei);
        event DepositsBurnt(uint64 indexed id, uint256 amountWei);
        event FeatureScheduled(string name, uint64 activationBlock);

        /// No proposal has this id.
        error UnknownProposal(uint64 id);
        /// The title is empty or longer than 128 bytes, or the payload longer than 2,048.
        error BadText();
        /// The payload does not decode for its kind.
        error BadPayload(string reason);
        /// A change that is out of range, unknown, or does not fit the other parameters.
        error BadChange(string name, string reason);
        /// Below the least first deposit.
        error DepositTooLow(uint256 amountWei, uint256 minWei);
        /// As many proposals are open as may be.
        error TooManyProposals(uint256 max);
        /// Not in the deposit phase.
        error NotInDeposit(uint64 id);
        /// Not in the voting phase, or its end has come.
        error NotInVoting(uint64 id);
        /// No such choice.
        error BadChoice();
        /// Nothing of the caller's stake counts in this vote.
        error NoWeight(uint64 id, address voter);
        /// This kind of proposal cannot be expedited, or cannot name this target.
        error NotAllowed(string reason);
        /// Deposits are returned when a proposal is over, unless they were burnt.
        error NothingToReturn(uint64 id, address depositor);
        /// A list longer than allowed.
        error TooMany(uint256 count, uint256 max);

        /// Makes a proposal; the value is its first deposit.
        function propose(Kind kind, bool isExpedited, string calldata title, bytes calldata payload) external payable returns (uint64 id);
        /// Adds to a proposal's deposit; voting starts when it is enough.
        function deposit(uint64 id) external payable;
        /// Votes with all stake of the caller's validator whose delegators have not voted themselves.
        function vote(uint64 id, Choice choice) external;
        /// Votes with the caller's delegations to these validators, in place of them.
        function voteDelegations(uint64 id, Choice choice, address[] calldata validators) external;
        /// Returns the caller's deposit of a proposal that is over.
        function reclaimDeposit(uint64 id) external returns (uint256 amountWei);

        function proposal(uint64 id) external view returns (Proposal memory proposal);
        /// Ids of proposals, newest first; at most 64.
        function proposals(uint256 offset, uint256 limit) external view returns (uint64[] memory ids, uint64 total);
        /// Proposals that are not over.
        function openProposals() external view returns (uint64[] memory ids);
        /// What a proposal needs: part of all stake that votes, of yes and no that says yes, of votes that vetoes.
        function thresholds(uint64 id) external view returns (uint16 quorumBps, uint16 thresholdBps, uint16 vetoBps);
        function depositOf(uint64 id, address depositor) external view returns (uint256 amountWei);
        /// How a validator votes, and with how much.
        function validatorVote(uint64 id, address validator) external view returns (Choice choice, uint256 weightWei);
        /// How a delegation votes, and with how much.
        function delegationVote(uint64 id, address delegator, address validator) external view returns (Choice choice, uint256 weightWei);
        /// Features that votes turned on.
        function features() external view returns (Feature[] memory features);
    }
}
