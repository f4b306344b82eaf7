//! The ring of many producers and consumers against its specification, on the heap, in a mapping
//! and in two mappings of one object.

mod corrupt;
mod drops;
mod killed;
mod layout;
mod script;
mod threads;
