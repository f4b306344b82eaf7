//! Properties against the specifications, and real processes.

mod link;
mod ring;
mod shm;
mod spec;
