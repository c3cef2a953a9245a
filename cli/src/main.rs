//! btt.
fn main() {}
