//! The meeting point against its specification.

mod corrupt;
mod drops;
mod layout;
mod script;
mod threads;

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::rendezvous::{Consumer, Producer, Rendezvous};
use aqueduct::platform::native::Native;

type Point<T> = Arc<Rendezvous<Native, T>>;

/// A producer of the attachment with this number.
fn producer<T>(point: &Point<T>, owner: u16) -> Producer<Point<T>> {
    // SAFETY: who dies in a test is recovered before another one has its number.
    unsafe { Producer::attach(Arc::clone(point), Owner::new(owner)) }
}

/// A consumer of the attachment with this number.
fn consumer<T>(point: &Point<T>, owner: u16) -> Consumer<Point<T>> {
    // SAFETY: as above; every message of a point has the same type.
    unsafe { Consumer::attach(Arc::clone(point), Owner::new(owner)) }
}
