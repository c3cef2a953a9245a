//! How popularity and prices are spread. In integers, so that a seed gives the same market everywhere.

use crate::sim::rng::Rng;

/// Numbers from 0 of which the k-th is drawn 1/(k + 1) times as often as the first.
#[derive(Debug, Clone)]
pub struct Zipf {
    /// Sums of the weights up to and with each number.
    sums: Vec<u64>,
}

impl Zipf {
    /// Of so many numbers, at least one.
    pub fn new(count: usize) -> Self {
        let weight = |place: u64| 1_000_000_000 / (place + 1);
        let mut sum = 0;
        let sums = (0..count.max(1) as u64).map(|place| {
            sum += weight(place);
            sum
        });
        Self { sums: sums.collect() }
    }

    /// One of the numbers.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let at = rng.below(self.sums.last().copied().unwrap_or(1));
        self.sums.partition_point(|sum| *sum <= at)
    }
}

/// A price from 1 to about `levels`, with a heavy tail: one in four doubles, one in sixteen quadruples, and so on.
/// Few levels make many ties.
pub(super) fn price(rng: &mut Rng, levels: u64) -> u64 {
    let mut price = rng.range(1, levels.max(1));
    for _ in 0..8 {
        if levels < 100 || !rng.happens(250_000) {
            break;
        }
        price *= 2;
    }
    price
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_swarm_is_the_most_popular_and_the_last_is_drawn_too() {
        let (zipf, mut rng) = (Zipf::new(10), Rng::new(1));
        let mut count = [0; 10];
        (0..10_000).for_each(|_| count[zipf.draw(&mut rng)] += 1);
        // 1 of 2.93, and a tenth of that.
        assert!((3_200..3_700).contains(&count[0]) && (280..410).contains(&count[9]), "{count:?}");
    }
}
