//! A thread's robust list with room for one word: the kernel's promise to tell of a death.
//!
//! When a thread ends, by whatever cause, the kernel walks the list that the thread registered.
//! Each entry leads to a word; if the word holds the thread's number, the kernel changes it to
//! [`WAITERS`](crate::life::WAITERS)` | `[`DIED`](crate::life::DIED) and wakes one sleeper. The list lies in private memory, and an
//! entry leads to its word by a distance, so that no pointer is ever stored in shared memory.
//! (`set_robust_list(2)`; the kernel's `Documentation/locking/robust-futexes.rst`.)

use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem;
use std::ptr;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicPtr, AtomicU32, compiler_fence};

use nix::errno::Errno;
use nix::libc;

#[cfg(test)]
use crate::life::{DIED, WAITERS};

/// The kernel's `struct robust_list_head`, and the one entry that the list may have.
///
/// ```text
/// empty:  first -> first          held:  first -> entry -> first
/// ```
#[repr(C)]
#[derive(Debug)]
pub(super) struct Head {
    first: AtomicPtr<c_void>,
    /// From the entry to the word, in bytes.
    distance: isize,
    /// The entry whose word is being changed: the kernel looks at it too.
    pending: AtomicPtr<c_void>,
    entry: AtomicPtr<c_void>,
}

/// The length that the kernel asks for.
const HEAD: usize = mem::offset_of!(Head, entry);
const _: () = assert!(HEAD == 3 * mem::size_of::<usize>());

impl Head {
    /// A list for `word`, which no thread has yet.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "it leads to itself, and stays where it is"
    )]
    pub(super) fn of(word: *const AtomicU32) -> Box<Self> {
        let mut head = Box::new(Self {
            first: AtomicPtr::new(ptr::null_mut()),
            distance: 0,
            pending: AtomicPtr::new(ptr::null_mut()),
            entry: AtomicPtr::new(ptr::null_mut()),
        });
        head.distance = word.addr().wrapping_sub(head.entry().addr()).cast_signed();
        head.entry.store(head.end(), Relaxed);
        head.first.store(head.end(), Relaxed);
        head
    }

    fn end(&self) -> *mut c_void {
        ptr::from_ref(&self.first).cast_mut().cast()
    }

    fn entry(&self) -> *mut c_void {
        ptr::from_ref(&self.entry).cast_mut().cast()
    }
}

/// The list of a thread.
#[derive(Debug)]
pub(super) struct RobustList {
    head: Box<Head>,
    /// It belongs to the thread that registered it.
    _thread: PhantomData<*const ()>,
}

impl RobustList {
    /// Registers a list as the calling thread's, in place of the one that it has from its C library: the
    /// thread must use no robust mutex.
    ///
    /// # Errors
    /// The kernel's.
    pub(super) fn register(head: Box<Head>) -> Result<Self, Errno> {
        compiler_fence(SeqCst);
        // SAFETY: the list is complete; it stays where it is and alive until it is dropped, which
        // takes it from the thread, or, if it is never dropped, for good.
        unsafe { set_robust_list(&raw const *head) }?;
        Ok(Self {
            head,
            _thread: PhantomData,
        })
    }

    /// Lets `set` store the thread's number in the word, and holds the word from then on.
    pub(super) fn hold(&self, set: impl FnOnce()) {
        self.announce();
        set();
        self.link();
        self.settle();
    }

    /// Lets `set` store another value in the word, and holds the word no more.
    pub(super) fn release(&self, set: impl FnOnce()) {
        self.announce();
        set();
        self.unlink();
        self.settle();
    }

    fn announce(&self) {
        step(&self.head.pending, self.head.entry());
    }

    fn link(&self) {
        step(&self.head.first, self.head.entry());
    }

    fn unlink(&self) {
        step(&self.head.first, self.head.end());
    }

    fn settle(&self) {
        step(&self.head.pending, ptr::null_mut());
    }
}

/// Stores in program order, seen from the kernel at the moment of this thread's death.
fn step(place: &AtomicPtr<c_void>, value: *mut c_void) {
    compiler_fence(SeqCst);
    // Relaxed: only this thread, and the kernel in this thread's place, look at it.
    place.store(value, Relaxed);
    compiler_fence(SeqCst);
}

impl Drop for RobustList {
    fn drop(&mut self) {
        // SAFETY: no list at all is a good list. It is this thread's list that goes, because a
        // list is not `Send`.
        let answer = unsafe { set_robust_list(ptr::null()) };
        debug_assert!(answer.is_ok(), "a thread may have no list: {answer:?}");
    }
}

