//! The unbounded buffer in an object.

mod types;

use std::io::Result;

use aqueduct::buffer::unbounded::{Positions, Shape};
use aqueduct::place::Unchecked;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Name, Object, SparseBuffer};
use types::{Light, Padded};

fn attach(object: fn() -> Object, shape: Shape) -> Result<()> {
    SparseBuffer::<u64>::attach(object(), 0, shape)?;
    SparseBuffer::<Unchecked<bool>>::attach(object(), 0, shape)?;
    SparseBuffer::<Padded>::attach(object(), 0, shape)?; // `Padded` is not plain data
    SparseBuffer::<&'static u64>::attach(object(), 0, shape)?; // `&'static u64` is not plain data
    SparseBuffer::<Box<u64>>::attach(object(), 0, shape)?; // `Box<u64>` is not plain data
    SparseBuffer::<Light>::attach(object(), 0, shape)?; // `Light` is not plain data
    Ok(())
}

fn create(name: Name, shape: Shape, words: Positions<Native>) {
    let _ = SparseBuffer::<Light>::create(name, 0o600, 0, shape, words); // `Light` is not plain data
}

fn main() {}
