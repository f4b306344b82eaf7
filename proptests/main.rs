//! Properties against the specifications, and real processes.

mod ring;
mod shm;
mod spec;
