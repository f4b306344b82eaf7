//! Sleeping and waking through Linux's futex, within a process and between processes.
//!
//! The calls never carry the PRIVATE flag: a word in shared memory is the same word in every
//! process that maps it. One word is waited for with `FUTEX_WAIT_BITSET`, several with
//! `futex_waitv`; both take an absolute deadline on `CLOCK_MONOTONIC`. Where the kernel has no
//! `futex_waitv` (before Linux 5.16, or behind a filter) a wait for several words sleeps on the
//! first and looks at the others every millisecond.

use core::array;
use core::mem;
use core::ptr;
use core::sync::atomic::{self, AtomicU32, Ordering};
use core::time::Duration;

use nix::libc::{self, c_int, c_long, timespec};

use super::{Native, membarrier};
use crate::platform::Futex;

/// The most words that one wait may watch: the kernel's own limit.
pub const MAX_WORDS: usize = 128;

/// Two data words and two life words: what nearly every wait is about.
const FEW_WORDS: usize = 4;

/// How often a wait without `futex_waitv` looks at all its words.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

// `futex_waitv` takes two 64-bit numbers; a 32-bit machine would need a type of its own.
const _: () = assert!(mem::size_of::<timespec>() == 16);

/// The kernel's `struct futex_waitv`.
#[repr(C)]
struct Waiter {
    value: u64,
    address: u64,
    flags: u32,
    reserved: u32,
}

const _: () = assert!(mem::size_of::<Waiter>() == 24);

impl Futex for Native {
    const LIGHT_AFTER: u32 = 64;

    fn lighten() -> bool {
        membarrier::is_prepared()
    }

    #[inline(always)]
    fn light_fence() {
        atomic::compiler_fence(Ordering::SeqCst);
    }

    fn heavy_fence() -> bool {
        membarrier::everywhere()
    }

    fn now() -> Duration {
        let mut time = timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: `time` is ours to write for the length of the call.
        let answer = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
        assert_eq!(answer, 0, "every Linux has CLOCK_MONOTONIC");
        // The clock starts at zero, and its nanoseconds are below a second.
        let nanoseconds = Duration::from_nanos(time.tv_nsec.unsigned_abs());
        Duration::from_secs(time.tv_sec.unsigned_abs()) + nanoseconds
    }

    /// Without words it sleeps until the deadline.
    ///
    /// # Panics
    /// If there are more than [`MAX_WORDS`] words.
    fn wait_any(words: &[(&AtomicU32, u32)], deadline: Option<Duration>) {
        match *words {
            [] => wait_one(&AtomicU32::new(0), 0, deadline),
            [(word, value)] => wait_one(word, value, deadline),
            _ if words.len() <= FEW_WORDS => wait_several::<FEW_WORDS>(words, deadline),
            _ => wait_several::<MAX_WORDS>(words, deadline),
        }
    }

    fn wake(word: &AtomicU32) {
        wake(word, c_int::MAX);
    }
}

/// Wakes up to `most` of those who sleep on `word`, and says how many that were.
pub(super) fn wake(word: &AtomicU32, most: c_int) -> c_long {
    // SAFETY: the kernel takes the address as a name and does not write there; a bad address
    // would be an error, and this one is good.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, most) }
}

/// Whether the kernel can wait for several words at once (Linux 5.16, and no filter against it).
///
/// Where it cannot, [`Futex::wait_any`] on several words works, but wakes every millisecond to
/// look.
#[must_use]
pub fn futex_waitv_supported() -> bool {
    // SAFETY: with no words the kernel reads nothing.
    let answer = unsafe { waitv(ptr::null(), 0, ptr::null()) };
    answer == -1 && nix::errno::Errno::last() == nix::errno::Errno::EINVAL
}

/// Sleeps while `word` holds `value`.
fn wait_one(word: &AtomicU32, value: u32, deadline: Option<Duration>) {
    let deadline = deadline.map(absolute);
    let deadline = deadline.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the kernel reads the word and the deadline, both alive until the call returns. All
    // its answers (woken, another value, too late, a signal) are plain returns here.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT_BITSET,
            value,
            deadline,
            ptr::null::<u32>(),
            libc::FUTEX_BITSET_MATCH_ANY,
        )
    };
}

/// Sleeps while every word holds its value; `N` is room enough for them.
fn wait_several<const N: usize>(words: &[(&AtomicU32, u32)], deadline: Option<Duration>) {
    assert!(
        words.len() <= N,
        "a wait watches at most {MAX_WORDS} words, not {}",
        words.len()
    );
    let waiters: [Waiter; N] = array::from_fn(|at| waiter(words.get(at).copied()));
    let until = deadline.map(absolute);
    let until = until.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the kernel reads the first `words.len()` waiters, the words that they name and the
    // deadline, all alive until the call returns.
    let answer = unsafe { waitv(waiters.as_ptr(), words.len(), until) };
    if answer == -1 && no_such_call() {
        look_again_soon(words, deadline);
    }
}

/// Whether the last call failed because there is no such call, or a filter forbids it.
fn no_such_call() -> bool {
    use nix::errno::Errno;
    matches!(Errno::last(), Errno::ENOSYS | Errno::EPERM | Errno::EACCES)
}

