//! Those who survive the users of a buffer, and what they find.

use aqueduct::buffer::Owner;
use aqueduct::shm::{Byte, Name, Object};

use super::buffers::{Buffer, CAPACITY, Push, Refused, Take, Taken, open};
use super::crowd::{BEFORE, OWN, PUSHER, RECOVERER, SURVIVOR, TAKER};
use super::link::remove;

/// The first message of survivors.
const LATER: u64 = 100;

/// Those who survive, and what they have sent and received.
pub struct Crowd<B> {
    buffer: B,
    object: Object,
    push: Push,
    take: Option<Take>,
    sent: Vec<u64>,
    received: Vec<Taken>,
    next: u64,
    /// Whether one that pushes has died, who may have got memory for a message that never came.
    lost_a_pusher: bool,
}

/// What is found after a death.
pub struct Found {
    /// How much survivors had to settle.
    pub settled: usize,
    /// What was received, at any time.
    pub received: Vec<Taken>,
    /// What was sent by survivors, or before, and nobody has received.
    pub missing: Vec<u64>,
}

impl<B: Buffer> Crowd<B> {
    /// The survivors of `buffer`, which has this name.
    pub fn of(buffer: B, name: &Name, lost_a_pusher: bool) -> Self {
        Self {
            object: open(name),
            push: buffer.pusher(SURVIVOR),
            take: None,
            buffer,
            sent: (1..=BEFORE).collect(),
            received: Vec::new(),
            next: LATER,
            lost_a_pusher,
        }
    }

    /// The survivor takes; nobody else does who is the one to do so.
    fn take(&mut self) -> Result<Taken, Refused> {
        let taker = || self.buffer.taker(SURVIVOR);
        let taken = self.take.get_or_insert_with(taker)()?;
        self.received.push(taken);
        Ok(taken)
    }

    fn push(&mut self) -> Result<(), Refused> {
        (self.push)(self.next)?;
        self.sent.push(self.next);
        self.next += 1;
        Ok(())
    }

    /// Takes one message, unless `takes` is false, and pushes as many as it has taken: the victim
    /// finds as much as there was. Who is in the way is one of `owners`.
    pub fn go_round(&mut self, takes: bool, owners: &[Owner]) {
        assert!(self.victim_lives(), "the kernel's lock says so");
        let taken = if takes { self.take().map(drop) } else { Ok(()) };
        let pushed = if taken.is_ok() { self.push() } else { Ok(()) };
        for refused in [taken.err(), pushed.err()].into_iter().flatten() {
            if let Refused::Busy(owner) = refused {
                let owner = owner.expect("nobody is faster");
                assert!(owners.contains(&owner), "{owner} is in the way");
            }
        }
    }

    fn victim_lives(&self) -> bool {
        let locked = self.object.is_locked(Byte::Sender);
        locked.expect("it can be known")
    }

    /// The victim is dead: survivors settle what the dead held and account for everything, and the
    /// buffer is as good as new.
    pub fn settle(mut self) -> Found {
        assert!(!self.victim_lives(), "the kernel's lock says so");
        let dead = [PUSHER, TAKER, RECOVERER];
        let settled = self.recover(dead);
        assert_eq!(self.recover(dead), 0, "it was settled");
        while self.take_now().is_some() {}
        self.buffer.expect_no_memory(self.lost_a_pusher);
        let numbers: Vec<_> = self.received.iter().map(|taken| taken.number).collect();
        let sent = self.sent.iter().copied();
        let missing = sent.filter(|number| !numbers.contains(number)).collect();
        let received = std::mem::take(&mut self.received);
        self.go_on();
        Found {
            settled,
            received,
            missing,
        }
    }

    fn recover(&self, dead: [Owner; 3]) -> usize {
        let settle = |dead| self.buffer.recover(dead, SURVIVOR);
        dead.into_iter().map(settle).sum()
    }

    /// Nobody is in the way: nobody else lives.
    fn take_now(&mut self) -> Option<Taken> {
        match self.take() {
            Ok(taken) => Some(taken),
            Err(Refused::Nothing) => None,
            Err(refused) => panic!("{refused:?}, and nobody else lives"),
        }
    }

    /// Fills and drains the buffer: it holds what it ever held, in order, and nothing else.
    fn go_on(mut self) {
        for _ in 0..3 {
            let first = self.next;
            let refused = loop {
                if let Err(refused) = self.push() {
                    break refused;
                }
            };
            assert_eq!(refused, Refused::Nothing);
            let pushed = first..self.next;
            assert_eq!(pushed.clone().count(), CAPACITY, "slots are lost");
            for number in pushed {
                let again = false;
                assert_eq!(self.take_now(), Some(Taken { number, again }));
            }
            assert_eq!(self.take_now(), None);
        }
        self.buffer.expect_no_memory(false);
        remove(&self.object);
    }
}

impl Found {
    /// Asserts that nothing came twice but what says so, and that everything came in order.
    pub fn check(&self) {
        let [marked, unmarked] = [true, false].map(|again| {
            let received = self.received.iter().filter(|taken| taken.again == again);
            received.map(|taken| taken.number).collect::<Vec<_>>()
        });
        // Somebody else's message may come between any two of those that were sent later.
        let (own, others): (Vec<u64>, Vec<u64>) =
            unmarked.iter().partition(|&&number| number == OWN);
        assert!(own.len() <= 1, "twice: {unmarked:?}");
        assert!(
            others.is_sorted_by(|a, b| a < b),
            "in order, once: {unmarked:?}"
        );
        let first = unmarked.iter().filter(|&&number| number <= OWN);
        assert!(first.is_sorted(), "in order: {unmarked:?}");
        let mut twice = marked.iter().filter(|number| unmarked.contains(number));
        assert_eq!(twice.next(), None, "marked after it was received");
    }

    /// How often this came.
    pub fn count(&self, number: u64) -> usize {
        let same = |taken: &&Taken| taken.number == number;
        self.received.iter().filter(same).count()
    }

    /// How many came that somebody may have received before.
    pub fn again(&self) -> usize {
        self.received.iter().filter(|taken| taken.again).count()
    }
}
