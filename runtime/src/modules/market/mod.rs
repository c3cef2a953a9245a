//! `market`: the bandwidth market.

pub mod clearing;