/// Sleeps on the first word, for a short time, because there is no way to sleep on all.
#[cold]
fn look_again_soon(words: &[(&AtomicU32, u32)], deadline: Option<Duration>) {
    let soon = Native::now() + LOOK_AGAIN;
    let until = deadline.map_or(soon, |deadline| deadline.min(soon));
    if let [(word, value), ..] = *words {
        wait_one(word, value, Some(until));
    }
}

/// One entry of `futex_waitv`; a place past the words stays empty and is not looked at.
fn waiter(word: Option<(&AtomicU32, u32)>) -> Waiter {
    let (address, value) = word.map_or((0, 0), |(word, value)| (word.as_ptr().addr(), value));
    Waiter {
        value: u64::from(value),
        address: address as u64,
        flags: libc::FUTEX2_SIZE_U32.unsigned_abs(),
        reserved: 0,
    }
}

/// `futex_waitv`, with an absolute deadline on the monotonic clock.
///
/// # Safety
/// `waiters` points to `count` waiters, and `deadline` to a time or nowhere, until the call
/// returns.
unsafe fn waitv(waiters: *const Waiter, count: usize, deadline: *const timespec) -> c_long {
    let no_flags: u32 = 0;
    // SAFETY: the caller's promise.
    unsafe {
        libc::syscall(
            libc::SYS_futex_waitv,
            waiters,
            count,
            no_flags,
            deadline,
            libc::CLOCK_MONOTONIC,
        )
    }
}

/// The kernel's form of a time; one past its range is its last.
fn absolute(time: Duration) -> timespec {
    timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(30);

    fn since(start: Duration) -> Duration {
        Native::now()
            .checked_sub(start)
            .expect("the clock does not go back")
    }

    /// Sleeps on `words` until `done` says so; returns how long that took.
    fn sleep_until(words: &[(&AtomicU32, u32)], done: impl Fn() -> bool) -> Duration {
        let start = Native::now();
        while !done() && Native::now() < start + LONG {
            Native::wait_any(words, Some(start + LONG));
        }
        since(start)
    }

    /// A thread sleeps on `words` zero words; another sets the last one and wakes it.
    fn woken_by_the_last_of(count: usize) {
        let words: Vec<_> = (0..count).map(|_| AtomicU32::new(0)).collect();
        let expected: Vec<_> = words.iter().map(|word| (word, 0)).collect();
        let last = words.last().expect("there are words");
        let slept = thread::scope(|scope| {
            let sleeper = scope.spawn(|| sleep_until(&expected, || last.load(Acquire) == 1));
            thread::sleep(SHORT);
            last.store(1, Release);
            Native::wake(last);
            sleeper.join().expect("the sleeper does not panic")
        });
        assert!(slept < LONG, "a sleeper on {count} words was not woken");
    }

    #[test]
    fn a_sleeper_is_woken_through_any_of_its_words() {
        for count in [1, 2, FEW_WORDS, FEW_WORDS + 1, MAX_WORDS] {
            woken_by_the_last_of(count);
        }
    }

    #[test]
    fn another_value_returns_at_once() {
        let words = [AtomicU32::new(1), AtomicU32::new(2)];
        let start = Native::now();
        Native::wait_any(&[(&words[0], 0)], Some(start + LONG));
        Native::wait_any(&[(&words[0], 1), (&words[1], 1)], Some(start + LONG));
        assert!(since(start) < LONG);
    }

    #[test]
    fn a_deadline_ends_a_wait_and_not_before() {
        let words = [AtomicU32::new(0), AtomicU32::new(0)];
        let expected = [(&words[0], 0), (&words[1], 0)];
        for count in 0..=2 {
            let deadline = Native::now() + SHORT;
            Native::wait_any(&expected[..count], Some(deadline));
            let over = Native::now().checked_sub(deadline);
            assert!(
                over.is_some_and(|over| over < LONG),
                "{count} words: {over:?}"
            );
        }
    }

    #[test]
    fn a_deadline_beyond_the_clock_is_no_deadline() {
        let word = AtomicU32::new(0);
        thread::scope(|scope| {
            let sleeper = scope.spawn(|| Native::wait_any(&[(&word, 0)], Some(Duration::MAX)));
            thread::sleep(SHORT);
            assert!(!sleeper.is_finished());
            word.store(1, Relaxed);
            Native::wake(&word);
        });
    }

    #[test]
    fn without_futex_waitv_a_wait_looks_again() {
        let words = [AtomicU32::new(0), AtomicU32::new(0)];
        let start = Native::now();
        look_again_soon(&[(&words[0], 0), (&words[1], 0)], None);
        assert!(since(start) < LONG);
    }

    #[test]
    #[should_panic(expected = "at most 128 words, not 129")]
    fn too_many_words_are_refused() {
        let word = AtomicU32::new(0);
        Native::wait_any(&[(&word, 0); MAX_WORDS + 1], None);
    }

    #[test]
    fn this_kernel_waits_for_several_words() {
        assert!(futex_waitv_supported());
    }
}
