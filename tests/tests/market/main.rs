//! The bandwidth market on random books: the chain's clearing against the reference solver, and the promises of
//! the mechanism. `BTT_MARKETS=300000` tries so many in each test; `BTT_MARKET_SEED=7 BTT_MARKETS=1` tries one again.

mod agree;
mod coalitions;
mod deviations;
mod economy;
mod names;
mod orders;
mod support;
