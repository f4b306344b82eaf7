//! One process that contends for a name until it is killed.

use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use aqueduct::link::{End, Ended, Role};
use aqueduct::open::{AttachError, Named, Options, Receiver, RemoveError, Sender};
use aqueduct::open::{Remains, remove};
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{Name, Object, OpenError, Uid};
use aqueduct::wait::Patience;
use nix::sys::stat::fstat;

use super::ledger::{Ledger, Life, Sum};
use crate::running::Random;

/// Who sent it, and the number of the object it was put into.
type Message = [u64; 2];

struct Contender<'a> {
    life: Life,
    random: Random,
    name: &'a Name,
    ledger: &'a Ledger,
}

/// Does one thing after the other with the name.
pub fn contend(life: Life, seed: u64, name: &Name, ledger: &Ledger) {
    let mut contender = Contender {
        life,
        random: Random::seeded(seed),
        name,
        ledger,
    };
    loop {
        match contender.random.below(12) {
            0..2 => contender.removes(),
            2..4 => contender.cleans(),
            4..8 => contender.sends(),
            _ => contender.receives(),
        }
    }
}

impl Contender<'_> {
    fn options(&mut self) -> Options {
        let capacity = Capacity::new(4).expect("a capacity");
        Options::new()
            .capacity(capacity)
            .resume(self.random.below(4) == 0)
    }

    fn sends(&mut self) {
        let attached = self.options().sender::<Message>(self.name);
        let Some(mut sender): Option<Sender<Message>> = self.attached(attached) else {
            return;
        };
        let object = self.sits(sender.end());
        let epoch = epoch(sender.end());
        for _ in 0..self.random.below(4) {
            let _ = sender.try_send([self.life.number(), object]);
            self.stays(sender.end(), object, epoch);
        }
        let whole = sender.wait_until_received(self.short());
        self.stays(sender.end(), object, epoch);
        let goes = self.random.below(8) == 0;
        self.leaves(sender.end(), object, goes);
        // No stream is left that waits for its receiver, as that would not be dead.
        if whole.is_err() {
            dies(sender);
        }
    }

    fn receives(&mut self) {
        let attached = self.options().receiver::<Message>(self.name);
        let Some(mut receiver): Option<Receiver<Message>> = self.attached(attached) else {
            return;
        };
        let object = self.sits(receiver.end());
        let epoch = epoch(receiver.end());
        for _ in 0..self.random.below(4) {
            match receiver.recv_timeout(Duration::from_micros(self.random.below(400))) {
                Ok([sender, put_into]) => {
                    self.ledger.add(Sum::Met, 1);
                    if put_into != object {
                        self.is_wrong(&format!("{object} holds what {sender} put into {put_into}"));
                    }
                }
                Err(error) => assert_ne!(error, Ended::Corrupt.into()),
            }
            self.stays(receiver.end(), object, epoch);
        }
        let goes = self.random.below(8) == 0;
        self.leaves(receiver.end(), object, goes);
    }

    /// The end, unless somebody was in the way.
    fn attached<E>(&mut self, attached: Result<E, AttachError>) -> Option<E> {
        match attached {
            Ok(end) => return Some(end),
            // Without a pause those who are refused would take all the time from those who are not.
            Err(AttachError::SeatTaken { .. }) => self.sleeps(2_000),
            Err(AttachError::Interrupted { .. }) => self.removes(),
            Err(error) => panic!("{error}"),
        }
        None
    }

    /// The number of the object of an end that has attached, and whether that is the right one.
    fn sits(&mut self, end: &Named<Message>) -> u64 {
        let object = number(end.object());
        self.ledger.add(Sum::Attached, 1);
        let new = [Role::Sender, Role::Receiver].map(|role| end.link().seat(role).epoch());
        if new == [0, 1] || new == [1, 0] {
            self.ledger.add(Sum::Made, 1);
        }
        if let Some(before) = self.ledger.sits(self.life, end.role(), object) {
            let role = end.role();
            self.is_wrong(&format!("{before:?} is {role}, and so is it, of {object}"));
        }
        self.stays(end, object, epoch(end));
        object
    }

    /// Checks that the object has the name, unless somebody let it go, and the seat its holder.
    fn stays(&mut self, end: &Named<Message>, object: u64, seat: u32) {
        if self.random.below(8) == 0 {
            self.sleeps(200);
        }
        let named = end.object().still_named().expect("it can be known");
        if !named && !self.ledger.is_let_go(object) {
            self.is_wrong(&format!("{object} lost its name"));
        }
        if epoch(end) != seat {
            self.is_wrong(&format!("somebody else sat down, number {}", epoch(end)));
        }
    }

    /// Gets ready to drop the end, and takes the name away if it `goes`.
    fn leaves(&mut self, end: &Named<Message>, object: u64, goes: bool) {
        self.ledger.leaves(self.life, end.role());
        if goes {
            self.ledger.lets_go(object);
            end.remove_name().expect("it can be removed");
        }
    }

    fn removes(&mut self) {
        let Some(object) = self.object() else { return };
        match remove(&object) {
            Ok(()) => self.ledger.add(Sum::Removed, 1),
            Err(RemoveError::InUse { .. } | RemoveError::Open(OpenError::NotFound { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn cleans(&mut self) {
        let Some(object) = self.object() else { return };
        let remains = Remains::of(&object, Duration::from_millis(1)).expect("it can be looked at");
        if remains.remove().expect("it can be removed") {
            self.ledger.add(Sum::Removed, 1);
        }
    }

    fn object(&self) -> Option<Object> {
        match Object::open(self.name.clone(), Uid::effective()) {
            Ok(object) => Some(object),
            Err(OpenError::NotFound { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn sleeps(&mut self, most: u64) {
        thread::sleep(Duration::from_micros(self.random.below(most)));
    }

    fn short(&mut self) -> Patience {
        let most = Duration::from_micros(self.random.below(500));
        Patience::until(Native::now() + most)
    }

    fn is_wrong(&self, what: &str) {
        self.ledger.add(Sum::Wrong, 1);
        eprintln!("{:?}: {what}", self.life);
    }
}

/// Drops an end as one that is not finished: without a goodbye.
fn dies(end: Sender<Message>) {
    let _ = panic::catch_unwind(AssertUnwindSafe(move || {
        let _end = end;
        panic::resume_unwind(Box::new("the end dies"));
    }));
}

/// How many have had the seat of this end.
fn epoch(end: &Named<Message>) -> u32 {
    end.link().seat(end.role()).epoch()
}

/// No two objects ever have the same.
fn number(object: &Object) -> u64 {
    fstat(object).expect("it can be looked at").st_ino
}
