//! An open object, and what can be asked of it.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::libc;

use super::{Mapping, Name};
use crate::platform::native::signals;

/// The permission bits of an object unless others are asked for: its owner alone.
pub const DEFAULT_MODE: u32 = 0o600;

/// A shared memory object, open for reading and writing.
///
/// It is closed in programs that this process executes. A forked child may use its copy: it holds no
/// locks, which have descriptions of their own ([`Guard`](super::Guard)).
#[derive(Debug)]
pub struct Object {
    name: Name,
    pub(super) file: File,
    identity: Identity,
}

/// Which object this is, whatever its name: no two objects that exist have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(metadata: &fs::Metadata) -> Identity {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

impl Object {
    pub(super) fn from_file(name: Name, file: File) -> io::Result<Object> {
        let identity = Identity::of(&file.metadata()?);
        Ok(Object {
            name,
            file,
            identity,
        })
    }

    /// The name that the object was created or opened with.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Which object this is, whatever its name.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How many bytes the object has now.
    ///
    /// # Errors
    /// The kernel's.
    #[expect(clippy::len_without_is_empty, reason = "an empty object is of no use")]
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// How many bytes of memory the object has now: less than its length where it has holes.
    ///
    /// # Errors
    /// The kernel's.
    pub fn allocated(&self) -> io::Result<u64> {
        // In units of 512 bytes, whatever the block size is.
        Ok(self.file.metadata()?.blocks() * 512)
    }

    /// Maps the first `len` bytes, for reading and writing, shared.
    ///
    /// # Errors
    /// If `len` is zero or the object has fewer bytes; or the kernel's.
    pub fn map(&self, len: usize) -> io::Result<Mapping> {
        Mapping::of(&self.file, len)
    }

    /// Reads into `bytes` from `offset` on, without mapping; returns how many bytes there were.
    ///
    /// # Errors
    /// The kernel's.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(bytes, offset)
    }

    /// Whether the name refers to this very object right now.
    ///
    /// # Errors
    /// The kernel's, where it cannot be known.
    pub fn still_named(&self) -> io::Result<bool> {
        match fs::symlink_metadata(self.name.path()) {
            Ok(metadata) => Ok(Identity::of(&metadata) == self.identity),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A descriptor to hand on: a process that inherits it finds the object, and holds no lock by it.
impl AsFd for Object {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Where the file behind a descriptor can be found again, without its name.
pub(super) fn descriptor_path(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// Refuses to make a file longer than this process may make any. The kernel would say the same, and send it
/// a signal that kills those who do not ignore it (`SIGXFSZ`).
pub(super) fn check_length(file: &File, len: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it writes the limit, which is ours.
    Errno::result(unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) })?;
    #[expect(clippy::useless_conversion, reason = "narrower on some machines")]
    let most = u64::from(limit.rlim_cur);
    if len > most && len > file.metadata()?.len() {
        return Err(Errno::EFBIG.into());
    }
    Ok(())
}

/// Gives these bytes of a file memory, or takes it away. Some kernels (from 5.16 on) undo all of it at a
/// signal, and would never come to an end under a timer that is fast enough.
pub(super) fn change(
    file: &File,
    how: FallocateFlags,
    offset: usize,
    len: usize,
) -> Result<(), Errno> {
    let signed = |bytes| libc::off_t::try_from(bytes).map_err(|_| Errno::EFBIG);
    let (offset, len) = (signed(offset)?, signed(len)?);
    signals::blocked(|| fallocate(file, how, offset, len))
}
