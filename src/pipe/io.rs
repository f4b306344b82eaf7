//! The ends of a pipe as std knows such things.

use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};

use super::{Hold, Reader, Writer};
use crate::link::{Ended, RecvTimeoutError, SendTimeoutError};
use crate::platform::Flat;
use crate::wait::Patience;

/// What std says of the end of a pipe to one that writes.
fn broken(error: SendTimeoutError<()>) -> io::Error {
    let why = match error {
        SendTimeoutError::Ended(error) => error.why,
        SendTimeoutError::TimedOut(()) => return timed_out(error),
    };
    match why {
        Ended::Closed | Ended::Dead => io::Error::new(ErrorKind::BrokenPipe, why),
        Ended::Forked | Ended::NoMemory | Ended::Corrupt => other(why),
    }
}

/// What std says of it to one that reads: nothing, at the end of the file.
fn end(error: RecvTimeoutError) -> Result<(), io::Error> {
    match error {
        RecvTimeoutError::Ended(Ended::Closed) => Ok(()),
        RecvTimeoutError::Ended(why @ Ended::Dead) => {
            Err(io::Error::new(ErrorKind::ConnectionAborted, why))
        }
        RecvTimeoutError::Ended(why) => Err(other(why)),
        RecvTimeoutError::TimedOut => Err(timed_out(error)),
    }
}

fn other(why: Ended) -> io::Error {
    let kind = match why {
        Ended::Corrupt => ErrorKind::InvalidData,
        Ended::NoMemory => ErrorKind::OutOfMemory,
        Ended::Closed | Ended::Dead | Ended::Forked => ErrorKind::Other,
    };
    io::Error::new(kind, why)
}

fn timed_out(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(ErrorKind::TimedOut, error)
}

impl<H: Hold<SIZE>, const SIZE: usize> Write for Writer<H, SIZE> {
    /// Waits until some of the bytes are written. `BrokenPipe` if nobody reads.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(slices)
    }

    /// What is written is there at once.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Write for &Writer<H, SIZE> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.write_with_patience(&[bytes], Patience::FOREVER);
        written.map_err(broken)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.write_with_patience(slices, Patience::FOREVER);
        written.map_err(broken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Read for Reader<H, SIZE> {
    /// Waits until something is there; 0 at the end of the file. `ConnectionAborted` if a writer was
    /// killed.
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.read_with_patience(bytes, Patience::FOREVER) {
            Ok(read) => Ok(read),
            Err(error) => end(error).map(|()| 0),
        }
    }
}

impl<H: Hold<SIZE, Platform: Flat>, const SIZE: usize> BufRead for Reader<H, SIZE> {
    /// What is there, in place, up to the end of a piece.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.fill(Patience::FOREVER) {
            Ok(bytes) => Ok(bytes),
            Err(error) => end(error).map(|()| &[][..]),
        }
    }

    fn consume(&mut self, count: usize) {
        self.consume(count);
    }
}
