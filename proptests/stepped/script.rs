//! What a victim does, and what it finds; written once for all machines.

use std::fmt;

use aqueduct::link::Role;
use aqueduct::position::{Capacity, Position};
use aqueduct::wait::Patience;

/// The length of each stream: the numbers from 1 on, so that a slot that nobody wrote is seen.
pub const TOTAL: u32 = 4;

/// A deadline that has passed: tries, raises the bell, tries again, and does not sleep.
pub const EXPIRED: Patience = Patience::AT_ONCE;

/// What the victim works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// A link: it sits down, is told of its peer, rings.
    Link,
    /// The plain ring.
    Ring,
}

/// One thing that the victim does, by its role: it sends or receives, pushes or pops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// One message, if that is possible.
    Try,
    /// Two messages at once, or one, if that is possible.
    Batch,
    /// One message, until a deadline that has passed.
    Expired,
    /// One message, however long it takes.
    Wait,
    /// Sees whether all was received, until a deadline that has passed.
    Received,
    /// Waits until all was received, however long it takes: who sleeps must have been woken.
    Drained,
    /// Says goodbye; without it, the process ends without a word.
    Goodbye,
}

/// What the survivor does while the victim is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meanwhile {
    /// It asks once, at any moment, whether the victim is dead.
    Ask,
    /// It asks, and then looks once: at the victim's life word, or for a message or room in a ring.
    Look,
    /// It goes on until it is told of the end, asleep where there is nothing to do. The victim has
    /// its seat before it is stepped, or nobody would tell of its end.
    Sleep,
}

/// A victim, and what it finds.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub on: On,
    /// The victim's role; its peer survives.
    pub victim: Role,
    pub ops: &'static [Op],
    pub meanwhile: Meanwhile,
    /// How many messages a victim that receives finds.
    pub filled: u32,
    /// Whether the survivor's bell is up.
    pub raised: bool,
    pub capacity: usize,
    /// How many messages before the wrap of the positions the stream starts.
    pub before_wrap: usize,
}

impl Script {
    pub fn capacity(&self) -> Capacity {
        Capacity::new(self.capacity).expect("one or more")
    }

    pub fn start(&self) -> Position {
        Position::new(0).minus(self.before_wrap)
    }

    /// The number of messages before this position.
    pub fn number(&self, position: Position) -> u32 {
        let number = position.since(self.start());
        u32::try_from(number).expect("a short stream")
    }

    /// The message that stands at this position.
    pub fn message(&self, position: Position) -> u32 {
        self.number(position) + 1
    }

    /// Whether the victim sits before it is stepped.
    pub fn seated(&self) -> bool {
        self.on == On::Link && self.meanwhile == Meanwhile::Sleep
    }

    /// How often the model preempts at the most; none where it tries everything. With one more, a
    /// sleeper and its waker have no other outcomes (the long form looks).
    pub fn bound(&self) -> Option<usize> {
        match self.meanwhile {
            Meanwhile::Ask | Meanwhile::Look => None,
            Meanwhile::Sleep => Some(2),
        }
    }

    /// How often it is run for once: more often where two processes are at work at once.
    pub fn weight(&self) -> usize {
        match self.meanwhile {
            Meanwhile::Ask => 1,
            Meanwhile::Look | Meanwhile::Sleep => 5,
        }
    }

    /// Without the place.
    pub fn kind(&self) -> String {
        let Script {
            on, victim, ops, ..
        } = self;
        let Script {
            meanwhile,
            filled,
            raised,
            ..
        } = self;
        let ops: Vec<_> = ops.iter().map(|op| format!("{op:?}")).collect();
        let ops = ops.join(", ");
        let raised = if *raised { ", bell raised" } else { "" };
        format!("{on:?}, {victim}: {ops}; filled {filled}{raised}; the other: {meanwhile:?}")
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (capacity, before) = (self.capacity, self.before_wrap);
        let kind = self.kind();
        write!(f, "{kind}; capacity {capacity}, {before} before the wrap")
    }
}

/// All scripts.
pub fn all() -> Vec<Script> {
    let starts = [1, 2, 3].into_iter().flat_map(|capacity| {
        let wraps = 0..capacity.min(2);
        wraps.map(move |before_wrap| (capacity, before_wrap))
    });
    starts
        .flat_map(|(capacity, before_wrap)| {
            let place = move |script: Script| Script {
                capacity,
                before_wrap,
                ..script
            };
            short().into_iter().map(place)
        })
        .filter(|script| script.filled as usize <= script.capacity)
        .filter(|script| match script.meanwhile {
            Meanwhile::Ask => true,
            Meanwhile::Look => (script.capacity, script.before_wrap) == (2, 1),
            Meanwhile::Sleep => script.capacity == 1,
        })
        .collect()
}

/// One of each kind.
fn short() -> Vec<Script> {
    use Meanwhile::{Ask, Look, Sleep};
    use Op::{Batch, Drained, Expired, Goodbye, Received, Wait};
    use Role::{Receiver, Sender};
    let script = |on, victim, ops, meanwhile, filled, raised| Script {
        on,
        victim,
        ops,
        meanwhile,
        filled,
        raised,
        capacity: 0,
        before_wrap: 0,
    };
    let link = |victim, ops, filled, raised| script(On::Link, victim, ops, Ask, filled, raised);
    let ring = |victim, ops, filled, other| script(On::Ring, victim, ops, other, filled, false);
    vec![
        link(Sender, &[Op::Try, Op::Try, Goodbye], 0, false),
        link(Sender, &[Batch, Expired], 0, true),
        link(Sender, &[Op::Try, Received, Goodbye], 0, true),
        link(Receiver, &[Op::Try, Op::Try, Goodbye], 1, true),
        link(Receiver, &[Batch, Expired], 2, true),
        link(Receiver, &[Expired, Goodbye], 0, false),
        ring(Sender, &[Op::Try, Op::Try, Op::Try], 0, Ask),
        ring(Sender, &[Batch, Batch], 0, Ask),
        ring(Sender, &[Batch, Op::Try], 0, Look),
        ring(Receiver, &[Op::Try, Op::Try], 1, Ask),
        ring(Receiver, &[Batch, Op::Try], 2, Ask),
        ring(Receiver, &[Batch, Op::Try], 2, Look),
        script(On::Link, Sender, &[Op::Try, Goodbye], Look, 0, false),
        script(On::Link, Receiver, &[Op::Try, Goodbye], Look, 1, false),
        script(On::Link, Sender, &[Wait, Goodbye], Sleep, 0, false),
        script(On::Link, Sender, &[Wait, Drained], Sleep, 0, false),
        script(On::Link, Receiver, &[Wait], Sleep, 0, false),
    ]
}
