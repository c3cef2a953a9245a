//! bttd.
fn main() {}
