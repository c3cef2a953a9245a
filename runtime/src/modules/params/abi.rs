//! The module's Solidity interface. Its errors are the module's errors.

alloy_sol_types::sol! {
    /// Chain parameters.
    #[derive(Debug, PartialEq, Eq)]
    #[sol(abi)]
    interface IParams {
        /// A parameter: `name` ends in its unit, `unit` says it in words.
        struct Param {
            string name;
            uint256 value;
            uint256 min;
            uint256 max;
            uint256 defaultValue;
            string unit;
        }

        /// Governance changed a parameter; the next block uses it.
        event ParamChanged(string name, uint256 oldValue, uint256 newValue);
        /// Governance let a paused module work again.
        event ModuleUnpaused(address indexed module);

        /// No parameter has this name.
        error UnknownParam(string name);
        /// The value is outside of the parameter's range.
        error OutOfRange(string name, uint256 value, uint256 min, uint256 max);
        /// Only governance may do this.
        error NotGovernance(address caller);
        /// The module is not paused.
        error NotPaused(address module);

        /// Every parameter with its range.
        function all() external view returns (Param[] memory params);
        /// The value of one parameter.
        function get(string calldata name) external view returns (uint256 value);
        /// Names of all parameters.
        function names() external view returns (string[] memory names);
        /// Changes a parameter. Governance only.
        function set(string calldata name, uint256 value) external;
        /// Lets a module whose hook failed work again. Governance only.
        function unpause(address module) external;
    }
}
