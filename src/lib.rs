//! aqueduct
#![cfg_attr(not(any(feature = "shm", feature = "model")), no_std)]

extern crate alloc;

pub mod buffer;
pub mod life;
pub mod link;
#[cfg(feature = "model")]
pub mod model;
#[cfg(feature = "shm")]
pub mod open;
pub mod place;
pub mod platform;
pub mod position;
#[cfg(feature = "shm")]
pub mod shm;
pub mod wait;
