//! Processes that share a buffer in an object, push and pop, and are killed at random moments. Who
//! is left settles what the dead held, and none of the messages is lost or comes twice, but for
//! those that a buffer says may have come before. Where a side is one process's at a time they take
//! [turns](turn).

pub mod noted;
mod notes;
mod tally;
pub mod turn;

use std::io::Write as _;
use std::ops::Deref;
use std::process::Command;
use std::thread;
use std::time::Duration;

use aqueduct::buffer::{self, Blocker, Owner, Recover};
use aqueduct::shm::{Attachment, Name};

use self::notes::Notes;
use self::tally::Tally;
use super::{Message, message};
use crate::running::{Random, Running, until};
use crate::shm::{Scratch, helper, name_for_helper, suffixed};

/// How a helper learns its number.
const NUMBER: &str = "AQUEDUCT_TEST_LIFE";
/// How many live at the same time.
const ALIVE: usize = 3;

/// A buffer that outlives those who use it.
pub trait Outliving: Sized {
    /// The ignored test that [works](work) on it.
    const HELPER: &'static str;
    /// Whether what was taken by one that died is there again, and so nothing may be missing.
    const NOTHING_IS_MISSING: bool;

    /// A new one under this name, for so many messages.
    fn create(name: Name, capacity: usize) -> Self;

    /// That one, in another process.
    fn open(name: Name, capacity: usize) -> Self;

    /// A seat among those who share it, if there are any.
    fn attach(&self) -> Option<Box<dyn Seated>> {
        None
    }

    /// What fills, for `owner`. It says who may be in the way if the message did not go in.
    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> Tried;

    /// What takes a message and has it written down, likewise.
    fn taker(&self, owner: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried;
}

/// A seat, whatever the buffer is.
pub trait Seated {
    fn owner(&self) -> Owner;

    /// Tries until nobody dead is in the way.
    fn outlive(&self, attempt: &mut dyn FnMut() -> Tried) -> Tried;
}

impl<R: Deref<Target: Recover>> Seated for Attachment<R> {
    fn owner(&self) -> Owner {
        Attachment::owner(self)
    }

    fn outlive(&self, attempt: &mut dyn FnMut() -> Tried) -> Tried {
        Attachment::outlive(self, attempt).expect("nobody forks")
    }
}

/// Tries until nobody dead is in the way; once, where nobody has a seat.
fn attempt(here: Option<&dyn Seated>, mut once: impl FnMut() -> Tried) -> Tried {
    match here {
        Some(here) => here.outlive(&mut once),
        None => once(),
    }
}

/// What came of a try.
pub type Tried = Result<(), Blocked>;

/// A try that did nothing, and nobody dead was in its way.
pub const NOTHING: Tried = Err(Blocked(Blocker::Nobody));

/// Who may be in the way of a try that did nothing.
#[derive(Clone, Copy, Debug)]
pub struct Blocked(pub Blocker);

impl buffer::Blocked for Blocked {
    fn by(&self) -> Blocker {
        self.0
    }
}

/// The tests of a buffer that outlives its users: its helper process, and the kills in their short
/// and their long form.
macro_rules! outlive {
    ($buffer:ty) => {
        #[test]
        #[ignore = "helper process, spawned by its parent test"]
        fn works() {
            $crate::crowd::killed::work::<$buffer>();
        }

        #[test]
        fn the_killed_are_survived() {
            $crate::crowd::killed::survive::<$buffer>(100);
        }

        #[test]
        #[ignore = "the long form: 200,000 kills, or as many as AQUEDUCT_KILLS says"]
        fn many_killed_are_survived() {
            for _ in 0..$crate::kills::wanted(200_000).div_ceil(100) {
                $crate::crowd::killed::survive::<$buffer>(100);
            }
        }
    };
}
pub(crate) use outlive;

/// A message, and whether somebody may have received it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Taken {
    pub message: Message,
    pub again: bool,
}

