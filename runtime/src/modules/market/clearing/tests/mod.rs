//! Tests of clearing.

mod vectors;
