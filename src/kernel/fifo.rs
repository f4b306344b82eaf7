//! Named pipes: files of the kernel that hand bytes on, for processes that need not be related.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// The end that writes.
#[derive(Debug)]
pub struct Writer(File);

/// The end that reads.
#[derive(Debug)]
pub struct Reader(File);

/// Makes a named pipe, with these permission bits less the umask. It stays until it is removed, as a
/// file does.
///
/// # Errors
/// The kernel's: `AlreadyExists` if there is anything of this path.
pub fn create(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    Ok(mkfifo(path.as_ref(), Mode::from_bits_truncate(mode))?)
}

/// Opens the end that writes, and waits until somebody has opened the one that reads.
///
/// # Errors
/// The kernel's; `InvalidInput` if it is no named pipe.
pub fn writer(path: impl AsRef<Path>) -> io::Result<Writer> {
    let file = OpenOptions::new().write(true).open(&path)?;
    is_fifo(&file, path.as_ref()).map(|()| Writer(file))
}

/// Opens the end that reads, and waits until somebody has opened one that writes.
///
/// # Errors
/// The kernel's; `InvalidInput` if it is no named pipe.
pub fn reader(path: impl AsRef<Path>) -> io::Result<Reader> {
    let file = File::open(&path)?;
    is_fifo(&file, path.as_ref()).map(|()| Reader(file))
}

/// What was opened, whatever has the path now.
fn is_fifo(file: &File, path: &Path) -> io::Result<()> {
    if file.metadata()?.file_type().is_fifo() {
        return Ok(());
    }
    let reason = format!(
        "{} is no named pipe: take another path, or make one there with mkfifo",
        path.display()
    );
    Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Read for Reader {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}