/// In a helper process: pushes and pops until it is told to stop, or killed.
pub fn work<B: Outliving>() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let number = std::env::var(NUMBER).expect("the parent says so");
    let number = number.parse().expect("a number");
    let notes = Notes::open(suffixed(&name, "notes"));
    let buffer = B::open(name, notes.capacity());
    let here = buffer.attach();
    let (own, owner) = (notes.life(number), owner(here.as_deref()));
    let mut push = Some(buffer.pusher(owner));
    let mut take = Some(buffer.taker(owner));
    while !notes.stopped() {
        let mut idle = true;
        // Who can write no more down leaves its side, which others may wait for.
        push.take_if(|_| !own.sends_more());
        take.take_if(|_| !own.has_room());
        if let Some(push) = &mut push {
            own.sends(|number_of_message| {
                let message = message_of(number, number_of_message);
                let went = attempt(here.as_deref(), || push(message)).is_ok();
                idle &= !went;
                went
            });
        }
        if let Some(take) = &mut take {
            let mut write_down = |taken| own.receives(taken);
            let came = attempt(here.as_deref(), || take(&mut write_down));
            idle &= came.is_err();
        }
        if idle {
            thread::yield_now();
        }
    }
}

/// The number of a seat; any, where nobody has one.
fn owner(here: Option<&dyn Seated>) -> Owner {
    here.map_or(Owner::new(0), Seated::owner)
}

fn message_of(life: usize, number: u64) -> Message {
    let life = u16::try_from(life).expect("few lives");
    let number = u32::try_from(number).expect("few messages");
    message(life, number)
}

/// Kills so many of those who use one buffer, each at a random moment and followed by another one,
/// and looks at what everybody has sent and received.
pub fn survive<B: Outliving>(kills: usize) {
    let (mut random, seed) = Random::from_environment();
    let scratch = Scratch::new();
    let beside = scratch.with_suffix("notes");
    let capacity = 1 + usize::try_from(random.below(40)).expect("small");
    let buffer = B::create(scratch.name(), capacity);
    let lives = ALIVE + kills;
    let notes = Notes::create(beside.name(), capacity, lives);
    let start = |number: usize| {
        let mut command: Command = helper(B::HELPER, &scratch.name());
        command.env(NUMBER, number.to_string());
        command.stdout(std::process::Stdio::null());
        (number, Running::start(&mut command))
    };
    let mut alive: Vec<_> = (0..ALIVE).map(start).collect();
    for next in ALIVE..lives {
        let victim = usize::try_from(random.below(ALIVE as u64)).expect("small");
        let (number, mut running) = alive.swap_remove(victim);
        let life = notes.life(number);
        until("a message of the victim", || life.has_begun().then_some(()));
        thread::sleep(Duration::from_micros(random.below(1_500)));
        running.kill().killed().expect("it does not end by itself");
        alive.push(start(next));
    }
    notes.stop();
    for (_, mut running) in alive {
        running.wait().expect(0);
    }
    let here = buffer.attach();
    let mut rest = Vec::new();
    let mut take = buffer.taker(owner(here.as_deref()));
    let mut write_down = |taken| rest.push(taken);
    while attempt(here.as_deref(), || take(&mut write_down)).is_ok() {}
    drop(take);
    let came = Tally::of(&notes, lives, rest, seed);
    let may_miss = if B::NOTHING_IS_MISSING { 0 } else { kills };
    let Tally {
        sent,
        again,
        missing,
    } = came;
    assert!(
        missing <= may_miss,
        "{missing} messages are missing; seed {seed}"
    );
    assert!(sent > lives, "hardly anything was sent; seed {seed}");
    // Also where the output of tests that pass is not shown.
    let line = format!(
        "{}: {kills} kills; of {sent} messages {again} came again, {missing} went with the dead; \
         capacity {capacity}, seed {seed}\n",
        B::HELPER
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
}
