//! The kernel's own pipes, behind the same words: each end is `Read`, `Write`, or both.
//!
//! | | made by | who can use it |
//! |---|---|---|
//! | ordinary pipe | [`pipe`] | who made it, and who inherits an end: its children |
//! | named pipe | [`fifo::create`], opened by its path | whoever may open the path |
//! | socket pair | [`socket_pair`] | who made it, and who inherits an end |
//! | network | [`network::listen`], [`network::connect`] | whoever can reach the address |
//!
//! Those that go both ways are full duplex; on top of them, or of two pipes, ends that
//! [take turns](crate::pipe::turns) are half duplex.

pub mod fifo;
pub mod network;

use std::io::{self, PipeReader, PipeWriter};
use std::os::unix::net::UnixStream;

/// An ordinary pipe: whoever has one of its ends, or inherits it, may use it. Nobody else finds it.
///
/// # Errors
/// The kernel's.
pub fn pipe() -> io::Result<(PipeWriter, PipeReader)> {
    let (reader, writer) = io::pipe()?;
    Ok((writer, reader))
}

/// Two sockets that are connected, for a process and its child: what is written to one is read from the
/// other, both ways.
///
/// # Errors
/// The kernel's.
pub fn socket_pair() -> io::Result<(UnixStream, UnixStream)> {
    UnixStream::pair()
}
