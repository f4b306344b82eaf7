//! A buffer in a shared object, as two mappings of it show it.

use std::num::NonZeroU16;

use aqueduct::buffer::unbounded::{Shape, Unbounded};
use aqueduct::place::{Place, Plain, Schema};
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{DEFAULT_MODE, Name, Object, Placed, Shareable, SparseBuffer, Uid};
use zerocopy::{IntoBytes, TryFromBytes};

use crate::scratch::Scratch;

/// Bytes before the buffer that belong to somebody else.
pub const FRONT: usize = 1024;

/// A capacity that is given in small numbers.
pub fn capacity(messages: usize) -> Capacity {
    Capacity::new(messages).expect("not zero")
}

/// A new structure `S` in an object with this name.
pub fn created<S: Shareable<Message: Plain> + Place + ?Sized>(
    scratch: &Scratch,
    capacity: Capacity,
) -> Placed<S> {
    let start = Position::new(0);
    let placed = Placed::<S>::create(scratch.name(), DEFAULT_MODE, FRONT, capacity, start);
    let placed = placed.expect("there is space");
    placed.object().publish().expect("the name is free");
    placed
}

/// The object with this name.
pub fn opened(name: Name) -> Object {
    Object::open(name, Uid::effective()).expect("it is there")
}

/// Another mapping of what was created under this name, seen as an `S`.
pub fn attached<S: Shareable<Message: Plain> + Place + ?Sized>(
    scratch: &Scratch,
    capacity: Capacity,
) -> Placed<S> {
    Placed::attach(opened(scratch.name()), FRONT, capacity).expect("it is long enough")
}

/// Another mapping of an unbounded buffer that was created under this name.
pub fn attached_unbounded<T: Plain>(scratch: &Scratch, shape: Shape) -> Unbounded<SparseBuffer<T>> {
    let memory = SparseBuffer::attach(opened(scratch.name()), FRONT, shape);
    Unbounded::new(memory.expect("it is long enough"))
}

/// Only two of its bytes are values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Schema)]
#[repr(u8)]
pub enum Light {
    Red = 0,
    Green = 1,
}

/// A structure with parts that have to be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Schema)]
#[repr(C)]
pub struct Order {
    pub light: Light,
    pub urgent: bool,
    pub count: NonZeroU16,
}
