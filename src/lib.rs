//! aqueduct
#![cfg_attr(not(any(feature = "shm", feature = "model")), no_std)]

extern crate alloc;

pub mod platform;
#[cfg(feature = "shm")]
pub mod shm;
