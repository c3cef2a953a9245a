//! Whole blocks through `execute_block`: money, equal results on every validator, refused blocks.

mod actions;
mod channels;
mod delegation;
mod full;
mod golden;
mod market;
mod program;
mod refused;
mod sets;
mod store_fault;
mod supply;
mod system_items;
