//! Two pipes, one each way: full duplex.

use std::io::{self, BufRead, IoSlice, Read, Write};

/// An end that reads from one pipe and writes to another: both ways at the same time.
#[derive(Debug)]
pub struct Duplex<R, W> {
    /// What comes.
    pub reader: R,
    /// What goes.
    pub writer: W,
}

impl<R: Read, W> Read for Duplex<R, W> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.reader.read(bytes)
    }
}

impl<R: BufRead, W> BufRead for Duplex<R, W> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.reader.consume(count);
    }
}

impl<R, W: Write> Write for Duplex<R, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writer.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
