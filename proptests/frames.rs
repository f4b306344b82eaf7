//! The buffer of records against its specification, on the heap, in a mapping and in two mappings of
//! one object.

mod corrupt;
mod killed;
mod layout;
mod memory;
mod script;
mod threads;
