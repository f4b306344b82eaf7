//! Memory without a name, whose length nobody can change any more: for peers that do not trust each
//! other.
//!
//! | seal | what it takes away |
//! |---|---|
//! | `SHRINK` | to cut the object, so that whoever touches its end gets a bus error |
//! | `GROW` | to make it longer, and fill the machine by it |
//! | `FUTURE_WRITE` | to write to it, but by the mappings that there were before; and to punch holes, so that whoever touches one asks for memory again |
//! | `SEAL` | to change the seals |
//!
//! So memory that both write is mapped by both before it is sealed for good.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, OFlag, SealFlag, fcntl};
use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::statfs::{TMPFS_MAGIC, fstatfs};
use thiserror::Error;

use super::object::{change, check_length};
use super::{Mapping, Stranger, advice};

/// Not executable, for ever: since Linux 6.3.
const NOEXEC: MFdFlags = MFdFlags::from_bits_retain(libc::MFD_NOEXEC_SEAL);

/// What is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seals {
    /// The length; more may be.
    Length,
    /// The length; and the contents, to all but those who have mapped it before. Nothing more may be.
    All,
}

impl Seals {
    const fn flags(self) -> SealFlag {
        let length = SealFlag::F_SEAL_SHRINK.union(SealFlag::F_SEAL_GROW);
        match self {
            Self::Length => length,
            Self::All => length
                .union(SealFlag::F_SEAL_FUTURE_WRITE)
                .union(SealFlag::F_SEAL_SEAL),
        }
    }
}

/// Memory without a name, open for reading and writing.
#[derive(Debug)]
pub struct Memfd {
    file: File,
}

/// Why what was handed over is not the memory that was promised.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MemfdError {
    /// It is a file of another kind.
    #[error("it is no memory: its file system is {found:#x}, that of a memfd {TMPFS_MAGIC:#x}", TMPFS_MAGIC = TMPFS_MAGIC.0)]
    NotMemory {
        /// The number of its file system.
        found: i64,
    },
    /// Somebody could still change it in a way that was excluded.
    #[error(
        "its seals are {found:#x}, and {expected:#x} was promised (F_GET_SEALS; 0 of what is no memfd)"
    )]
    Seals {
        /// Its seals, as `F_GET_SEALS` has them.
        found: i32,
        /// The seals that it should have.
        expected: i32,
    },
    /// It was opened for something else.
    #[error("it is open for {found}, not for reading and writing")]
    Access {
        /// What it is open for.
        found: &'static str,
    },
    /// It is longer or shorter.
    #[error("it has {found} bytes, and {expected} was promised")]
    Length {
        /// Its length, in bytes.
        found: u64,
        /// The length it should have, in bytes.
        expected: u64,
    },
    /// Its memory is not all there.
    #[error("{found} of its {expected} bytes have memory: the others are a hole")]
    Hole {
        /// The bytes that have memory.
        found: u64,
        /// Its length, in bytes.
        expected: u64,
    },
    /// An error of the kernel.
    #[error("it cannot be looked at: {source}{}", advice(.source))]
    Io {
        /// The kernel's answer.
        #[from]
        source: io::Error,
    },
}

impl From<Errno> for MemfdError {
    fn from(error: Errno) -> Self {
        Self::Io {
            source: error.into(),
        }
    }
}

