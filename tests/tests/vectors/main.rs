//! Other people's test files. Each test is skipped, with a printed line, where its folder is absent.

mod abi;
mod binary;
mod channels;
mod ethers;
mod rlp;
mod state;
mod transactions;
