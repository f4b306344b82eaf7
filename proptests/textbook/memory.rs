//! The textbook's buffer, wherever it lies.

use aqueduct::buffer::textbook::Buffer;
use aqueduct::platform::native::Native;

use crate::placed::Placed;

/// How one side sees the buffer.
pub type View<T> = Placed<Buffer<Native, T>>;
