//! Buffers of one block in objects.

mod types;

use std::io::Result;

use aqueduct::buffer::frames::Frames;
use aqueduct::buffer::{mpmc, spsc, textbook};
use aqueduct::place::Unchecked;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, Placed};
use types::{Light, Padded};

type Ring<T> = Placed<spsc::Ring<Native, T>>;
type Many<T> = Placed<mpmc::Ring<Native, T>>;
type Book<T> = Placed<textbook::Buffer<Native, T>>;

fn attach(object: fn() -> Object, capacity: Capacity) -> Result<()> {
    Ring::<u64>::attach(object(), 0, capacity)?;
    Many::<Unchecked<bool>>::attach(object(), 0, capacity)?;
    Placed::<Frames<Native>>::attach(object(), 0, capacity)?;
    Ring::<Padded>::attach(object(), 0, capacity)?; // `Padded` is not plain data
    Ring::<&'static u64>::attach(object(), 0, capacity)?; // `&'static u64` is not plain data
    Ring::<Box<u64>>::attach(object(), 0, capacity)?; // `Box<u64>` is not plain data
    Ring::<Light>::attach(object(), 0, capacity)?; // `Light` is not plain data
    Many::<Padded>::attach(object(), 0, capacity)?; // `Padded` is not plain data
    Many::<&'static u64>::attach(object(), 0, capacity)?; // `&'static u64` is not plain data
    Many::<Box<u64>>::attach(object(), 0, capacity)?; // `Box<u64>` is not plain data
    Many::<Light>::attach(object(), 0, capacity)?; // `Light` is not plain data
    Book::<Padded>::attach(object(), 0, capacity)?; // `Padded` is not plain data
    Book::<fn()>::attach(object(), 0, capacity)?; // `fn()` is not plain data
    Book::<Light>::attach(object(), 0, capacity)?; // `Light` is not plain data
    Ok(())
}

fn create(name: Name, capacity: Capacity) {
    let start = Position::new(0);
    let _ = Ring::<Box<u64>>::create(name.clone(), 0o600, 0, capacity, start); // `Box<u64>` is not plain data
    let _ = Many::<Light>::create(name.clone(), 0o600, 0, capacity, start); // `Light` is not plain data
    let _ = Book::<bool>::create(name, 0o600, 0, capacity, start); // `bool` is not plain data
}

struct Foreign(Placed<Vec<u64>>); // `Vec<u64>` is not made to lie in memory that processes share

fn main() {}
