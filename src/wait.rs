//! Sleeping and waking around a try.
//!
//! A side that cannot go on raises its [`Bell`], tries once more, and sleeps on the bell; the other
//! side rings after everything it publishes. Ringing costs a fence, or none in a stream, and a look, and
//! a system call only when somebody sleeps. A sleeper also watches the life word of its peer, so that a death
//! ends the wait at once.
//!
//! # Edges
//! | edge | between | and | what it forbids |
//! |---|---|---|---|
//! | SLEEP | the fence in [`Ringer::ring`], or of whoever [wakes](EventCount::wake), after a publication and before the look at the bell | the fences in [`Rung::raise`], after the bell is raised and before the last try | that the ringer misses the raised bell *and* the sleeper misses the publication |
//! | LIGHTEN | the fence after the ringer has said that it rings lightly, and before it does | the fence in [`Rung::raise`], after the bell is raised and before the sleeper asks how it is rung | that the ringer misses the raised bell *and* the sleeper makes no heavy fence |
//! | DARKEN | the ringer's store that it rings by full fences again, after all that it has rung lightly | the sleeper's load of that word | that the sleeper misses such a publication |
//!
//! The two fences of SLEEP are sequentially consistent, so one comes first: Dekker's argument (Rust
//! Atomics and Locks, ch. 9, and the kernel's own futex). A ringer whom nobody has kept for long makes
//! the light half of an asymmetric fence instead, and its sleeper the heavy half, which is as good
//! (P1202, `std::asymmetric_thread_fence_heavy`); two light ones are never relied on. A bell has one
//! sleeper at a time, the holder of a seat, so its word is a flag and nothing wraps. Where there are
//! several, they sleep on an [`EventCount`].

mod bell;
mod event_count;

use core::time::Duration;

use arrayvec::ArrayVec;

pub use self::bell::{Bell, Ringer};
pub use self::event_count::EventCount;
use crate::platform::{Futex, Platform};

/// What is slept on, and rung.
pub trait Rung<P: Futex> {
    /// Asks to be woken.
    fn raise(&self) -> Raised<'_, P>;
}

/// What a sleeper that asked to be woken sleeps on.
pub struct Raised<'a, P: Platform> {
    /// The word.
    pub word: &'a P::AtomicU32,
    /// What it holds until something is published that a try after [`Rung::raise`] may not find.
    pub value: u32,
    /// Whether that is certain. If not, this process may make no heavy fence, and has to look again soon.
    pub is_sure: bool,
}

/// How long a side is willing to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often to try in a busy-wait before going to sleep; 0 sleeps at once.
    pub spins: u32,
    /// When to give up, on the clock of [`Futex::now`]; never if `None`.
    pub deadline: Option<Duration>,
}

impl Patience {
    /// About a microsecond or two of busy-wait: less than a sleep and a wake-up cost.
    pub const SPINS: u32 = 100;

    /// Waits for ever, after a short busy-wait.
    pub const FOREVER: Self = Self {
        spins: Self::SPINS,
        deadline: None,
    };

    /// Tries once, and does not wait.
    pub const AT_ONCE: Self = Self {
        spins: 0,
        deadline: Some(Duration::ZERO),
    };

    /// What is left of it after one try.
    pub(crate) const fn after_a_try(self) -> Self {
        Self {
            spins: self.spins.saturating_sub(1),
            ..self
        }
    }

    /// Waits until `deadline`, on the clock of [`Futex::now`].
    #[must_use]
    pub const fn until(deadline: Duration) -> Self {
        Self {
            spins: Self::SPINS,
            deadline: Some(deadline),
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::FOREVER
    }
}

/// What a try came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt<R> {
    /// It is over, one way or the other.
    Done(R),
    /// Nothing to do until the bell rings or a watched word changes.
    Pending,
    /// The same, but look again soon: a suspicion has to become a truth, and nobody rings for it; or
    /// whoever rings may not be seen in time.
    Suspended,
}

impl<R> Attempt<R> {
    /// The same with another outcome.
    pub fn map<S>(self, f: impl FnOnce(R) -> S) -> Attempt<S> {
        match self {
            Self::Done(done) => Attempt::Done(f(done)),
            Self::Pending => Attempt::Pending,
            Self::Suspended => Attempt::Suspended,
        }
    }

    /// The same for who may not be woken.
    fn unsure(self, is_sure: bool) -> Self {
        match self {
            Self::Pending if !is_sure => Self::Suspended,
            other => other,
        }
    }
}

/// The words that a sleeper watches beside its bell, with what they held *before* the last try. A try
/// pushes them.
pub type Watched<'a, P> = ArrayVec<(&'a <P as Platform>::AtomicU32, u32), WATCHED>;

