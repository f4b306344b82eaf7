//! The unbounded buffer of one producer and one consumer against its specification: on the heap, and
//! in a shared object as two mappings of it show it.

mod corrupt;
mod drops;
mod memory;
mod page;
mod processes;
mod script;
mod space;
