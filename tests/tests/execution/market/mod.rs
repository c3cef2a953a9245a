//! The market in whole blocks: what item 4 must say and when, results applied over many blocks, pauses.

mod gas;
mod item;
mod pause;
mod slices;
mod world;
