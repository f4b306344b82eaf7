//! Properties against the specifications, and real processes.

mod cli;
mod shm;
