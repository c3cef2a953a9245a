//! End-to-end tests: real processes, real sockets, real files, and where they are installed, other people's
//! clients.

mod channel;
mod clients;
mod contract;
mod crash;
mod http;
mod limits;
mod localnet;
mod market;
mod market_story;
mod metamask;
mod network;
mod pool;
mod queries;
mod restart;
mod stake;
mod subscriptions;
mod support;
mod wallet;
