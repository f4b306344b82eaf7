//! The ring of one producer and one consumer against its specification, on the heap, in a mapping
//! and in two mappings of one object.

mod corrupt;
mod drops;
mod killed;
mod layout;
mod memory;
mod no_bytes;
mod op;
mod script;
