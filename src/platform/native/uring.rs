//! Sleeping on the words of any number of links, by the kernel's `io_uring` (futexes since Linux
//! 6.7).
//!
//! Each link that is watched is one `IORING_OP_FUTEX_WAITV` under way, which completes when one of
//! its words is woken, or did not hold its value any more. What completes is found in memory, and
//! the descriptor of the ring becomes readable, for event loops.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use io_uring::types::{FutexWaitV, SubmitArgs, Timespec};
use io_uring::{IoUring, Probe, opcode, squeue};
use nix::libc;

use super::Native;
use crate::link::select::{Few, Poller};
use crate::platform::Futex;

/// How many requests are handed over at once.
const ENTRIES: u32 = 256;
/// The token of what nobody waits for.
const NOBODY: u64 = u64::MAX;

/// A poller for any number of links.
///
/// What it watches belongs to the thread that armed it, as the kernel has it: so it stays there.
pub struct Uring {
    ring: IoUring,
    /// The words of requests that the kernel has not copied yet.
    lists: Vec<Box<[FutexWaitV]>>,
    of_this_thread: std::marker::PhantomData<*const ()>,
}

impl Uring {
    /// A poller, if the kernel has what it takes and lets this process use it.
    ///
    /// # Errors
    /// The kernel's; `Unsupported` before Linux 6.7.
    pub fn new() -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        let mut probe = Probe::new();
        ring.submitter().register_probe(&mut probe)?;
        if !probe.is_supported(opcode::FutexWaitV::CODE) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(Self {
            ring,
            lists: Vec::new(),
            of_this_thread: std::marker::PhantomData,
        })
    }

    /// Hands a request over.
    fn push(&mut self, entry: &squeue::Entry) {
        loop {
            // SAFETY: the kernel copies the list of words when the request is submitted, until when it is
            // kept, and takes their addresses for names.
            let pushed = unsafe { self.ring.submission().push(entry) };
            // It fails where the queue is full; what is in it goes first.
            self.submit();
            if pushed.is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl Poller<Native> for Uring {
    unsafe fn arm(&mut self, token: u64, words: &[(&AtomicU32, u32)]) {
        let waiter = |&(word, value): &(&AtomicU32, u32)| {
            FutexWaitV::new()
                .val(u64::from(value))
                .uaddr(word.as_ptr().addr() as u64)
                .flags(libc::FUTEX2_SIZE_U32.unsigned_abs())
        };
        let list: Box<[FutexWaitV]> = words.iter().map(waiter).collect();
        let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let entry = opcode::FutexWaitV::new(list.as_ptr(), count).build();
        self.lists.push(list);
        self.push(&entry.user_data(token));
    }

    fn disarm(&mut self, token: u64) {
        let entry = opcode::AsyncCancel::new(token).build();
        self.push(&entry.user_data(NOBODY));
    }

    fn woken(&mut self, tell: &mut dyn FnMut(u64)) {
        for completed in self.ring.completion() {
            if completed.user_data() != NOBODY {
                tell(completed.user_data());
            }
        }
    }

    fn submit(&mut self) -> bool {
        // Else it was interrupted, or there is no memory for a moment.
        let done = self.ring.submit().is_ok() && self.ring.submission().is_empty();
        if done {
            self.lists.clear();
        }
        done
    }

    fn sleep(&mut self, deadline: Option<Duration>) {
        let left = deadline.map(|deadline| deadline.saturating_sub(Native::now()));
        let left = left.map(|left| {
            Timespec::new()
                .sec(left.as_secs())
                .nsec(left.subsec_nanos())
        });
        let args = SubmitArgs::new();
        let args = match &left {
            Some(left) => args.timespec(left),
            None => args,
        };
        // Woken, too late, a signal: the caller looks again.
        let _ = self.ring.submitter().submit_with_args(1, &args);
    }
}

impl AsFd for Uring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // SAFETY: the ring is open while this is borrowed.
        unsafe { BorrowedFd::borrow_raw(self.ring.as_raw_fd()) }
    }
}

/// The poller that this machine has.
pub enum Sleeper {
    /// For any number of links.
    Uring(Box<Uring>),
    /// For a few; it looks again every millisecond if there are more than 128 words.
    Few(Few<Native>),
}

impl Sleeper {
    /// The best that the kernel lets this process use.
    #[must_use]
    pub fn new() -> Self {
        let uring = Uring::new().map(Box::new);
        uring.map_or_else(|_| Self::Few(Few::new()), Self::Uring)
    }

    fn poller(&mut self) -> &mut dyn Poller<Native> {
        match self {
            Self::Uring(uring) => &mut **uring,
            Self::Few(few) => few,
        }
    }
}

impl Default for Sleeper {
    fn default() -> Self {
        Self::new()
    }
}

impl Poller<Native> for Sleeper {
    unsafe fn arm(&mut self, token: u64, words: &[(&AtomicU32, u32)]) {
        // SAFETY: by the caller's word.
        unsafe { self.poller().arm(token, words) };
    }

    fn disarm(&mut self, token: u64) {
        self.poller().disarm(token);
    }

    fn woken(&mut self, tell: &mut dyn FnMut(u64)) {
        self.poller().woken(tell);
    }

    fn submit(&mut self) -> bool {
        self.poller().submit()
    }

    fn sleep(&mut self, deadline: Option<Duration>) {
        self.poller().sleep(deadline);
    }
}
