//! A shared-memory object by the calls that POSIX has, as the textbook's programs use them: any bytes,
//! the first one first, and nothing of this library's in them.
//!
//! | call | what it does | here |
//! |---|---|---|
//! | `shm_open` | opens an object by its name, made and empty if asked | [`Posix::create`], [`open`](Posix::open), [`create_or_open`](Posix::create_or_open), [`open_to_read`](Posix::open_to_read) |
//! | `ftruncate` | gives it a length, and no memory | [`Posix::set_len`] |
//! | `posix_fallocate` | gives it memory | [`Posix::reserve`] |
//! | `mmap` | shows its bytes in the memory of the process | [`Posix::map`], [`map_to_read`](Posix::map_to_read) |
//! | `shm_unlink` | takes its name away; who has it goes on | [`Posix::unlink`] |
//!
//! What these calls leave open: whoever finds the name may find an object without length, without text,
//! or with half of it; a length without memory is a bus error on a full machine; and a name can be taken
//! away that belongs to another object by now. [`Object`](super::Object) does not. To use what programs
//! make that know no better, [`is_being_written`](Posix::is_being_written) asks the kernel.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, posix_fallocate};
use nix::libc;
use nix::sys::mman::{shm_open, shm_unlink};
use nix::sys::stat::Mode;

use super::object::check_length;
use super::{Mapping, Name};
use crate::platform::native::signals;

/// Of Linux, on all its machines (fcntl.h).
const F_SETSIG: i32 = 10;

/// An object, by the calls of POSIX.
#[derive(Debug)]
pub struct Posix {
    file: File,
}

impl Posix {
    /// A new object of no bytes, to read and to write, with these permission bits less the umask.
    ///
    /// # Errors
    /// The kernel's: `AlreadyExists` if there is one of this name.
    pub fn create(name: &Name, mode: u32) -> io::Result<Self> {
        Self::by(name, OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_RDWR, mode)
    }

    /// The object of this name, to read and to write; a new one of no bytes if there is none.
    ///
    /// # Errors
    /// The kernel's.
    pub fn create_or_open(name: &Name, mode: u32) -> io::Result<Self> {
        Self::by(name, OFlag::O_CREAT | OFlag::O_RDWR, mode)
    }

    /// The object of this name, to read and to write.
    ///
    /// # Errors
    /// The kernel's: `NotFound` if there is none.
    pub fn open(name: &Name) -> io::Result<Self> {
        Self::by(name, OFlag::O_RDWR, 0)
    }

    /// The object of this name, to read.
    ///
    /// # Errors
    /// The kernel's: `NotFound` if there is none.
    pub fn open_to_read(name: &Name) -> io::Result<Self> {
        Self::by(name, OFlag::O_RDONLY, 0)
    }

    fn by(name: &Name, flags: OFlag, mode: u32) -> io::Result<Self> {
        let mode = Mode::from_bits_truncate(mode);
        let opened = shm_open(slashed(name).as_os_str(), flags, mode)?;
        Ok(Self {
            file: File::from(opened),
        })
    }

    /// Takes the name away. Who has opened the object goes on.
    ///
    /// # Errors
    /// The kernel's: `NotFound` if there is none.
    pub fn unlink(name: &Name) -> io::Result<()> {
        Ok(shm_unlink(slashed(name).as_os_str())?)
    }

    /// How many bytes the object has.
    ///
    /// # Errors
    /// The kernel's.
    #[expect(clippy::len_without_is_empty, reason = "an empty object is of no use")]
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Gives the object this many bytes, all zero beyond those that it had. That there is memory for
    /// them is not said: see [`reserve`](Self::reserve).
    ///
    /// # Errors
    /// The kernel's.
    pub fn set_len(&self, len: u64) -> io::Result<()> {
        check_length(&self.file, len)?;
        self.file.set_len(len)
    }

    /// Gives the object memory for its first `len` bytes, and as many bytes if it had less.
    ///
    /// # Errors
    /// The kernel's: `StorageFull` if there is not enough.
    pub fn reserve(&self, len: u64) -> io::Result<()> {
        check_length(&self.file, len)?;
        let len = i64::try_from(len).map_err(|_| io::Error::from(Errno::EFBIG))?;
        Ok(signals::blocked(|| posix_fallocate(&self.file, 0, len))?)
    }

    /// Maps the first `len` bytes, for reading and writing, shared.
    ///
    /// # Errors
    /// If `len` is zero or the object has fewer bytes; or the kernel's.
    pub fn map(&self, len: usize) -> io::Result<Mapping> {
        Mapping::of(&self.file, len)
    }

    /// Maps the first `len` bytes, for reading; to write there is a fault.
    ///
    /// # Errors
    /// As for [`map`](Self::map).
    pub fn map_to_read(&self, len: usize) -> io::Result<Mapping> {
        Mapping::to_read(&self.file, len)
    }

    /// Whether anybody has the object open, or mapped, to write at this moment: whoever wrote to it and
    /// is done, or dead, has not. This one has to be [opened to read](Self::open_to_read).
    ///
    /// The kernel grants a lease on a file only while nobody has it open to write (`F_SETLEASE` of Linux,
    /// fcntl(2)).
    ///
    /// # Errors
    /// The kernel's: `PermissionDenied` if the object is another user's.
    pub fn is_being_written(&self) -> io::Result<bool> {
        // Whoever opens it while the lease is held has the kernel signal that: by SIGIO, which would end
        // this process, unless another one is asked for. This one is ignored.
        self.control(F_SETSIG, libc::SIGURG)?;
        match self.control(libc::F_SETLEASE, libc::F_RDLCK) {
            Ok(()) => {
                self.control(libc::F_SETLEASE, libc::F_UNLCK)?;
                Ok(false)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn control(&self, command: i32, argument: i32) -> io::Result<()> {
        // SAFETY: it concerns an open descriptor, and takes a number.
        let answer = unsafe { libc::fcntl(self.file.as_raw_fd(), command, argument) };
        Errno::result(answer).map(drop).map_err(io::Error::from)
    }
}

/// The name as POSIX has it everywhere.
fn slashed(name: &Name) -> OsString {
    let mut slashed = OsString::from("/");
    slashed.push(name.as_os_str());
    slashed
}

impl AsFd for Posix {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
