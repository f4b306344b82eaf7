//! The same machine, wary of its memory: somebody else may write there at any time.
//!
//! ```text
//!     memory that a peer can write            memory of this process's own
//!     [ message ]  -- word by word, relaxed -->  [ copy ]  which a side reads
//!     [ message ]  <-- word by word, relaxed --  [ copy ]  which a side has filled
//! ```
//!
//! No reference leads into the memory but to atomic words, so whatever a peer writes, and whenever,
//! is a value at worst. Whole words of 64 bits are copied where they lie in a run, and bytes before and
//! behind them; so a byte may be part of accesses of either width. Those of an honest peer are ordered with
//! ours, by the positions; and one that lies is outside of this program, whose memory model does not know
//! it.

use alloc::boxed::Box;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use core::{ptr, slice};

use super::{Native, futex};
use crate::platform::{Cell, Futex, Ordering, Platform};

/// The machine that the program runs on, for memory that is shared with who is not trusted.
///
/// Its words are those of [`Native`]. Its cells hand out a private copy of what they hold, and write
/// it back where it may have changed. They lie in memory that is mapped and initialised, hold
/// [`Plain`](crate::place::Plain) data, and are never made: zeros are one.
#[derive(Clone, Copy, Debug)]
pub struct Wary;

impl Platform for Wary {
    type AtomicU32 = <Native as Platform>::AtomicU32;
    type AtomicU64 = <Native as Platform>::AtomicU64;
    type Cell<T> = Guarded<T>;
    type Several<T> = <Native as Platform>::Several<T>;
    const STRETCH: u64 = Native::STRETCH;
    /// A copy is made of them, and the peer may say that there are as many as the link holds.
    const RUN: usize = 1 << 16;

    fn fence(order: Ordering) {
        Native::fence(order);
    }

    fn spin() {
        Native::spin();
    }
}

impl Futex for Wary {
    const LIGHT_AFTER: u32 = Native::LIGHT_AFTER;

    fn lighten() -> bool {
        Native::lighten()
    }

    fn light_fence() {
        Native::light_fence();
    }

    fn heavy_fence() -> bool {
        Native::heavy_fence()
    }

    fn now() -> Duration {
        Native::now()
    }

    fn wait_any(words: &[(&Self::AtomicU32, u32)], deadline: Option<Duration>) {
        Native::wait_any(words, deadline);
    }

    /// One, as a bell has one sleeper: a peer that lies may have laid down thousands there, and whoever
    /// wakes them does the work. If it is woken in the sleeper's place, it has delayed that one.
    fn wake(word: &Self::AtomicU32) {
        futex::wake(word, 1);
    }
}

/// Memory of a `T` that somebody else may write at any time.
#[derive(Debug)]
#[repr(transparent)]
pub struct Guarded<T>(UnsafeCell<T>);

impl<T> Cell<T> for Guarded<T> {
    /// # Panics
    /// Always. A cell that is made may hold anything, and one that is mapped holds plain data; so
    /// whoever maps it promises that.
    fn new(_: T) -> Self {
        panic!("a cell of `Wary` lies in mapped memory, and is not made")
    }

    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        let copy = self.read();
        f(copy.as_ptr())
    }

    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        let mut copy = self.read();
        let outcome = f(copy.as_mut_ptr());
        write_all(slice::from_ref(self), slice::from_ref(&copy));
        outcome
    }

    fn with_all<R>(cells: &[Self], f: impl FnOnce(*const [T]) -> R) -> R {
        let copies = read_all(cells);
        f(ptr::slice_from_raw_parts(
            copies.as_ptr().cast(),
            copies.len(),
        ))
    }

    fn with_all_mut<R>(cells: &[Self], f: impl FnOnce(*mut [T]) -> R) -> R {
        let mut copies = read_all(cells);
        let first = copies.as_mut_ptr();
        let outcome = f(ptr::slice_from_raw_parts_mut(first.cast(), copies.len()));
        write_all(cells, &copies);
        outcome
    }
}

impl<T> Guarded<T> {
    /// A copy of what is there now.
    fn read(&self) -> MaybeUninit<T> {
        let mut copy = MaybeUninit::uninit();
        read_into(slice::from_ref(self), slice::from_mut(&mut copy));
        copy
    }
}

/// A copy of what is in each cell now.
fn read_all<T>(cells: &[Guarded<T>]) -> Box<[MaybeUninit<T>]> {
    let mut copies = Box::new_uninit_slice(cells.len());
    read_into(cells, &mut copies);
    copies
}

fn read_into<T>(cells: &[Guarded<T>], copies: &mut [MaybeUninit<T>]) {
    let (first, len) = (copies.as_mut_ptr().cast(), size_of_val(copies));
    // SAFETY: these are the bytes of the copies, which may be anything.
    load(bytes(cells), unsafe {
        slice::from_raw_parts_mut(first, len)
    });
}

/// Writes the copies of plain data back to the cells that they come from.
fn write_all<T>(cells: &[Guarded<T>], copies: &[MaybeUninit<T>]) {
    // SAFETY: a copy was read from mapped memory, and what was written over it is plain data: so each
    // byte is initialised.
    let copy = unsafe { slice::from_raw_parts(copies.as_ptr().cast(), size_of_val(copies)) };
    store(copy, bytes(cells));
}

