//! What memory clearing takes beside the book, and the book itself (`make bench`), the column *max alloc*.

use btt_runtime::modules::market::clearing::{Book, clear};
use btt_tests::market::{Shape, general, one_swarm, rising_book};
use btt_tests::sim::rng::Rng;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[derive(Debug, Clone, Copy)]
enum Market {
    OneSwarmOneUnit1M,
    OneSwarm3Tiers1M,
    General100k,
    AtItsCaps65k,
}

const MARKETS: [Market; 4] = [
    Market::OneSwarmOneUnit1M,
    Market::OneSwarm3Tiers1M,
    Market::General100k,
    Market::AtItsCaps65k,
];

impl Market {
    fn book(self) -> Book {
        let shape = match self {
            Self::OneSwarmOneUnit1M => one_swarm(1_000_000, 1),
            Self::OneSwarm3Tiers1M => one_swarm(1_000_000, 3),
            Self::General100k => general(100_000, 5_000, 10_000, 3),
            Self::AtItsCaps65k => {
                Shape { swarms_per_seller: 8, ..general(65_536, 8_192, 16_384, 4) }
            }
        };
        rising_book(&mut Rng::new(1), &shape)
    }
}

#[divan::bench(args = MARKETS, sample_count = 1, sample_size = 1)]
fn clearing(bencher: Bencher<'_, '_>, market: Market) {
    bencher
        .with_inputs(|| market.book())
        .bench_local_refs(|book| clear(book).expect("it is sound"));
}

#[divan::bench(args = MARKETS, sample_count = 1, sample_size = 1)]
fn a_copy_of_the_book(bencher: Bencher<'_, '_>, market: Market) {
    bencher.with_inputs(|| market.book()).bench_local_refs(|book| book.clone());
}
