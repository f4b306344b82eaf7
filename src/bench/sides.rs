//! The two sides of a sample: two threads, or two processes, each on a processor of its own.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use nix::libc;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use serde::{Deserialize, Serialize};

use super::Failure;
use super::limits::Line;

/// What a channel goes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Between {
    /// Threads of one process.
    Threads,
    /// Processes.
    Processes,
}

/// What both sides share, whatever they are.
pub(super) struct Board {
    /// What is bounced raw.
    pub line: Line,
    /// Whether the side that takes the time has seen enough: 1 if so.
    over: CachePadded<AtomicU64>,
    /// What the other side has sent, and how many processors this took, as bits of a number.
    sent: CachePadded<AtomicU64>,
    used: AtomicU64,
}

// SAFETY: words.
unsafe impl Zeroed for Board {}

impl Board {
    /// Whether the side that takes the time has seen enough.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) != 0
    }

    /// The side that takes the time has seen enough.
    pub fn set_over(&self) {
        self.over.store(1, Ordering::Relaxed);
    }

    /// What the other side has sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// How many processors the other side has used.
    pub fn used(&self) -> f64 {
        f64::from_bits(self.used.load(Ordering::Acquire))
    }

    /// The other side says how many processors it has used.
    pub fn set_used(&self, processors: f64) {
        self.used.store(processors.to_bits(), Ordering::Release);
    }

    /// The other side says what it has sent.
    pub fn set_sent(&self, count: u64) {
        self.sent.store(count, Ordering::Release);
    }
}

/// Memory that this process and those that it forks share until they end.
///
/// `M` is made of atomic words and bytes, all of which may be zero.
pub(super) fn shared<M: Zeroed>() -> Result<&'static M, Failure> {
    let length = size_of::<M>().try_into()?;
    let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel chooses where.
    let memory = unsafe { mmap_anonymous(None, length, rights, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is large enough, begins at a page, is never unmapped, and holds zeros,
    // which are an `M`.
    Ok(unsafe { memory.cast().as_ref() })
}

/// What is made of zeros.
///
/// # Safety
/// Zeros are one, and it may be shared between processes: it consists of atomic words, and of bytes
/// that they say whose they are.
pub(super) unsafe trait Zeroed: Sync + 'static {}

// SAFETY: of zeros each of them is one.
unsafe impl<Z: Zeroed, const N: usize> Zeroed for [Z; N] {}

/// Where a sample runs, and for how long.
pub(super) struct Sides {
    pub board: &'static Board,
    pub length: Duration,
    between: Between,
    processors: [usize; 2],
}

impl Sides {
    pub fn new(
        between: Between,
        processors: [usize; 2],
        length: Duration,
    ) -> Result<Self, Failure> {
        Ok(Self {
            board: shared()?,
            length,
            between,
            processors,
        })
    }

    /// Runs both sides, and returns what came of this one.
    pub fn run<R>(
        &self,
        here: impl FnOnce() -> R,
        there: impl FnOnce() + Send,
    ) -> Result<R, Failure> {
        let there = || {
            pin(self.processors[1]).expect("it was there before");
            there();
        };
        match self.between {
            Between::Threads => thread::scope(|scope| {
                let other = scope.spawn(there);
                pin(self.processors[0])?;
                let result = here();
                let ended = other.join();
                ended.map_err(|_| "the other side panicked")?;
                Ok(result)
            }),
            Between::Processes => {
                let child = start(there)?;
                pin(self.processors[0])?;
                let result = here();
                match waitpid(child, None)? {
                    WaitStatus::Exited(_, 0) => Ok(result),
                    status => Err(format!("the other side ended: {status:?}").into()),
                }
            }
        }
    }

    /// Whether the sides have a processor each.
    fn are_apart(&self) -> bool {
        self.processors[0] != self.processors[1]
    }

    /// Bounces the raw line, if the sides are apart: else each would spin until the other may run.
    pub fn ask_line(&self) -> Option<f64> {
        self.are_apart().then(|| self.board.ask_line())
    }

    /// The other side of [`ask_line`](Self::ask_line).
    pub fn answer_line(&self) {
        if self.are_apart() {
            self.board.answer_line();
        }
    }

    /// Calls `f`, on one of the sides. What it returned, and how many processors it used.
    pub fn watch<R>(&self, f: impl FnOnce() -> R) -> (R, f64) {
        let usage = Usage::begin(self.between);
        let result = f();
        (result, usage.end())
    }
}

/// The time that a side has worked, and when it began.
pub(super) struct Usage {
    who: UsageWho,
    before: Duration,
    start: Instant,
}

impl Usage {
    /// Of this thread, if the other side is one, and else of this process.
    pub fn begin(between: Between) -> Self {
        let who = match between {
            Between::Threads => UsageWho::RUSAGE_THREAD,
            Between::Processes => UsageWho::RUSAGE_SELF,
        };
        Self {
            who,
            before: used(who),
            start: Instant::now(),
        }
    }

    /// How many processors were used on the average.
    pub fn end(self) -> f64 {
        let worked = used(self.who).saturating_sub(self.before);
        worked.as_secs_f64() / self.start.elapsed().as_secs_f64()
    }
}

/// Runs `there` in a child.
fn start(there: impl FnOnce()) -> io::Result<Pid> {
    let parent = process::id();
    // SAFETY: this process has one thread, so the child is whole.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            die_with(parent);
            let outcome = catch_unwind(AssertUnwindSafe(there));
            // SAFETY: it ends the process, whose buffers and destructors are the parent's.
            unsafe { libc::_exit(i32::from(outcome.is_err())) }
        }
    }
}

/// Asks to be killed when the process that has started this one ends.
pub(super) fn die_with(parent: u32) {
    // SAFETY: it takes numbers, and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if std::os::unix::process::parent_id() != parent {
        // It ended before. SAFETY: it ends the process, whose buffers may be those of another one.
        unsafe { libc::_exit(1) };
    }
}

/// Puts the calling thread on a processor.
pub(super) fn pin(processor: usize) -> Result<(), Failure> {
    let mut set = CpuSet::new();
    set.set(processor)?;
    let pinned = sched_setaffinity(Pid::from_raw(0), &set);
    pinned.map_err(|why| format!("processor {processor} cannot be used: {why}").into())
}

/// The time that a processor has worked.
fn used(who: UsageWho) -> Duration {
    let usage = getrusage(who).expect("it takes no memory but its answer's");
    [usage.user_time(), usage.system_time()]
        .into_iter()
        .map(|time| Duration::from_micros(time.num_microseconds().unsigned_abs()))
        .sum()
}