/// The bytes of cells that lie in mapped memory.
fn bytes<T>(cells: &[Guarded<T>]) -> &[AtomicU8] {
    // SAFETY: they are mapped and initialised, and nobody uses them but as atomic words.
    unsafe { slice::from_raw_parts(cells.as_ptr().cast(), size_of_val(cells)) }
}

const WORD: usize = size_of::<u64>();

/// The bytes before the first whole word, the whole words, and the bytes behind the last.
fn split(memory: &[AtomicU8]) -> (&[AtomicU8], &[AtomicU64], &[AtomicU8]) {
    // SAFETY: any eight bytes are a word.
    unsafe { memory.align_to() }
}

/// Copies bytes that anybody may write.
fn load(memory: &[AtomicU8], copy: &mut [MaybeUninit<u8>]) {
    let (before, words, after) = split(memory);
    let (first, rest) = copy.split_at_mut(before.len());
    let (middle, last) = rest.split_at_mut(words.len() * WORD);
    load_bytes(before, first);
    for (word, copy) in words.iter().zip(middle.as_chunks_mut::<WORD>().0) {
        copy.write_copy_of_slice(&word.load(Relaxed).to_ne_bytes());
    }
    load_bytes(after, last);
}

fn load_bytes(memory: &[AtomicU8], copy: &mut [MaybeUninit<u8>]) {
    for (byte, copy) in memory.iter().zip(copy) {
        copy.write(byte.load(Relaxed));
    }
}

/// Copies bytes to where anybody may write.
fn store(copy: &[u8], memory: &[AtomicU8]) {
    let (before, words, after) = split(memory);
    let (first, rest) = copy.split_at(before.len());
    let (middle, last) = rest.split_at(words.len() * WORD);
    store_bytes(first, before);
    for (word, copy) in words.iter().zip(middle.as_chunks().0) {
        word.store(u64::from_ne_bytes(*copy), Relaxed);
    }
    store_bytes(last, after);
}

fn store_bytes(copy: &[u8], memory: &[AtomicU8]) {
    for (byte, copy) in memory.iter().zip(copy) {
        byte.store(*copy, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use nix::libc;

    use super::*;

    /// Cells over bytes of the test's own.
    fn cells<T: Copy>(values: &mut [T]) -> &[Guarded<T>] {
        // SAFETY: a cell is laid out as what it holds, and these are plain and initialised.
        unsafe { &*(ptr::from_mut(values) as *const [Guarded<T>]) }
    }

    /// Whether a thread of this process sleeps.
    fn sleeps(thread: libc::pid_t) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/self/task/{thread}/stat"));
        stat.is_ok_and(|stat| stat.contains(") S "))
    }

    #[test]
    fn one_of_those_who_sleep_is_woken() {
        let word = core::sync::atomic::AtomicU32::new(0);
        let deadline = Some(Wary::now() + Duration::from_secs(20));
        let (told, threads) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (told, word) = (told.clone(), &word);
                scope.spawn(move || {
                    told.send(nix::unistd::gettid().as_raw())
                        .expect("it is heard");
                    Wary::wait_any(&[(word, 0)], deadline);
                });
            }
            for thread in threads.iter().take(2) {
                while !sleeps(thread) {
                    std::thread::yield_now();
                }
            }
            Wary::wake(&word);
            let rest = futex::wake(&word, libc::c_int::MAX);
            assert_eq!(rest, 1);
        });
    }

    #[test]
    fn what_is_read_is_a_copy() {
        let mut values = [1_u64, 2];
        let cells = cells(&mut values);
        cells[0].with(|copy| {
            assert_ne!(copy, cells[0].0.get().cast_const());
            // SAFETY: the copy was read.
            assert_eq!(unsafe { *copy }, 1);
        });
    }

    #[test]
    fn runs_at_any_alignment_go_there_and_back() {
        let mut memory = [0_u64; 8];
        let bytes: &mut [u8] = zerocopy::IntoBytes::as_mut_bytes(&mut memory);
        for first in 0..=9 {
            for len in 0..=40 {
                bytes.fill(0xEE);
                let expected: Vec<u8> = (1..).take(len).collect();
                Cell::with_all_mut(cells(&mut bytes[first..first + len]), |copy| {
                    // SAFETY: the copies are ours, and were read.
                    unsafe { (*copy).copy_from_slice(&expected) }
                });
                assert_eq!(&bytes[first..first + len], expected);
                let seen = Cell::with_all(cells(&mut bytes[first..first + len]), |copy| {
                    // SAFETY: as above.
                    unsafe { (*copy).to_vec() }
                });
                assert_eq!(seen, expected);
                let beside = bytes[..first].iter().chain(&bytes[first + len..]);
                assert!(
                    beside.into_iter().all(|&byte| byte == 0xEE),
                    "{first} {len}"
                );
            }
        }
    }

    #[test]
    fn one_that_has_changed_is_written_back() {
        let mut values = [[1_u16; 3], [2; 3]];
        // SAFETY: the copy is ours.
        cells(&mut values)[1].with_mut(|copy| unsafe { (*copy)[2] = 9 });
        assert_eq!(values, [[1; 3], [2, 2, 9]]);
    }
}
