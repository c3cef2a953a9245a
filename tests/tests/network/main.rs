//! Networks of real processes: four validators on loopback, what kills them, and what must hold all the same.
//!
//! The long ones are ignored unless asked for: `make network-test`.

mod agree;
mod blocks;
mod crash;
mod follower;
mod guard;
mod kills;
mod liars;
mod links;
mod measures;
mod rejoin;
mod stake;
mod strangers;
mod views;
