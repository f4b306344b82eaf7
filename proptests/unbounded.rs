//! The unbounded buffer against its specification: on the heap, and
//! in a shared object as two mappings of it show it.

mod corrupt;
mod drops;
mod gates;
mod killed;
mod many;
mod memory;
mod page;
mod processes;
mod script;
mod space;
