//! The least that a round trip between sleepers can cost: a futex each way.
//!
//! ```text
//!                 +------- send ------> FULL
//!      EMPTY -----+                      |
//!        ^        +-- recv --> SLEEPING -+--- send: FULL, and a wake-up
//!        +---------------------- recv ---+
//! ```
//!
//! There is one message at a time, so nobody waits for room, and the message lies beside its word, in
//! one cache line. The sender pays for a wake-up only if the word says that somebody sleeps.

use std::fs::File;
use std::hint::spin_loop;
use std::io;
use std::num::NonZeroUsize;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};

use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use crossbeam_utils::CachePadded;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap};

use super::pairs::{Outcome, Pair};

const EMPTY: u32 = 0;
const FULL: u32 = 1;
const SLEEPING: u32 = 2;

/// One way.
#[repr(C)]
struct Way {
    state: AtomicU32,
    message: AtomicU64,
}

/// What both processes map; it begins as zeros.
#[repr(C)]
pub struct Shared {
    ways: [CachePadded<Way>; 2],
    /// Nobody writes it: it stands for the word that tells of a death.
    life: CachePadded<AtomicU32>,
}

/// Both ways, as one of the two processes has them.
pub struct Raw {
    shared: &'static Shared,
    /// Which way it sends.
    to: usize,
}

/// Whether a sleeper is to be woken by a death.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Ignored,
    Watched,
}

/// The same, and what a sleeper sleeps on.
pub struct Sleeping<'a>(&'a Raw, Life);

impl Raw {
    /// Maps the memory in `file`, for good. The two processes send different ways, 0 and 1.
    pub fn map(file: &File, to: usize) -> io::Result<Raw> {
        let length = NonZeroUsize::new(size_of::<Shared>()).expect("it has words");
        file.set_len(length.get() as u64)?;
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the kernel chooses a free address, so no memory of ours changes.
        let start = unsafe { mmap(None, length, protection, MapFlags::MAP_SHARED, file, 0) }?;
        // SAFETY: it is as long, aligned to a page, never unmapped, and changed by atomics alone;
        // any bytes are good words.
        let shared = unsafe { start.cast::<Shared>().as_ref() };
        Ok(Raw { shared, to })
    }

    pub fn sleeping_on(&self, life: Life) -> Sleeping<'_> {
        Sleeping(self, life)
    }
}

impl Pair for Sleeping<'_> {
    fn send(&mut self, message: u64) -> Outcome<()> {
        let way = &self.0.shared.ways[self.0.to];
        way.message.store(message, Relaxed);
        if way.state.swap(FULL, Release) == SLEEPING {
            wake(&way.state);
        }
        Ok(())
    }

    fn recv(&mut self, spins: u32) -> Outcome<u64> {
        let way = &self.0.shared.ways[1 - self.0.to];
        let is_full = || way.state.load(Acquire) == FULL;
        let came = (0..spins).any(|_| {
            let came = is_full();
            if !came {
                spin_loop();
            }
            came
        });
        if !came {
            self.sleep_until_full(&way.state);
        }
        let message = way.message.load(Relaxed);
        // Relaxed: nothing is sent this way before the other way has carried an answer.
        way.state.store(EMPTY, Relaxed);
        Ok(message)
    }
}

impl Sleeping<'_> {
    fn sleep_until_full(&self, state: &AtomicU32) {
        let raised = state.compare_exchange(EMPTY, SLEEPING, Acquire, Acquire);
        if raised.is_err() {
            return;
        }
        while state.load(Acquire) != FULL {
            match self.1 {
                Life::Ignored => wait(state, SLEEPING),
                Life::Watched => {
                    Native::wait_any(&[(&self.0.shared.life, 0), (state, SLEEPING)], None);
                }
            }
        }
    }
}

fn wait(word: &AtomicU32, value: u32) {
    let for_ever = ptr::null::<libc::timespec>();
    // SAFETY: the kernel reads the word, which is there for good.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAIT, value, for_ever) };
}

fn wake(word: &AtomicU32) {
    // SAFETY: the kernel takes the address as a name.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, 1) };
}
