// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// The contract of the end-to-end tests: a token, and the ways in which a call can end.
/// Token.hex is made of it by build.mjs.
contract Token {
    string public constant name = "Test Token";
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    error Refused(uint256 code, string why);

    constructor(uint256 supply) {
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        require(to != address(0), "transfer to the zero address");
        uint256 balance = balanceOf[msg.sender];
        if (balance < value) revert ERC20InsufficientBalance(msg.sender, balance, value);
        balanceOf[msg.sender] = balance - value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }

    /// Calls itself, so that a trace has depth: the contract's own tokens move.
    function transferOwn(address to, uint256 value) external returns (bool) {
        return this.transfer(to, value);
    }

    /// Emits `count` events.
    function emitMany(uint256 count) external {
        for (uint256 i = 0; i < count; i++) emit Transfer(msg.sender, address(this), i);
    }

    /// A custom error that no wallet knows by name.
    function refuse(uint256 code) external pure {
        revert Refused(code, "as asked");
    }

    /// Panics (0x11).
    function overflow(uint256 value) external pure returns (uint256) {
        return value + type(uint256).max;
    }

    /// Never ends by itself.
    function spin() external view returns (uint256 turns) {
        while (gasleft() > 0) turns++;
    }
}
