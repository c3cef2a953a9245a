//! See also `runtime/tests/`: property tests over whole blocks.
