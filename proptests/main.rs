//! Properties against the specifications, and real processes.

mod shm;
