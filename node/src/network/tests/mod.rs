//! Whole swarms on loopback.

mod attacks;
mod golden;
mod harness;
mod swarms;
mod traffic;
