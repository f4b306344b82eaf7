//! Properties against the specifications, and real processes.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod cli;
mod idle;
mod kills;
mod link;
mod named;
mod processes;
mod ring;
mod running;
mod shm;
mod spec;
mod stepped;
mod textbook;
mod transfer;
