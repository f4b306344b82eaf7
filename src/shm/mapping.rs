//! The bytes of an object in this process's memory.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::slice;

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, munmap};

/// The bytes of an object, shared with everybody who maps it; unmapped when dropped.
///
/// The memory may change at any time: other processes write to it. Use it by atomic words, or
/// after an agreement on who owns which part.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<c_void>,
    len: NonZeroUsize,
}

// SAFETY: a mapping belongs to the process and not to a thread; any thread may unmap it.
unsafe impl Send for Mapping {}
// SAFETY: `&Mapping` hands out an address and a length; using the address is the user's promise.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of `file`, for reading and writing.
    ///
    /// # Errors
    /// If `len` is zero or more than the file has, where a touch would be a bus error; or the
    /// kernel's.
    pub(super) fn of(file: &File, len: usize) -> io::Result<Mapping> {
        Self::with(ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, file, len)
    }

    /// The same for reading alone.
    pub(super) fn to_read(file: &File, len: usize) -> io::Result<Mapping> {
        Self::with(ProtFlags::PROT_READ, file, len)
    }

    /// Maps the first bytes of one file, for reading and writing, and right behind them those of
    /// another, only for reading if `to_read`. Both lengths are whole pages.
    ///
    /// # Errors
    /// As for [`of`](Self::of).
    pub(super) fn side_by_side(
        (first, first_len): (&File, usize),
        (second, second_len): (&File, usize),
        to_read: bool,
    ) -> io::Result<Mapping> {
        let (first_len, second_len) = (fit(first, first_len)?, fit(second, second_len)?);
        let len = first_len.checked_add(second_len.get());
        let len = len.ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: the kernel chooses addresses that are free, so no memory of ours changes.
        let start =
            unsafe { mmap_anonymous(None, len, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) }?;
        // From here on it is unmapped as a whole, whatever happens.
        let mapping = Mapping { start, len };
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        mapping.show(0, rights, first, first_len)?;
        let rights = if to_read {
            ProtFlags::PROT_READ
        } else {
            rights
        };
        mapping.show(first_len.get(), rights, second, second_len)?;
        Ok(mapping)
    }

    /// Shows the first `len` bytes of `file` in place of those at `offset`.
    fn show(
        &self,
        offset: usize,
        rights: ProtFlags,
        file: &File,
        len: NonZeroUsize,
    ) -> io::Result<()> {
        let address = self.start.addr().get() + offset;
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED;
        // SAFETY: these addresses are part of this mapping, which nobody uses yet.
        unsafe { mmap(NonZeroUsize::new(address), len, rights, flags, file, 0) }?;
        Ok(())
    }

    /// Has all of it in memory, where it stays unless somebody cuts the object or punches holes. So no
    /// touch is the first one, which is a bus error where there is no memory.
    ///
    /// # Errors
    /// If there is not so much; or the kernel's.
    pub(crate) fn populate(&self) -> io::Result<()> {
        loop {
            // To read is enough: what others see as well is no other page when it is written.
            // SAFETY: it touches bytes of this mapping, and changes none.
            let touched =
                unsafe { madvise(self.start, self.len.get(), MmapAdvise::MADV_POPULATE_READ) };
            match touched {
                Err(Errno::EINTR | Errno::EAGAIN) => {}
                Err(Errno::EFAULT) => return Err(io::ErrorKind::OutOfMemory.into()),
                touched => return Ok(touched?),
            }
        }
    }

    fn with(rights: ProtFlags, file: &File, len: usize) -> io::Result<Mapping> {
        let len = fit(file, len)?;
        // SAFETY: without an address and without MAP_FIXED the kernel chooses one that is free, so
        // no memory of ours changes.
        let start = unsafe { mmap(None, len, rights, MapFlags::MAP_SHARED, file, 0) }?;
        Ok(Mapping { start, len })
    }

    /// The bytes.
    ///
    /// # Safety
    /// Nobody writes to them while the slice lives, and the object keeps its length.
    #[must_use]
    pub unsafe fn bytes(&self) -> &[u8] {
        // SAFETY: they are mapped, and by the caller's word nobody writes to them.
        unsafe { slice::from_raw_parts(self.as_ptr(), self.len()) }
    }

    /// The address of the first byte; valid for [`len`](Mapping::len) bytes while the mapping
    /// lives, and aligned to a page.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr().cast()
    }

    /// How many bytes are mapped.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no mapping is empty")]
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether `size` bytes at `address` lie in the mapping.
    #[must_use]
    pub fn contains(&self, address: *const u8, size: usize) -> bool {
        let offset = address.addr().checked_sub(self.as_ptr().addr());
        let end = offset.and_then(|offset| offset.checked_add(size));
        end.is_some_and(|end| end <= self.len())
    }
}

/// As many bytes as `file` has at least, and more than none: to touch others would be a bus error.
fn fit(file: &File, len: usize) -> io::Result<NonZeroUsize> {
    let whole = file.metadata()?.len();
    let fits = u64::try_from(len).is_ok_and(|len| len <= whole);
    NonZeroUsize::new(len).filter(|_| fits).ok_or_else(|| {
        let reason = format!("cannot map {len} bytes of an object of {whole}");
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })
}

/// The bytes of a page, at which each mapping begins.
pub(crate) fn page() -> usize {
    // SAFETY: it reads a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(page).expect("a machine has pages")
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this range was mapped by `with` and is unmapped here only; who used its address
        // promised to stop before.
        let answer = unsafe { munmap(self.start, self.len()) };
        debug_assert_eq!(answer, Ok(()), "a mapping can be unmapped");
    }
}
