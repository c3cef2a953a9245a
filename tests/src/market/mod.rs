//! Random markets, each from one seed: many small ones with everything that can coincide, and large ones of the
//! form that the benches use.

mod draw;
mod hard;
mod many;
mod shape;
mod values;

pub use draw::{book, rising_book};
pub use hard::{HARD, Hard, hard_book};
pub use many::{cleared, markets, random_book, seeds, shown};
pub use shape::{Shape, Size, general, one_swarm, random_shape};
pub use values::Zipf;