/// Makes `list` the calling thread's.
///
/// # Safety
/// It is a complete list that stays alive until the thread has another one or has ended.
unsafe fn set_robust_list(list: *const Head) -> Result<(), Errno> {
    // SAFETY: the caller's promise; the kernel itself only writes to the words of the list.
    let answer = unsafe { libc::syscall(libc::SYS_set_robust_list, list, HEAD) };
    Errno::result(answer).map(drop)
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::platform::Futex;
    use crate::platform::native::Native;

    /// What a word holds after the thread that ran `life` has ended, its list still registered.
    fn word_after(
        start: u32,
        life: impl FnOnce(&RobustList, &AtomicU32, u32) + Send,
    ) -> (u32, u32) {
        let word = Arc::new(AtomicU32::new(start));
        let thread = thread::scope(|scope| {
            let word = &word;
            let thread = scope.spawn(move || {
                let list = RobustList::register(Head::of(Arc::as_ptr(word)))
                    .expect("the kernel has lists");
                // SAFETY: asks for a number.
                let number = unsafe { libc::gettid() }.cast_unsigned();
                life(&list, word, WAITERS | number);
                mem::forget(list);
                number
            });
            thread.join().expect("the thread does not panic")
        });
        (word.load(Relaxed), thread)
    }

    #[test]
    fn the_end_of_a_thread_is_written_into_the_word_that_it_holds() {
        let (word, _) = word_after(0, |list, word, me| list.hold(|| word.store(me, Relaxed)));
        assert_eq!(word, WAITERS | DIED);
    }

    /// Stops a protocol in the middle of `set`, as if the thread ended there.
    fn stop_in_the_middle(protocol: impl FnOnce()) {
        let stopped = panic::catch_unwind(AssertUnwindSafe(protocol));
        assert!(stopped.is_err(), "the protocol calls `set`");
    }

    fn stop_here() -> ! {
        panic::resume_unwind(Box::new("stopped"))
    }

    #[test]
    fn a_thread_that_ends_before_it_linked_its_word_is_told_of_too() {
        let (word, _) = word_after(0, |list, word, me| {
            stop_in_the_middle(|| {
                list.hold(|| {
                    word.store(me, Relaxed);
                    stop_here();
                });
            });
        });
        assert_eq!(word, WAITERS | DIED);
    }

    #[test]
    fn a_thread_that_ends_before_it_settled_is_told_of_too() {
        let (word, _) = word_after(0, |list, word, me| {
            list.announce();
            word.store(me, Relaxed);
            list.link();
        });
        assert_eq!(word, WAITERS | DIED);
    }

    #[test]
    fn a_thread_that_ends_without_having_stored_its_number_changes_nothing() {
        assert_eq!(word_after(7, |list, _, _| list.announce()).0, 7);
    }

    #[test]
    fn a_word_that_was_not_announced_is_not_told_of() {
        let (word, thread) = word_after(0, |_, word, me| word.store(me, Relaxed));
        assert_eq!(word, WAITERS | thread, "only the list tells the kernel");
    }

    #[test]
    fn what_was_released_keeps_its_last_value_wherever_the_thread_ends() {
        for steps in 0..4 {
            let (word, _) = word_after(0, |list, word, me| {
                list.hold(|| word.store(me, Relaxed));
                list.announce();
                word.store(9, Relaxed);
                let rest: [&dyn Fn(); 2] = [&|| list.unlink(), &|| list.settle()];
                rest.iter().take(steps).for_each(|step| step());
            });
            assert_eq!(word, 9, "after {steps} steps");
        }
    }

    /// Whether a sleeper is woken although the thread ends after it stored `value` and before it
    /// could wake anybody.
    fn heard_of(value: u32) -> bool {
        let word = AtomicU32::new(0);
        let deadline = Native::now() + Duration::from_secs(5);
        thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                Native::wait_any(&[(&word, 0)], Some(deadline));
                Native::now() < deadline
            });
            thread::sleep(Duration::from_millis(50));
            let dying = scope.spawn(|| {
                let list =
                    RobustList::register(Head::of(&raw const word)).expect("the kernel has lists");
                list.hold(|| ());
                stop_in_the_middle(|| {
                    list.release(|| {
                        word.store(value, Relaxed);
                        stop_here();
                    });
                });
                mem::forget(list);
            });
            dying.join().expect("the thread does not panic");
            sleeper.join().expect("the thread does not panic")
        })
    }

    #[test]
    fn the_kernel_finishes_the_wake_for_a_last_value_without_a_number() {
        for value in [0, WAITERS, DIED, WAITERS | DIED] {
            assert!(heard_of(value), "{value:#x}");
        }
    }
}
