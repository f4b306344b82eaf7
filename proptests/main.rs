//! Properties against the specifications, and real processes.

mod idle;
mod kills;
mod running;
mod shm;
mod transfer;
