//! Properties against the specifications, and real processes.

mod link;
mod named;
mod processes;
mod ring;
mod shm;
mod spec;
