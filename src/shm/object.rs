//! An open object, and what can be asked of it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process;
use std::sync::Mutex;
use std::sync::atomic::AtomicU8;

use super::{Mapping, Name};

/// The permission bits of an object unless others are asked for: its owner alone.
pub const DEFAULT_MODE: u32 = 0o600;

/// A shared memory object, open for reading and writing.
///
/// The open object is one *description* of the file: its locks belong to it, end with it, and
/// exclude every other description, also one in the same process. It is closed in programs that
/// this process executes.
#[derive(Debug)]
pub struct Object {
    name: Name,
    pub(super) file: File,
    identity: Identity,
    /// A forked child has the same description, and so the same locks.
    process: u32,
    /// The lock bytes that this description holds; the kernel does not refuse a description what
    /// it has already.
    pub(super) held: AtomicU8,
    /// The gate among the threads that share this description, for the same reason.
    pub(super) gate: Mutex<()>,
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
            process: process::id(),
            held: AtomicU8::new(0),
            gate: Mutex::new(()),
        })
    }

    /// Whether this process opened the object, and is no forked child of the one that did.
    pub(super) fn is_ours(&self) -> bool {
        self.process == process::id()
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

/// Where the file behind a descriptor can be found again, without its name.
pub(super) fn descriptor_path(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}
