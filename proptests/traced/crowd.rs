//! A victim pushes to, or pops from, a buffer that several share.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::shm::{Byte, Guard, Name};

use super::buffers::{Buffer, open};
use super::operation::{Fate, Operation, Scene, end, end_with};
use super::survivors::Crowd;
use super::tracer::between_marks;

/// Who pushes and is killed at it.
pub const PUSHER: Owner = Owner::new(1);
/// Who takes and is killed at it.
pub const TAKER: Owner = Owner::new(2);
/// Who recovers and is killed at it.
pub const RECOVERER: Owner = Owner::new(3);
/// Who survives them.
pub const SURVIVOR: Owner = Owner::new(4);

/// What is in a buffer before the victim comes.
pub const BEFORE: u64 = 3;
/// The victim's message.
pub const OWN: u64 = BEFORE + 1;

pub fn operations<B: Buffer>() -> [Operation; 2] {
    [push::<B>(), take::<B>()]
}

/// The victim pushes [`OWN`].
pub fn push<B: Buffer>() -> Operation {
    let run = |name: &Name| {
        let _seat = live(name);
        let mut push = B::open(name).pusher(PUSHER);
        end(between_marks(|| push(OWN)).is_ok())
    };
    let set = |name: &Name, _| {
        let crowd = Crowd::<B>::of(filled(name), name, true);
        Box::new(Pushing(crowd)) as _
    };
    Operation::new(format!("{} push", B::WHAT), set, run)
}

/// The victim takes the first message.
pub fn take<B: Buffer>() -> Operation {
    let run = |name: &Name| {
        let _seat = live(name);
        let mut take = B::open(name).taker(TAKER);
        let taken = between_marks(&mut take);
        end_with(taken.ok().map(|taken| taken.number))
    };
    let set = |name: &Name, _| {
        let crowd = Crowd::<B>::of(filled(name), name, false);
        Box::new(Taking(crowd)) as _
    };
    Operation::new(format!("{} pop", B::WHAT), set, run)
}

/// In a victim: a lock that says that it lives, for as long as it does.
pub fn live(name: &Name) -> Guard {
    let object = Arc::new(open(name));
    let seat = object.try_lock(Byte::Sender);
    seat.expect("it can be locked").expect("it is alone")
}

/// A new buffer of this name, with the messages that are there before.
pub fn filled<B: Buffer>(name: &Name) -> B {
    let buffer = B::create(name.clone());
    let mut push = buffer.pusher(SURVIVOR);
    for number in 1..=BEFORE {
        push(number).expect("there is room");
    }
    buffer.object().publish().expect("the name is free");
    buffer
}

struct Pushing<B>(Crowd<B>);

impl<B: Buffer> Scene for Pushing<B> {
    fn go_round(&mut self) {
        self.0.go_round(true, &[PUSHER]);
    }

    fn look_at_the_end(&mut self) {
        self.0.go_round(true, &[]);
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let found = self.0.settle();
        found.check();
        fate.said(0);
        let (missing, sent) = (&found.missing, found.count(OWN) == 1);
        assert!(missing.is_empty(), "{missing:?} are lost");
        assert_eq!(found.again(), 0, "nobody has taken anything");
        fate.agrees(sent);
        match (sent, found.settled) {
            (true, 0) => "sent",
            (true, _) if B::CLAIMS => panic!("it was sent, and given up"),
            (true, _) => "sent and held",
            (false, 0) => "not sent",
            (false, _) => "held",
        }
        .into()
    }
}

struct Taking<B>(Crowd<B>);

impl<B: Buffer> Scene for Taking<B> {
    fn go_round(&mut self) {
        self.0.go_round(!B::ONE_TAKES, &[TAKER]);
    }

    fn look_at_the_end(&mut self) {
        self.0.go_round(!B::ONE_TAKES, &[]);
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let found = self.0.settle();
        found.check();
        let (missing, again) = (&found.missing, found.again());
        assert!(missing.len() <= 1, "{missing:?} are lost");
        fate.agrees(missing.len() == 1);
        if let [number] = missing[..] {
            fate.said(number);
        }
        let marked = if B::MARKS { found.settled } else { 0 };
        assert_eq!(again, marked, "what it held is there, and says so");
        match (missing.len(), found.settled) {
            (0, 0) => "there",
            (0, _) if B::MARKS => "there again",
            (0, _) => "there and held",
            (_, 0) => "received",
            (_, _) if B::CLAIMS => panic!("it was received, and put back"),
            (_, _) => "received and held",
        }
        .into()
    }
}