impl Memfd {
    /// New memory of `len` bytes, zeroed and reserved.
    ///
    /// # Errors
    /// The kernel's: `StorageFull` or `OutOfMemory` if there is not so much.
    pub fn create(len: usize) -> io::Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let created = match memfd_create(c"aqueduct", flags | NOEXEC) {
            Err(Errno::EINVAL) => memfd_create(c"aqueduct", flags), // before Linux 6.3
            other => other,
        };
        let file = File::from(created?);
        check_length(&file, len as u64)?;
        file.set_len(len as u64)?;
        change(&file, FallocateFlags::empty(), 0, len)?;
        Ok(Self { file })
    }

    /// Takes these rights away, from everybody and for ever.
    ///
    /// # Errors
    /// The kernel's.
    pub fn seal(&self, seals: Seals) -> io::Result<()> {
        fcntl(&self.file, FcntlArg::F_ADD_SEALS(seals.flags()))?;
        Ok(())
    }

    /// What a peer has handed over, if it is memory of `len` bytes, all there, and so sealed.
    ///
    /// # Errors
    /// [`MemfdError`], for the first thing that is wrong.
    pub(crate) fn received(
        descriptor: Stranger,
        len: usize,
        seals: Seals,
    ) -> Result<Self, MemfdError> {
        // First: any other question is answered by its file system, when it likes.
        check_seals(descriptor.as_fd(), seals)?;
        let memory = Self {
            file: File::from(descriptor.known()),
        };
        memory.check_kind()?;
        memory.check_access()?;
        memory.check_length(len as u64)?;
        Ok(memory)
    }

    /// Whether it is so sealed, has this length, and all its memory. That stays so, but for the memory where
    /// more may be sealed.
    ///
    /// # Errors
    /// [`MemfdError`], for the first thing that is wrong.
    pub(crate) fn check(&self, len: usize, seals: Seals) -> Result<(), MemfdError> {
        check_seals(self.as_fd(), seals)?;
        self.check_length(len as u64)
    }

    /// Not of huge pages, of which there may be none when one is touched: that is a bus error.
    fn check_kind(&self) -> Result<(), MemfdError> {
        let found = fstatfs(&self.file)?.filesystem_type();
        if found == TMPFS_MAGIC {
            return Ok(());
        }
        #[expect(clippy::useless_conversion, reason = "narrower on some machines")]
        let found = i64::from(found.0);
        Err(MemfdError::NotMemory { found })
    }

    fn check_access(&self) -> Result<(), MemfdError> {
        let flags = fcntl(&self.file, FcntlArg::F_GETFL)?;
        let found = match OFlag::from_bits_retain(flags) & OFlag::O_ACCMODE {
            OFlag::O_RDWR => return Ok(()),
            OFlag::O_WRONLY => "writing alone",
            _ => "reading alone",
        };
        Err(MemfdError::Access { found })
    }

    fn check_length(&self, expected: u64) -> Result<(), MemfdError> {
        let metadata = self.file.metadata()?;
        let found = metadata.len();
        if found != expected {
            return Err(MemfdError::Length { found, expected });
        }
        // In units of 512 bytes, whatever the block size is.
        let found = metadata.blocks() * 512;
        if found < expected {
            return Err(MemfdError::Hole { found, expected });
        }
        Ok(())
    }

    /// Maps all of it, for reading and writing.
    ///
    /// # Errors
    /// The kernel's.
    pub fn map(&self, len: usize) -> io::Result<Mapping> {
        Mapping::of(&self.file, len)
    }

    /// The same, and right behind it `len` bytes of `other`, which are only read if `to_read`. Both
    /// lengths are whole pages.
    ///
    /// # Errors
    /// The kernel's.
    pub fn map_with(
        &self,
        own_len: usize,
        other: &Memfd,
        len: usize,
        to_read: bool,
    ) -> io::Result<Mapping> {
        Mapping::side_by_side((&self.file, own_len), (&other.file, len), to_read)
    }
}

/// Whether a file has exactly these seals.
fn check_seals(file: BorrowedFd<'_>, seals: Seals) -> Result<(), MemfdError> {
    let expected = seals.flags();
    // EINVAL: of what cannot be sealed, such as a file of a disk.
    let found = match fcntl(file, FcntlArg::F_GET_SEALS) {
        Err(Errno::EINVAL) => 0,
        found => found?,
    };
    // One that nobody may execute has a seal more.
    let own = SealFlag::from_bits_retain(found & !libc::F_SEAL_EXEC);
    if own == expected {
        return Ok(());
    }
    let expected = expected.bits();
    Err(MemfdError::Seals { found, expected })
}

/// A descriptor to hand over.
impl AsFd for Memfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
