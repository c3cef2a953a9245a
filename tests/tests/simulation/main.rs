//! Consensus under everything that can go wrong, from seeds. `make sim` runs more of them.

mod mutations;
mod scenarios;
