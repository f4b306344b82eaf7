//! What contenders write down before they act, in memory that outlives them.
//!
//! ```text
//!   words  +------+-----------------+--------------------+-------------------------+
//!          | sums | a life per seat | objects let go     | of each life: is killed |
//!          |      |                 | by their number    | and the object it has   |
//!          +------+-----------------+--------------------+-------------------------+
//! ```

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;

use aqueduct::link::Role;
use aqueduct::shm::{Mapping, Name, Object, Uid};

const SEATS: usize = 16;
const LET_GO: usize = 32;
/// More objects than are made while one is let go and still used.
const SLOTS: usize = 1 << 16;
const LIVES: usize = LET_GO + SLOTS;

/// What is counted.
#[derive(Clone, Copy)]
pub enum Sum {
    Killed,
    Attached,
    Made,
    Met,
    LetGo,
    Removed,
    Wrong,
}

/// The number of a process that lives once; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life(u64);

impl Life {
    pub fn new(number: usize) -> Life {
        Life(number as u64 + 1)
    }

    pub fn number(self) -> u64 {
        self.0
    }
}

pub struct Ledger {
    mapping: Mapping,
}

impl Ledger {
    pub fn create(name: Name, lives: usize) -> Ledger {
        let bytes = (LIVES + 2 * (lives + 1)) * size_of::<u64>();
        let object = Object::create(name, bytes, 0o600, |_| ()).expect("room");
        let mapping = object.map(bytes).expect("it can be mapped");
        Ledger { mapping }
    }

    pub fn open(name: Name) -> Ledger {
        let object = Object::open(name, Uid::effective()).expect("the ledger");
        let bytes = usize::try_from(object.len().expect("a length")).expect("small");
        let mapping = object.map(bytes).expect("it can be mapped");
        Ledger { mapping }
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!((index + 1) * size_of::<u64>() <= self.mapping.len());
        let first: *mut u64 = self.mapping.as_ptr().cast();
        // SAFETY: it lies in the mapping, which begins at a page, and everybody uses it as an atomic
        // word.
        unsafe { AtomicU64::from_ptr(first.wrapping_add(index)) }
    }

    pub fn add(&self, what: Sum, count: u64) {
        self.word(what as usize).fetch_add(count, SeqCst);
    }

    pub fn sum(&self, what: Sum) -> u64 {
        self.word(what as usize).load(SeqCst)
    }

    /// This life is about to be killed.
    pub fn dies(&self, life: Life) {
        self.of(life, 0).store(1, SeqCst);
    }

    /// This life has attached to the object of this number; who had the same seat before, if it is
    /// to live, and its object is still to have the name.
    pub fn sits(&self, life: Life, role: Role, object: u64) -> Option<Life> {
        self.of(life, 1).store(object, SeqCst);
        let before = self.word(SEATS + role as usize).swap(life.0, SeqCst);
        let before = Some(Life(before)).filter(|before| before.0 != 0 && *before != life)?;
        let lives = self.of(before, 0).load(SeqCst) == 0;
        let has = self.of(before, 1).load(SeqCst);
        (lives && !self.is_let_go(has) && !self.is_let_go(object)).then_some(before)
    }

    /// This life is about to leave its seat.
    pub fn leaves(&self, life: Life, role: Role) {
        let seat = self.word(SEATS + role as usize);
        // Whoever has written its own number there since came to another object.
        let _ = seat.compare_exchange(life.0, 0, SeqCst, SeqCst);
    }

    /// Somebody who is attached is about to remove the name of this object.
    pub fn lets_go(&self, object: u64) {
        self.slot(object).store(object, SeqCst);
        self.add(Sum::LetGo, 1);
    }

    pub fn is_let_go(&self, object: u64) -> bool {
        self.slot(object).load(SeqCst) == object
    }

    fn slot(&self, object: u64) -> &AtomicU64 {
        let slots = SLOTS as u64;
        self.word(LET_GO + usize::try_from(object % slots).expect("an index"))
    }

    fn of(&self, life: Life, word: usize) -> &AtomicU64 {
        self.word(LIVES + 2 * usize::try_from(life.0).expect("an index") + word)
    }
}