/// How many they are at the most. The kernel's limit is one more.
pub const WATCHED: usize = 127;

/// The deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("timed out")]
pub struct TimedOut;

/// The pauses before a suspicion is looked at again: 50 µs, and each time twice as long, up to 10 ms.
/// They pace the looks and decide nothing.
pub(crate) struct Pauses(Duration);

impl Pauses {
    const LONGEST: Duration = Duration::from_millis(10);

    pub(crate) const fn new() -> Self {
        Self(Duration::from_micros(50))
    }

    /// The end of the next pause, or the deadline if that is earlier.
    pub(crate) fn next<P: Futex>(&mut self, deadline: Option<Duration>) -> Duration {
        let end = P::now().saturating_add(self.0);
        self.0 = Self::LONGEST.min(self.0 * 2);
        deadline.map_or(end, |deadline| deadline.min(end))
    }
}

/// Tries until it is done, or `patience` is at its end. Sleeps on `bell` and on the words that the
/// last try pushed; a try that nobody sleeps after is given nowhere to push.
///
/// The bell may stay raised; then the next ring makes a system call for nobody.
///
/// # Errors
/// [`TimedOut`] if the deadline has passed and the last try, made after that, was not done.
#[inline]
pub fn wait<'a, P: Futex, R>(
    bell: &impl Rung<P>,
    patience: Patience,
    mut attempt: impl FnMut(Option<&mut Watched<'a, P>>) -> Attempt<R>,
) -> Result<R, TimedOut> {
    // In a stream the first try is mostly the last; what follows is kept out of its way.
    if patience.spins > 0
        && let Attempt::Done(done) = attempt(None)
    {
        return Ok(done);
    }
    wait_longer(bell, patience, attempt)
}

/// The same after the first try, if there was one.
#[cold]
fn wait_longer<'a, P: Futex, R>(
    bell: &impl Rung<P>,
    patience: Patience,
    mut attempt: impl FnMut(Option<&mut Watched<'a, P>>) -> Attempt<R>,
) -> Result<R, TimedOut> {
    for _ in 1..patience.spins {
        P::spin();
        if let Attempt::Done(done) = attempt(None) {
            return Ok(done);
        }
    }
    let mut watched = Watched::<P>::new();
    let mut pauses = Pauses::new();
    loop {
        let raised = bell.raise();
        let expired = patience
            .deadline
            .is_some_and(|deadline| P::now() >= deadline);
        watched.clear();
        let deadline = match attempt(Some(&mut watched)).unsure(raised.is_sure) {
            Attempt::Done(done) => return Ok(done),
            _ if expired => return Err(TimedOut),
            Attempt::Pending => patience.deadline,
            Attempt::Suspended => Some(pauses.next::<P>(patience.deadline)),
        };
        sleep::<P>(&watched, (raised.word, raised.value), deadline);
        // Whoever rang has taken the bell down. Were it raised before this try, the next ring would
        // mostly be a system call for nobody.
        if let Attempt::Done(done) = attempt(None) {
            return Ok(done);
        }
    }
}

/// Tries; and if that was not done and `watched` is given, raises `bell` and tries again. What the
/// last try pushed is watched, and the bell behind it.
pub fn arm<'a, P: Futex, R>(
    bell: &'a impl Rung<P>,
    watched: Option<&mut Watched<'a, P>>,
    mut attempt: impl FnMut(Option<&mut Watched<'a, P>>) -> Attempt<R>,
) -> Attempt<R> {
    match (attempt(None), watched) {
        (Attempt::Done(done), _) => Attempt::Done(done),
        (not_done, None) => not_done,
        (_, Some(watched)) => {
            let raised = bell.raise();
            let last = attempt(Some(&mut *watched));
            watched.push((raised.word, raised.value));
            last.unsure(raised.is_sure)
        }
    }
}

/// Sleeps on the words and the bell.
///
/// The bell is compared last: a ringer may take it down and die before it wakes, and a successor with
/// its number restore the life word. Whoever is too late for the kernel's wake-up on the life word
/// then finds the bell down.
fn sleep<P: Futex>(
    watched: &Watched<'_, P>,
    bell: (&P::AtomicU32, u32),
    deadline: Option<Duration>,
) {
    match watched.as_slice() {
        [] => P::wait_any(&[bell], deadline),
        [life] => P::wait_any(&[*life, bell], deadline),
        lives => {
            let all: ArrayVec<_, { WATCHED + 1 }> = lives.iter().copied().chain([bell]).collect();
            P::wait_any(&all, deadline);
        }
    }
}
