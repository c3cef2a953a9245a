//! Whole blocks through `execute_block`: money, equal results on every validator, refused blocks.

mod actions;
mod golden;
mod program;
mod refused;
mod supply;
