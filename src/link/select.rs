//! Waiting for many links at once.
//!
//! ```text
//!     link 0 --+
//!     link 1 --+--> in turn: those to look at ---> tried, its bell raised ---> an outcome
//!     link 2 --+            ^                                  |
//!       ...                 |                                  v nothing to do
//!                           +---- the poller <------------- asleep, by its words
//! ```
//!
//! Each link is tried, and if there is nothing to do its bell is raised, and a [`Poller`] watches it:
//! it is not looked at again before one of its words changes. So a call costs something for each link
//! that has changed, however many there are. Those that have something to do take turns: whoever
//! had an outcome goes to the end.
//!
//! # Edges
//! SLEEP of [`wait`](mod@crate::wait), for each link: its bell is raised before its last try.

mod few;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::time::Duration;

pub use self::few::Few;
use crate::platform::Futex;
use crate::wait::{Attempt, Patience, Pauses, TimedOut, Watched};

/// What can be waited for with others.
pub trait Selectable<P: Futex> {
    /// What comes of it.
    type Output;

    /// Tries. If `watched` is given, and there is nothing to do, it raises its bell, tries again, and
    /// pushes the words to be watched, the bell last.
    fn attempt<'a>(&'a mut self, watched: Option<&mut Watched<'a, P>>) -> Attempt<Self::Output>;

    /// The address of its bell: two of the same are one.
    fn bell(&self) -> usize;

    /// It is watched no longer: what a wake-up may have told of the others is passed on to them.
    fn pass_on(&mut self) {}
}

impl<P: Futex, S: Selectable<P> + ?Sized> Selectable<P> for &mut S {
    type Output = S::Output;

    fn attempt<'a>(&'a mut self, watched: Option<&mut Watched<'a, P>>) -> Attempt<S::Output> {
        (**self).attempt(watched)
    }

    fn bell(&self) -> usize {
        (**self).bell()
    }

    fn pass_on(&mut self) {
        (**self).pass_on();
    }
}

/// One whose outcome becomes another one, so that links of different messages can be waited for
/// together.
pub struct Map<S, F> {
    link: S,
    map: F,
}

/// Makes the outcomes of `link` what `map` makes of them.
pub fn map<S, F>(link: S, map: F) -> Map<S, F> {
    Map { link, map }
}

impl<P: Futex, S: Selectable<P>, R, F: FnMut(S::Output) -> R> Selectable<P> for Map<S, F> {
    type Output = R;

    fn attempt<'a>(&'a mut self, watched: Option<&mut Watched<'a, P>>) -> Attempt<R> {
        self.link.attempt(watched).map(&mut self.map)
    }

    fn bell(&self) -> usize {
        self.link.bell()
    }

    fn pass_on(&mut self) {
        self.link.pass_on();
    }
}

/// What sleeps on the words of many.
pub trait Poller<P: Futex> {
    /// Watches words, until one no longer holds the value beside it, or is woken.
    ///
    /// # Safety
    /// The words stay where they are until that, or until [`disarm`](Poller::disarm).
    unsafe fn arm(&mut self, token: u64, words: &[(&P::AtomicU32, u32)]);

    /// Watches the words of this one no longer. It may still be told as woken.
    fn disarm(&mut self, token: u64);

    /// Tells those of which a word was woken; they are watched no longer.
    fn woken(&mut self, tell: &mut dyn FnMut(u64));

    /// Everything that was armed is watched from now on, also by who sleeps elsewhere. Whether it is: else
    /// the next call does it.
    fn submit(&mut self) -> bool;

    /// Submits, and sleeps until one is woken, or `deadline` has passed; or for no reason.
    fn sleep(&mut self, deadline: Option<Duration>);
}

/// The same link was given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("link {second} is link {first}: each can be waited for once")]
pub struct Twice {
    /// Where it came first.
    pub first: usize,
    /// Where it came again.
    pub second: usize,
}

/// Many links, one of which is waited for.
///
/// ```
/// use aqueduct::select::Select;
/// use aqueduct::threads::bounded;
///
/// let (mut one, first) = bounded(2)?;
/// let (mut other, second) = bounded(2)?;
/// let mut links = [first, second];
/// let mut select = Select::new(&mut links)?;
/// one.send("from one")?;
/// assert_eq!(select.wait_forever(), (0, Ok("from one")));
/// other.send("from the other")?;
/// assert_eq!(select.wait_forever(), (1, Ok("from the other")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Select<'a, P: Futex, L: Selectable<P>, W: Poller<P>> {
    links: &'a mut [L],
    poller: W,
    /// Where each stands, and how often it did.
    places: Vec<Place>,
    /// Those to be looked at, in turn.
    turn: VecDeque<usize>,
    /// Those to be looked at again after a pause.
    suspended: Vec<usize>,
    /// Whether the last poll has left some unwatched that should be watched.
    is_behind: bool,
    machine: PhantomData<fn(P)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be looked at.
    InTurn,
    Watched,
    Suspended,
    LeftOut,
}

#[derive(Clone, Copy)]
struct Place {
    state: State,
    /// The token it was last watched with; an old one tells nothing.
    token: u64,
}

