//! The thread that keeps a life word: as long as its process lives, the word names it.
//!
//! ```text
//!  life word     31        30           29 .. 0
//!             [waiters][owner died][number of the keeper thread]
//!
//!  attach     waiters | number        the process is attached
//!  a death    waiters | owner died    written by the kernel, which wakes one sleeper
//!  detach     what the caller says    written by the keeper, which wakes every sleeper
//! ```
//!
//! The keeper speaks for another thread, so its store is the release of the edge GONE of
//! [`life`](crate::life): what its process did comes before it.
//!
//! Who sleeps on the word learns of a SIGKILL within microseconds. It is a suspicion: another
//! thread of the process may still be writing when the keeper has ended. The proof is the lock of
//! a byte (see [`Guard`](super::Guard)).

use std::io;
use std::mem;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::thread;

use nix::libc;

use super::Mapping;
use super::process::Process;
use super::robust::{Head, RobustList};
use crate::life::{CLOSED, DIED, WAITERS};
use crate::platform::Futex;
use crate::platform::native::Native;
use crate::platform::native::servant::{self, Servant};

/// A thread of this process whose end, however it comes about, is written into a life word.
///
/// A keeper that is dropped without [`detach`](Keeper::detach) marks its word as the kernel would:
/// an endpoint that vanishes without a goodbye is a death. One that is forgotten keeps the word
/// until the process ends.
#[derive(Debug)]
#[must_use = "a keeper that is dropped tells of a death"]
pub struct Keeper {
    tid: u32,
    /// A forked child has the value but not the thread.
    process: Process,
    thread: Option<Thread>,
}

/// The keeper's end of the thread.
#[derive(Debug)]
struct Thread {
    talk: Arc<Talk>,
    servant: Servant,
}

impl Keeper {
    /// Attaches this process to the life word `word`, which lies in `mapping`.
    ///
    /// Everybody else must leave the word alone until it is let go or tells of a death; who is
    /// next, and that it is one, is agreed on by locks.
    ///
    /// # Errors
    /// If the word does not lie in the mapping, or there is no memory for a thread.
    pub fn attach(mapping: Arc<Mapping>, word: &AtomicU32) -> io::Result<Keeper> {
        let word = LifeWord::of(mapping, word)?;
        let process = Process::this()?;
        let list = Head::of(word.word);
        let talk = Arc::new(Talk::default());
        let other = Arc::clone(&talk);
        let servant = servant::start(c"aqueduct-keeper", move || keep(&word, list, &other))?;
        match talk.hear(UNBORN) {
            (BORN, tid) => Ok(Keeper {
                tid,
                process,
                thread: Some(Thread { talk, servant }),
            }),
            (_, error) => Err(io::Error::from_raw_os_error(error.cast_signed())),
        }
    }

    /// The number of the keeper thread, as the life word holds it.
    #[must_use]
    pub fn tid(&self) -> u32 {
        self.tid
    }

    /// Lets go: the word holds `last` when this returns, and everybody who slept on it is awake.
    ///
    /// If the process is killed in the middle, the word holds `last` but its sleepers may sleep
    /// on, unless the lower 30 bits of `last` are zero: then the kernel wakes one in our stead.
    pub fn detach(mut self, last: u32) {
        self.end(Some(last));
    }

    /// Does the `last` things, and says goodbye. One whose thread unwinds has not finished what it was
    /// doing: that is a death. In a forked child nothing is done: the word is the parent's.
    pub(crate) fn leave(self, last: impl FnOnce()) {
        if !thread::panicking() && self.process.is_this() {
            last();
            self.detach(CLOSED);
        }
    }

    /// Ends the thread, if it has not ended: the word holds `last`, or tells of a death.
    fn end(&mut self, last: Option<u32>) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        if !self.process.is_this() {
            mem::forget(thread); // It is the parent's, and so is the word.
            return;
        }
        thread.talk.say(ENDED, last.unwrap_or(WAITERS | DIED));
        thread.servant.join();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.end(None);
    }
}

/// A life word, and the mapping that keeps it in place.
#[derive(Debug)]
struct LifeWord {
    word: *const AtomicU32,
    _mapping: Arc<Mapping>,
}

// SAFETY: the word is atomic, and mapped as long as the mapping, which may be sent, is alive.
unsafe impl Send for LifeWord {}

impl LifeWord {
    fn of(mapping: Arc<Mapping>, word: &AtomicU32) -> io::Result<LifeWord> {
        let word = ptr::from_ref(word);
        if !mapping.contains(word.cast(), mem::size_of::<AtomicU32>()) {
            let reason = "the life word does not lie in the mapping";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        Ok(LifeWord {
            word,
            _mapping: mapping,
        })
    }

    /// Changes the word, and wakes everybody who sleeps on it.
    fn set(&self, value: u32) {
        // SAFETY: it lay in the mapping as an atomic word, and the mapping is alive.
        let word = unsafe { &*self.word };
        word.store(value, Release); // GONE
        Native::wake(word);
    }
}

/// What a keeper and its thread say to each other, in turns: the thread first, and then the keeper. It takes
/// no memory, of which there may be none any more: the thread would end the process.
///
/// # Edges
/// SAID: a state is released by who says it, and acquired by who hears it; with it travels the number.
#[derive(Debug, Default)]
struct Talk {
    state: AtomicU32,
    number: AtomicU32,
}

/// Nothing was said yet.
const UNBORN: u32 = 0;
/// The word is kept, by the thread of this number.
const BORN: u32 = 1;
/// It is not, by this error of the kernel.
const STILLBORN: u32 = 2;
/// The word is to hold this, and is kept no longer.
const ENDED: u32 = 3;

impl Talk {
    fn say(&self, state: u32, number: u32) {
        // Relaxed: it travels with SAID.
        self.number.store(number, Relaxed);
        self.state.store(state, Release); // SAID
        Native::wake(&self.state);
    }

    /// What is said after `state`, and its number.
    fn hear(&self, state: u32) -> (u32, u32) {
        loop {
            let found = self.state.load(Acquire); // SAID
            if found != state {
                // Relaxed: it came with SAID.
                return (found, self.number.load(Relaxed));
            }
            Native::wait_any(&[(&self.state, state)], None);
        }
    }
}

/// The life of a keeper thread. It says something in any case: its keeper waits for that.
fn keep(word: &LifeWord, list: Box<Head>, talk: &Talk) {
    let list = match RobustList::register(list) {
        Ok(list) => list,
        Err(error) => return talk.say(STILLBORN, (error as i32).cast_unsigned()),
    };
    // SAFETY: asks for a number, which is positive.
    let tid = unsafe { libc::gettid() }.cast_unsigned();
    list.hold(|| word.set(WAITERS | tid));
    talk.say(BORN, tid);
    let (_, end) = talk.hear(BORN);
    list.release(|| word.set(end));
}
