//! Whole swarms on loopback.