impl<'a, P: Futex, L: Selectable<P>, W: Poller<P>> Select<'a, P, L, W> {
    /// Waits for these, by `poller`.
    ///
    /// # Errors
    /// [`Twice`].
    pub fn with_poller(links: &'a mut [L], poller: W) -> Result<Self, Twice> {
        let mut bells = BTreeMap::new();
        for (second, link) in links.iter().enumerate() {
            if let Some(first) = bells.insert(link.bell(), second) {
                return Err(Twice { first, second });
            }
        }
        let place = Place {
            state: State::InTurn,
            token: 0,
        };
        Ok(Self {
            places: vec![place; links.len()],
            turn: (0..links.len()).collect(),
            suspended: Vec::new(),
            is_behind: false,
            links,
            poller,
            machine: PhantomData,
        })
    }

    /// Tries. If there is nothing to do, the poller is told when there may be: then it is time for
    /// another call. While [one is suspended](Select::is_suspended), it is also after a few milliseconds.
    pub fn poll(&mut self) -> Option<(usize, L::Output)> {
        let outcome = self.look();
        if outcome.is_none() {
            self.is_behind = !self.poller.submit();
        }
        outcome
    }

    /// Whether one has to be looked at again though nobody will tell: somebody there seems dead, which
    /// is not certain yet, or others are in the way at the gate of an unbounded mailbox; or the kernel had
    /// no memory to watch all of them, as of the last poll.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.is_behind || !self.suspended.is_empty()
    }

    /// Looks at those that are to be looked at, and again at those that were suspended.
    fn look(&mut self) -> Option<(usize, L::Output)> {
        self.resume();
        self.harvest();
        for _ in 0..self.turn.len() {
            let index = self.turn.pop_front()?;
            if self.places[index].state == State::LeftOut {
                continue;
            }
            let mut watched = Watched::<P>::new();
            match self.links[index].attempt(Some(&mut watched)) {
                Attempt::Done(outcome) => {
                    self.turn.push_back(index);
                    return Some((index, outcome));
                }
                Attempt::Pending => {
                    let place = &mut self.places[index];
                    place.state = State::Watched;
                    // The upper half says which turn it is.
                    place.token = (place.token >> 32).wrapping_add(1) << 32 | index as u64;
                    // SAFETY: the words are those of a link that this has for itself, and that nobody
                    // has back before it is disarmed.
                    unsafe { self.poller.arm(place.token, &watched) };
                }
                Attempt::Suspended => {
                    self.places[index].state = State::Suspended;
                    self.suspended.push(index);
                }
            }
        }
        None
    }

    /// Waits until one has an outcome; says which, and what.
    pub fn wait_forever(&mut self) -> (usize, L::Output) {
        match self.wait(Patience::FOREVER) {
            Ok(outcome) => outcome,
            Err(TimedOut) => unreachable!("there was no deadline"),
        }
    }

    /// Waits until one has an outcome, with `patience`; says which, and what.
    ///
    /// # Errors
    /// [`TimedOut`] if none had, when that was at its end.
    pub fn wait(&mut self, patience: Patience) -> Result<(usize, L::Output), TimedOut> {
        let mut pauses = Pauses::new();
        for spin in 0_u64.. {
            let deadline = patience.deadline;
            let spinning = spin < u64::from(patience.spins);
            let expired = !spinning && deadline.is_some_and(|deadline| P::now() >= deadline);
            if let Some(outcome) = self.look() {
                return Ok(outcome);
            }
            if expired {
                return Err(TimedOut);
            }
            if spinning {
                P::spin();
                continue;
            }
            let until = if self.suspended.is_empty() {
                deadline
            } else {
                Some(pauses.next::<P>(deadline))
            };
            self.poller.sleep(until);
        }
        unreachable!("nobody waits so often")
    }

    /// Puts those in turn that were suspended.
    fn resume(&mut self) {
        for index in self.suspended.drain(..) {
            self.places[index].state = State::InTurn;
            self.turn.push_back(index);
        }
    }

    /// Waits for this one no longer.
    ///
    /// # Panics
    /// If there is no such link.
    pub fn leave_out(&mut self, index: usize) {
        self.give_back(index);
        self.places[index].state = State::LeftOut;
    }

    /// A link, to be used for something else; it is looked at again after that, unless it was left out.
    ///
    /// # Panics
    /// If there is no such link.
    pub fn link(&mut self, index: usize) -> &mut L {
        self.give_back(index);
        &mut self.links[index]
    }

    /// What sleeps.
    pub fn poller(&self) -> &W {
        &self.poller
    }

    /// Puts those in turn that were woken.
    fn harvest(&mut self) {
        let Self {
            places,
            turn,
            poller,
            ..
        } = self;
        poller.woken(&mut |token| {
            let index = usize::try_from(token & u64::from(u32::MAX)).unwrap_or(usize::MAX);
            match places.get_mut(index) {
                Some(place) if place.token == token && place.state == State::Watched => {
                    place.state = State::InTurn;
                    turn.push_back(index);
                }
                _ => {}
            }
        });
    }

    /// Sees to it that nobody watches the words of this one.
    fn give_back(&mut self, index: usize) {
        let place = &mut self.places[index];
        match place.state {
            State::Watched => {
                self.poller.disarm(place.token);
                self.links[index].pass_on();
            }
            State::Suspended => self.suspended.retain(|&other| other != index),
            State::InTurn | State::LeftOut => return,
        }
        place.state = State::InTurn;
        self.turn.push_back(index);
    }
}

impl<P: Futex, L: Selectable<P>, W: Poller<P>> Drop for Select<'_, P, L, W> {
    /// A wake-up that was not looked at is not lost.
    fn drop(&mut self) {
        for (link, place) in self.links.iter_mut().zip(&self.places) {
            if place.state != State::LeftOut {
                link.pass_on();
            }
        }
    }
}
