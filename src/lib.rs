//! aqueduct
#![cfg_attr(not(any(feature = "shm", feature = "model")), no_std)]

extern crate alloc;

#[cfg(feature = "model")]
pub mod model;
pub mod platform;
