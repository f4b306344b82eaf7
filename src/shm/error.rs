//! Why an object could not be created or opened.

use std::alloc::Layout;
use std::fmt;
use std::io;

use nix::errno::Errno;
use nix::unistd::Uid;
use thiserror::Error;

use super::Name;
use super::mapping::page;

/// Why an object could not be created.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// The name is taken.
    #[error("{name} exists already; open it, remove it, or take another name")]
    AlreadyExists {
        /// The name asked for.
        name: Name,
    },
    /// There is less shared memory than asked for. Nothing was written, and nothing is left.
    #[error(
        "no space for {name}: it needs {wanted} bytes of shared memory and {available} are free; \
         ask for less, remove objects that nobody uses, or enlarge /dev/shm"
    )]
    NoSpace {
        /// The name asked for.
        name: Name,
        /// The length asked for, in bytes.
        wanted: u64,
        /// What is free in the folder of shared memory, in bytes.
        available: u64,
    },
    /// What was to lie in it cannot. Nothing was made.
    #[error("cannot lay out {name}: {source}")]
    Unfit {
        /// The name asked for.
        name: Name,
        /// Why.
        source: FitError,
    },
    /// The folder of shared memory cannot make a file that has no name yet.
    #[error(
        "cannot create {name}: /dev/shm makes no unnamed files ({source}); mount a tmpfs there"
    )]
    Unsupported {
        /// The name asked for.
        name: Name,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The folder of shared memory is closed to this user.
    #[error("no permission to create {name} in /dev/shm; ask who runs this machine for access")]
    Permission {
        /// The name asked for.
        name: Name,
    },
    /// Another error of the kernel.
    #[error("cannot {action} {name}: {source}{}", advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The name asked for.
        name: Name,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// Why a structure cannot lie in an object, behind the bytes in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FitError {
    /// They take more bytes than can be addressed.
    #[error("it needs more memory than can be addressed: ask for less")]
    TooLarge,
    /// It would not lie where it has to.
    #[error("{front} bytes are in front of it, and it lies at multiples of {align}: leave as many")]
    Front {
        /// The bytes in front of it.
        front: usize,
        /// Its alignment, in bytes.
        align: usize,
    },
    /// It asks for more than a mapping has.
    #[error("it is aligned to {align} bytes, and a mapping begins at a page, of {page}")]
    Alignment {
        /// Its alignment, in bytes.
        align: usize,
        /// The bytes of a page.
        page: usize,
    },
}

impl FitError {
    /// Whether a block of this layout may lie behind `front` bytes of an object.
    pub(super) fn check(front: usize, block: Layout) -> Result<(), Self> {
        let (align, page) = (block.align(), page());
        if align > page {
            return Err(Self::Alignment { align, page });
        }
        if !front.is_multiple_of(align) {
            return Err(Self::Front { front, align });
        }
        Ok(())
    }
}

impl From<FitError> for io::Error {
    fn from(error: FitError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// Why an object could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such name.
    #[error("there is no object {name}; create it first, or look for its name in the list")]
    NotFound {
        /// The name asked for.
        name: Name,
    },
    /// The name is a symbolic link, which somebody may have laid there to mislead.
    #[error("{name} is a symbolic link and is not followed; remove it, or name its target")]
    Symlink {
        /// The name asked for.
        name: Name,
    },
    /// The name is not a regular file; it was not opened.
    #[error("{name} is a {kind} and no shared memory object; remove it, or take another name")]
    NotRegular {
        /// The name asked for.
        name: Name,
        /// What it is.
        kind: Kind,
    },
    /// The object belongs to a user from whom none was expected.
    #[error(
        "{name} belongs to user {owner} and user {expected} was expected; \
         take another name, or say that you expect user {owner}"
    )]
    ForeignOwner {
        /// The name asked for.
        name: Name,
        /// Whose object it is.
        owner: Uid,
        /// Whose object it should be.
        expected: Uid,
    },
    /// The object has other names, too: somebody may have laid this one there to mislead, and what is
    /// done under one name is not seen under the others.
    #[error(
        "{name} is one of {count} names of one file, which was not opened; \
         `find {} -samefile {}` shows the others: remove the wrong ones",
        super::FOLDER,
        .name.path().display()
    )]
    HardLink {
        /// The name asked for.
        name: Name,
        /// How many names there are.
        count: u64,
    },
    /// The object may not be read and written by this user.
    #[error(
        "no permission for {name}: its mode is {mode:04o} and its owner user {owner}; \
         ask the owner to create it with a wider mode"
    )]
    Permission {
        /// The name asked for.
        name: Name,
        /// The permission bits of the object.
        mode: u32,
        /// Whose object it is.
        owner: Uid,
    },
    /// The object is this user's own, and open to more than this user would open it to: others may
    /// have written into it.
    #[error(
        "{name} is open to others: its mode is {mode:04o}, and at most {expected:04o} was expected; \
         ask for that mode (`Options::mode`, `--mode {mode:o}`) if those may write to it, \
         or `aqueduct remove {name}`: to change the mode takes it from nobody who has it open"
    )]
    WideMode {
        /// The name asked for.
        name: Name,
        /// The permission bits of the object.
        mode: u32,
        /// Those that it would have been made with.
        expected: u32,
    },
    /// Another error of the kernel.
    #[error("cannot {action} {name}: {source}{}", advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The name asked for.
        name: Name,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// What lies under a name that is no regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// Something that Linux did not have when this was written.
    Unknown,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Directory => "directory",
            Kind::Fifo => "FIFO (named pipe)",
            Kind::Socket => "socket",
            Kind::Device => "device",
            Kind::Unknown => "file of an unknown kind",
        })
    }
}

/// What to do about an error of the kernel that concerns no single object, to be read behind it;
/// nothing if that is not known.
#[must_use]
pub fn advice(error: &io::Error) -> &'static str {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EMFILE) => {
            "; too many files are open in this process: close some, or raise `ulimit -n`"
        }
        Some(Errno::ENFILE) => "; too many files are open on this machine: end some processes",
        Some(Errno::ENOMEM) => "; there is not enough memory: ask for less, or end some processes",
        Some(Errno::EFBIG) => "; the file may not grow so far: raise `ulimit -f`",
        Some(Errno::ENOSPC | Errno::EDQUOT) => "; make room: remove objects that nobody uses",
        Some(Errno::EIO) => "; the medium failed: look into the kernel's log (`dmesg`)",
        _ => "",
    }
}
